"""Cues for polarity, certainty and not knowing: what a mean of word vectors does not see.

Each cue is a pattern over folded text, and its feature how often it occurs, at most three times.  What a cue is worth
is learned (`agents.language.answer_head`); nothing here decides.
"""

from __future__ import annotations

import re

import numpy as np

from sim.names.fold import fold

_YES = r"yes+|yeah+|yep|yup|yip|yea|ya|ye|aye|uh huh|mhm|mm hmm|ofc|oui|si|yess+|yessir|okay|ok|kk|k"
_NO = r"no+|nope|nah+|naw|nay|nuh uh|uh uh|non|nein|nn"
_NOT = (
    r"not|never|cannot|cant|wasnt|isnt|arent|werent|didnt|doesnt|dont|wouldnt|couldnt|wont|hasnt|hadnt|havent|aint|"
    r"shouldnt|nothing|none|nobody|neither|nor|without|nowhere"
)
_THINK = r"think|believe|guess|suppose|reckon|assume|imagine|feel like|suspect|figure"
_AUX = r"is|was|did|does|do|are|were|has|had|can|could|would"
CUES: dict[str, str] = {
    "begins_yes": rf"^(?:oh|well|ah|um|uh|hm+|er|haha|lol)?[ ,.!]*(?:{_YES})\b",
    "begins_no": rf"^(?:oh|well|ah|um|uh|hm+|er|haha|lol|god|hell)?[ ,.!]*(?:{_NO})\b",
    "yes": rf"\b(?:{_YES})\b",
    "no": rf"\b(?:{_NO})\b",
    "ends_yes": rf"\b(?:{_YES})\W*$",
    "ends_no": rf"\b(?:{_NO})\W*$",
    "right": r"\b(?:right|correct|true|exactly|indeed|precisely|absolutely|bingo|of course|naturally|obviously)\b",
    "wrong": r"\b(?:wrong|false|incorrect|untrue|impossible|opposite|contrary|rule (?:that|it) out|anything but|far "
             r"from)\b",
    "negation": rf"\b(?:{_NOT})\b",
    "negation_twice": rf"\b(?:{_NOT})\b.*\b(?:{_NOT})\b",
    "no_noun": r"\bno (?!idea|clue|memory|recollection|notion|way of knowing|doubt|question|opinion)\w+",
    "not_at_all": r"\b(?:not|none|nothing|no) (?:at all|even close|whatsoever|in the least|one bit|a chance|a single|"
                  r"once)\b",
    "certain": r"\b(?:definitely|certainly|for sure|surely|no doubt|without a doubt|undoubtedly|certain|positive|sure|"
               r"100 ?%?|hundred percent|clearly|totally|absolutely|of course|i know)\b",
    "not_certain": r"\b(?:not|never|isnt|aint) (?:\w+ )?(?:sure|certain|positive|100)\b|\bunsure\b|\buncertain\b",
    "pretty_sure": r"\b(?:pretty|fairly|quite|almost|reasonably|relatively|rather|mostly) (?:sure|certain|confident|"
                   r"positive|certainly)\b",
    "think": rf"\b(?:{_THINK})\b",
    "not_think": rf"\b(?:dont|do not|didnt|wouldnt|would not|cant|cannot|never) (?:really |quite |even )?(?:{_THINK}|"
                 rf"say so|bet on)\b",
    "think_so": rf"\b(?:{_THINK}|say|hope) (?:so|yes)\b",
    "think_not": rf"\b(?:{_THINK}|say|rather|maybe|perhaps|probably|possibly|presumably|hope) (?:not|no)\b",
    "maybe": r"\b(?:maybe|perhaps|possibly|might|may|could be|could well|conceivably|either)\b",
    "probably": r"\b(?:probably|likely|presumably|chances|odds|in all likelihood|expect)\b",
    "doubt": r"\b(?:doubt|doubts|doubtful|unlikely|improbable|skeptical|hardly|barely|scarcely|surprised|amazed|"
             r"shocked)\b",
    "not_doubt": r"\b(?:no|not|without|never|any) (?:\w+ )?doubts?\b|\bno question\b|\bwithout question\b",
    "not_surprised": r"\b(?:not|wouldnt|would not|nt) (?:be )?(?:\w+ )?(?:surprised|surprise|shock|shocked|amazed|"
                     r"rule)\b",
    "kind_of": r"\b(?:kind of|kinda|sort of|sorta|somewhat|partly|in a way|more or less|to some|a bit|a little|"
               r"loosely|ish)\b",
    "seems": r"\b(?:seems?|seemed|sounds?|looks?|looked|feels?|felt|rings a bell|familiar)\b",
    "if_memory": r"\b(?:if (?:i|my|memory)|as far as|as best|unless|from memory|i recall|i remember)\b",
    "not_know": r"\b(?:dont|do not|didnt|did not|wouldnt|would not|never|havent|not|cant|cannot|couldnt|could not|"
                r"can not|wish i) "
                r"(?:\w+ )?(?:know|knew|tell|say|remember|recall|clue|idea|notice|noticed|answer|help|place|pin|"
                r"picture|decide|"
                r"name|read|check|checked|look|looked|follow|pay|paid|care|foggiest|faintest)\b",
    "no_idea": r"\b(?:no idea|no clue|not a clue|dunno|idk|dont know|do not know|no memory|no recollection|no notion|"
               r"clueless|"
               r"beats me|search me|who knows|unknown|unsure|not sure|hard to (?:say|tell)|pass|skip|next|forgot|"
               r"forget|"
               r"forgotten|blank|blur|hopeless|haven?t (?:the|a|got)|good question|either way|guessing|look it up|"
               r"google)\b",
    "who": r"^(?:who|what|which|when|huh|eh|sorry)\b",
    "question_mark": r"\?",
    "bang": r"!",
    "but": r"\b(?:but|though|although|however)\b",
    "if_or_whether": r"\b(?:if|whether)\b",
    "somebody_else": r"\b(?:else|another|other|different|instead|somebody|someone)\b",
    "affirmed": rf"\b(?:it|he|she|they|there|that) (?:\w+ )?(?:{_AUX})\b(?! not\b)\W*$",
    "denied": r"\b(?:it|he|she|they|there|that) (?:wasnt|isnt|didnt|doesnt|werent|arent|cant|couldnt|hasnt|"
              rf"(?:{_AUX}) not)\b\W*$",
    "more": r"\b(?:more|later|newer|longer|after|higher|above|over|recent|plenty|lots|always|several)\b",
    "less": r"\b(?:less|earlier|older|shorter|before|lower|below|under|ago|none|few|barely)\b",
    "that_one": r"\b(?:thats|that is|thats) (?:it|him|her|them|the one|right|correct|true|the)\b",
    "nothing_else": r"\b(?:nobody|no one|nothing|none|(?:couldnt|cant|could not|cannot|wouldnt) (?:be )?any\w*) "
                    r"(?:else|other|but)\b",
    "no_two_ways": r"\bno (?:two ways|arguing|argument|denying|getting (?:a)?round|ifs|mistaking)\b|"
                   r"\b(?:cant|cannot|couldnt) (?:argue|deny|be denied|agree more|be clearer|complain)\b",
    "why_not": r"\b(?:why not|see why|no reason (?:why )?not|reason to doubt)\b",
    "would_have": r"\b(?:id|i would|wed|we would|i should|surely) (?:surely |probably |definitely )?(?:have |ve )?"
                  r"(?:remember|notice|know|recall|seen)\w*\b",
    "far_off": r"\b(?:way|miles|long|nowhere|far|world|light years) (?:off|away|from|before|near|wrong|out)\b",
    "never_met": r"\b(?:never|not|havent) (?:even )?(?:heard|seen|come across|met)\b",
    "try_again": r"\b(?:try|guess) again\b|\b(?:nice|good) (?:try|guess)\b|\bstone cold\b",
    "should_have": r"\b(?:should|would|could|ought to)(?:nt)?(?: have| ve| of)\b|\b(?:should|ought to|deserved to)\W*$",
    "tries": r"\b(?:meant|supposed|tries|tried|trying|wants|wanted) to\b|\b(?:almost|nearly|not quite)\b",
    "indifferent": r"\b(?:doesnt|dont|does not|do not) (?:really |much )?(?:matter|care|mind)\b|"
                   r"\b(?:not (?:fussed|bothered|picky)|either(?: one)?(?: is| would| will)? (?:fine|ok|okay|do|way)|"
                   r"whatever|up to you|no preference|all the same|makes no difference)\b",
    "about_equal": r"\b(?:about|roughly|around|nearly|pretty much) (?:the same|then|that|there|equal)\b|"
                   r"\b(?:right|just) (?:around|about|on the|at the|near) (?:then|there|that|edge|line|border|mark)\b|"
                   r"\b(?:borderline|too close)\b",
    "only": r"^\W*(?:(?:it|its|it is|it was|thats|was|theres|there was|with) )?"
            r"(?:only|just|purely|entirely|solely|merely|all) ",
    "surprised_if": r"\b(?:surpris|amaz|shock|astonish|odd|weird|strange|stunn)\w* (?:if|that)\b(?!.*(?:nt|not)\b)",
    "surprised_if_not": r"\b(?:surpris|amaz|shock|astonish|odd|weird|strange|stunn)\w* (?:if|that)\b.*(?:nt|not)\b",
    "not_mine": r"\bnot (?:my|a|an|the|something|someone|anything) (?:\w+ )*(?:area|thing|field|department|clue|notion|"
                r"expert|faintest|foggiest|idea|i (?:know|follow|keep|watch|notice|noticed|remember|recall))\b",
    "certainly_else": r"\b(?:definitely|certainly|surely|sure|positive|absolutely|clearly)\b.*\b(?:else|another|other|"
                      r"different)\b|\b(?:else|another|other|different)\b.*\b(?:definitely|certainly|sure|positive|"
                      r"clearly)\b",
    "without": r"\b(?:without|free of|lacks?|lacking|missing|avoid|hate|allergic|cant stand|must not)\b",
    "no_way": r"\bno (?:way|chance|sir|siree|maam|ma am)\b",
    "have_one": r"\b(?:mine|ours|i have (?:one|two|a)|i own|i had one|i own one)\b",
    "yes_then_no": rf"\b(?:{_YES})\b.*\b(?:{_NO}|not|nt)\b",
    "no_then_yes": rf"\b(?:{_NO})\b.*\b(?:{_YES})\b",
    "tag_question": r"\b(?:is|was|did|does|are|were|has|had)(?:nt)? (?:it|he|she|they|there)\W*$",
    "not_that": r"\b(?:not|isnt|wasnt) (?:that|it|him|her|them|the one|right|correct|true|quite|really|exactly|so)\b",
}  # fmt: skip
"""Names of cues to patterns over text that is folded and without apostrophes."""
_COMPILED = [re.compile(pattern) for pattern in CUES.values()]
EMOJI = {
    "👍": " yes ", "✅": " yes ", "✔": " yes ", "👌": " yes ", "💯": " absolutely ", "🙌": " yes ",
    "👎": " no ", "❌": " no ", "🚫": " no ", "✖": " no ", "🙅": " no ",
    "🤷": " i dont know ", "🤔": " hmm ", "🤨": " hmm doubtful ",
}  # fmt: skip
"""What signs say that stand for a word; skin, sex and joiners behind them say nothing."""
_EMOJI = re.compile(rf"([{''.join(EMOJI)}])[\U0001F3FB-\U0001F3FF\u200d\u2640\u2642\ufe0f ]*")
MOST = 3
LONG = 600
"""Characters in which cues are looked for: an answer says what it says at its beginning."""


def in_words(text: str) -> str:
    """A text with words in the place of signs that answer.

    >>> in_words("👍🏽").split()
    ['yes']
    """
    return _EMOJI.sub(lambda m: EMOJI[m[1]], text)


def plain_text(text: str) -> str:
    """Folded, without apostrophes and with single spaces: what the patterns read.

    >>> plain_text("It  WASN’T!")
    'it wasnt!'
    """
    text = fold(text[:LONG]).translate({0x27: None, 0x2019: None, 0x60: None, 0x2D: " "})
    return " ".join(text.split())


def cue_features(text: str) -> np.ndarray:
    """(C + 2,) how often each cue occurs, at most `MOST` times; then how long the text is, and one number for one "
    "word."""
    plain = plain_text(text)
    words = plain.split()
    counts = [min(MOST, sum(1 for _ in pattern.finditer(plain))) for pattern in _COMPILED]
    return np.array([*counts, min(3.0, np.log1p(len(words))), float(len(words) == 1)], dtype=np.float32)


_SPEAKS_OUT = [CUES[name] for name in (
    "yes", "no", "right", "wrong", "negation", "no_noun", "think_so", "think_not", "doubt", "kind_of", "affirmed",
    "not_know", "no_idea", "that_one", "certain", "indifferent", "about_equal", "tries", "should_have",
)]  # fmt: skip
_OUT = re.compile("|".join(f"(?:{pattern})" for pattern in _SPEAKS_OUT) + r"|\b(?:also|too|as well|both|among)\b")
_ASIDE = re.compile(
    r"\b(?:if i(?:m| am) not mistaken|unless i(?:m| am) (?:wrong|mistaken)|im not (?:sure|certain)|for sure|i think so|"
    r"i(?:m| am) (?:pretty |quite |fairly )?(?:sure|certain)|not sure)\b"
)


def speaks_out(text: str) -> bool:
    """Whether a reply says yes or no, or that it can't be said, in so many words.

    >>> speaks_out("It was George Clooney, if I'm not mistaken"), speaks_out("no, George Clooney")
    (False, True)
    """
    return _OUT.search(_ASIDE.sub("", plain_text(text))) is not None
