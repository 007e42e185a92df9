"""Wordings of the five answers to a yes/no question, written for this project.

Each stands alone.  `{is}` and `{isnt}` stand for the short answer to the question that was asked: "it was", "it
didn't"; `{echo}` for what was asked as a statement, `{negation}` for its denial.  Some texts stand under two answers,
for people mean now one and now the other by them: what they say is as unclear as that.
"""

from __future__ import annotations

from sim.answers import DONT_KNOW, NO, PROBABLY, PROBABLY_NOT, YES

WORDS: dict[int, tuple[str, ...]] = {
    YES: (
        "yes", "yeah", "yep", "yup", "yea", "ya", "yess", "aye", "uh-huh", "mhm", "mm-hmm", "sure", "right", "correct",
        "true", "indeed", "exactly", "absolutely", "definitely", "certainly", "totally", "of course", "for sure",
        "positive", "affirmative", "bingo", "spot on", "precisely", "obviously", "clearly", "very much", "100%",
        "no doubt", "you bet", "oh yes", "oh yeah", "hell yes", "most definitely", "naturally", "yes!", "ok yes",
    ),
    PROBABLY: (
        "probably", "probably yes", "yes probably", "most likely", "likely", "very likely", "quite likely", "presumably",
        "possibly", "maybe", "perhaps", "i think so", "i believe so", "i guess", "i guess so", "i suppose", "i suppose so",
        "i'd say so", "i'd say yes", "i'd think so", "i would think so", "i imagine so", "i assume so", "kind of",
        "kinda", "sort of", "more or less", "more yes than no", "leaning yes", "could well be", "could be", "should be",
        "might be", "may well be", "seems so", "seems like it", "looks like it", "sounds right", "sounds about right",
        "rather yes", "yeah maybe", "yes, maybe", "yeah i think", "yes i think so", "yes, i believe", "probably, yeah",
        "pretty sure", "fairly sure", "pretty sure yes", "almost certainly", "in all likelihood", "odds are yes",
    ),
    DONT_KNOW: (
        "don't know", "dont know", "i don't know", "no idea", "no clue", "not sure", "dunno", "idk", "unsure",
        "can't say", "can't tell", "hard to say", "hard to tell", "who knows", "beats me", "search me", "pass", "skip",
        "next question", "i forget", "i forgot", "i've forgotten", "can't remember", "can't recall", "don't remember",
        "don't recall", "i don't remember", "i do not know", "couldn't tell you", "couldn't say", "maybe", "perhaps",
        "could be", "hmm", "not certain", "no memory of that", "?", "good question", "ask me another", "drawing a blank",
        "i really don't know", "haven't a clue", "not a clue", "no opinion", "fifty-fifty", "50/50", "unknown",
    ),
    PROBABLY_NOT: (
        "probably not", "i don't think so", "dont think so", "don't think so", "i doubt it", "i doubt that", "doubtful",
        "unlikely", "not likely", "most likely not", "very unlikely", "i guess not", "i suppose not", "i think not",
        "i don't believe so", "i'd say no", "i'd say not", "i would say no", "not really", "leaning no", "more no than yes",
        "rather not", "no, i think", "no i don't think so", "nah i don't think so", "probably no", "no, probably",
        "presumably not", "perhaps not", "maybe not", "possibly not", "doesn't sound right", "doesn't ring a bell",
        "doesn't seem so", "doesn't seem right", "not that i remember", "not that i recall", "not that i know of",
        "not to my knowledge", "not as far as i remember", "i wouldn't think so", "i wouldn't say so", "hardly",
        "i don't imagine so", "pretty sure not", "pretty sure it's a no", "almost certainly not", "seems unlikely",
    ),
    NO: (
        "no", "nope", "nah", "naw", "no no", "nay", "never", "wrong", "false", "incorrect", "negative",
        "absolutely not", "definitely not", "certainly not", "of course not", "not at all", "no way", "not even close",
        "nowhere near", "far from it", "on the contrary", "quite the opposite", "the opposite", "the other way round",
        "by no means", "not in the least", "not a chance", "nothing like that", "no sir", "hell no", "god no", "oh no",
        "nuh-uh", "uh-uh", "nope nope", "not one bit", "none of that", "not the case", "not true", "that's wrong",
    ),
}  # fmt: skip
"""Answers in a few words."""

SENTENCES_SAID: dict[int, tuple[str, ...]] = {
    YES: (
        "yes, {is}", "{is}, yes", "{is}", "yeah {is}", "yes it's exactly that", "yes, that's right", "that's right",
        "that is correct", "that's it", "that's the one", "that's true", "you're right", "you got it", "yes, I'm sure",
        "yes, no question", "no question about it", "there's no doubt about that", "without a doubt", "without question",
        "I'm certain of it", "I'm sure of that", "I'm a hundred percent sure it is", "I remember that clearly",
        "yes, I remember that very well", "yes, that much I know", "oh yes, I know that one", "it sure is", "it really is",
        "yes, I could swear to it", "I'd bet my life on it", "I have no doubts there", "couldn't be more right",
        "how could I forget, yes", "that part I'm sure about: yes", "yes, that's what stuck with me", "definitely, {is}",
        "absolutely, {is}", "yes, {echo}", "{echo}", "{echo}, that's for sure", "yeah, {echo}", "{echo}, I'm certain",
        "yes indeed, {echo}", "of course, {echo}", "it's a clear yes from me", "a definite yes", "you've nailed it",
        "yup, that is the case", "that it is", "true, {echo}", "right, {echo}", "I know for a fact that {echo}",
        "there I can say yes", "yes, I looked at it only last week", "not a doubt in my mind", "how did you guess",
        "nothing surer than that", "I'm not in any doubt, yes", "it can't be anything else", "never been more certain",
    ),
    PROBABLY: (
        "I think {is}", "I think {echo}", "I believe {echo}", "{echo}, I think", "{echo}, if I'm not mistaken",
        "if I remember right, yes", "if memory serves, yes", "as far as I remember, yes", "yes, as far as I can tell",
        "yes, though I'm not entirely sure", "yes but don't hold me to it", "I'm not sure, but I think so",
        "not completely sure but yes", "not 100% sure, but I'd say yes", "I'd lean towards yes", "I'm leaning towards yes",
        "my guess would be yes", "I would guess so", "I would guess yes", "it could well be", "that seems right to me",
        "that sounds familiar", "that rings a bell", "I have a feeling that {echo}", "I have the vague impression {is}",
        "I want to say yes", "chances are {is}", "I'm fairly confident {echo}", "probably {is}", "maybe {is}, yes",
        "I'm pretty sure {is}", "I'm fairly sure {echo}", "I seem to remember that {echo}", "it seems to me {is}",
        "it must have been, I think", "I wouldn't be surprised", "I would not rule it out, rather yes", "it might, yes",
        "yes, or something like it", "something like that, yes", "a tentative yes", "yes-ish", "sort of yes", "in a way, yes",
        "partly, I'd say", "to some extent, yes", "yes, but I may be mixing it up", "could be, I'd go with yes",
        "I don't remember exactly but I believe {is}", "I can't be certain, but I'd say yes", "should be, unless I'm wrong",
        "unless I'm mistaken, {echo}", "let's say yes", "put me down as a maybe yes", "more likely than not",
        "I can't swear to it but yes", "if I had to guess, yes", "not certain, but it feels right", "quite possibly, yes",
    ),
    DONT_KNOW: (
        "I have no idea", "I have no clue", "I'm not sure", "I honestly don't know", "I really couldn't say",
        "I can't remember that", "I don't remember that part", "I can't recall", "I don't recall", "I've no recollection",
        "that I don't know", "no idea, sorry", "sorry, I don't know", "sorry, can't help you there", "I wouldn't know",
        "I can't tell you that", "I never noticed", "I didn't pay attention to that", "I never paid attention to that",
        "it's all a blur", "my memory fails me there", "my mind's gone blank", "it escapes me", "it's gone, sorry",
        "it was too long ago", "it could be either", "could go either way", "can't decide", "I haven't the faintest idea",
        "I haven't got a clue", "your guess is as good as mine", "I don't have a clue about that", "you've got me there",
        "you've lost me there", "I'd only be guessing", "I'd be guessing", "that's beyond me", "I couldn't tell you",
        "let me pass on that one", "I'll skip this one", "can we skip that", "ask something else", "next one please",
        "I don't know if {is} or not", "I don't know whether {echo}", "no idea whether {is}", "not sure whether {is}",
        "I'm not sure if {echo}", "who can say", "I can neither say yes nor no", "hmm, not sure about that",
        "maybe, maybe not", "yes and no, I can't tell", "I never knew that", "never heard anything about that",
        "I do not remember", "tough one, no clue", "it might or it might not", "I'm drawing a blank on that",
        "I wish I knew", "no way of knowing", "I'm afraid I don't know", "can't say for sure either way",
    ),
    PROBABLY_NOT: (
        "I don't think {is}", "I don't think {echo}", "I don't believe {echo}", "I doubt that {echo}", "I doubt {is}",
        "I think {isnt}", "I believe {isnt}", "probably {isnt}", "{negation}, I think", "{isnt}, I think", "I think {negation}",
        "if I remember right, no", "if memory serves, no", "as far as I remember, no", "no, as far as I can tell",
        "no, though I'm not entirely sure", "no, but don't hold me to it", "I'm not sure, but I don't think so",
        "not 100% sure, but I'd say no", "I'd lean towards no", "I'm leaning towards no", "my guess would be no",
        "I would guess not", "that doesn't sound right to me", "that doesn't ring any bells", "that seems off",
        "I have a feeling {isnt}", "I want to say no", "chances are {isnt}", "I'm pretty sure {isnt}",
        "I'm fairly sure {negation}", "I seem to remember that {negation}", "it seems to me {isnt}", "I'd be surprised",
        "I would be surprised if {is}", "that would surprise me", "not in my memory", "I don't remember it that way",
        "that's not how I remember it", "a tentative no", "no, or at least I don't think so", "not exactly, I think",
        "I can't be certain, but I'd say no", "unless I'm mistaken, {negation}", "let's say no", "less likely than not",
        "if I had to guess, no", "I can't swear to it, but no", "it seems unlikely to me", "I'm doubtful", "I have my doubts",
        "not so far as I can recall", "it doesn't feel right", "I kind of doubt it", "hm, rather no", "I wouldn't bet on it",
        "nothing like that comes to mind", "I don't recall anything like that", "quite possibly not", "not really, I'd say",
    ),
    NO: (
        "no, {isnt}", "{isnt}, no", "{isnt}", "nope, {isnt}", "no, that's wrong", "that's not right", "that's not it",
        "that is incorrect", "that's not true", "not that, no", "no, I'm sure", "no, I'm certain of that", "I'm sure {isnt}",
        "I'm certain {negation}", "no, I would have remembered that", "I'd remember if {is}", "no doubt about it, no",
        "a definite no", "a clear no", "it's a no from me", "no, nothing of the sort", "nothing of the kind", "it sure isn't",
        "it really isn't", "no, quite the opposite", "no, the exact opposite", "it's the other way round",
        "no, something else entirely", "no, it's something different", "you're wrong there", "you're on the wrong track",
        "no, {negation}", "{negation}", "{negation}, that's for sure", "definitely not, {isnt}", "absolutely not, {negation}",
        "nah, {negation}", "of course not, {negation}", "I know for a fact that {negation}", "there I can say no",
        "there's no way {is}", "not at all, {isnt}", "never, {isnt}", "couldn't be further from the truth",
        "not by a long shot", "not in a million years", "rule that out", "you can rule that out", "cross that off",
        "I can exclude that", "that can't be right", "that I can rule out", "anything but", "impossible", "out of the question",
        "no, without any doubt", "I'm positive {isnt}", "it's certainly not that", "wrong guess", "way off", "cold, very cold",
    ),
}  # fmt: skip
"""Answers as sentences."""

LEADS: dict[int, tuple[str, ...]] = {
    YES: ("yes", "yeah", "yep", "oh yes", "sure", "yes yes", "right", "ah yes", "yup"),
    PROBABLY: ("hmm", "well", "uh", "yes", "yeah", "let me think", "I'm not certain", "hm", "er"),
    DONT_KNOW: ("hmm", "uh", "er", "well", "sorry", "oh", "good question", "hm", "let me think"),
    PROBABLY_NOT: ("hmm", "well", "uh", "no", "nah", "let me think", "I'm not certain", "hm", "er"),
    NO: ("no", "nope", "nah", "oh no", "no no", "god no", "no, sorry", "sorry", "nope nope"),
}
"""What may come before a sentence and does not change it."""

TAILS: dict[int, tuple[str, ...]] = {
    YES: ("I'm sure of it", "for sure", "no doubt", "definitely", "that I remember", "a hundred percent", "I know that",
          "without question", "absolutely"),
    PROBABLY: ("I think", "I guess", "I believe", "probably", "but I'm not sure", "but I could be wrong", "I suppose",
               "more or less", "if I remember correctly", "though don't quote me", "I'd say", "or so it seems to me"),
    DONT_KNOW: ("sorry", "to be honest", "honestly", "it was so long ago", "I really can't remember", "no idea",
                "I'm afraid", "ask me something else"),
    PROBABLY_NOT: ("I think", "I guess", "I believe", "probably", "but I'm not sure", "but I could be wrong",
                   "I suppose", "if I remember correctly", "though don't quote me", "I'd say"),
    NO: ("I'm sure of it", "for sure", "no doubt", "definitely not", "that I remember", "a hundred percent",
         "I know that", "without question", "absolutely not"),
}  # fmt: skip
"""What may come behind and keeps the answer what it is."""
