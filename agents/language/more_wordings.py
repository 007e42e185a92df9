"""More ways to answer yes or no than the simulator speaks: idioms, and what says yes or no without either word.

They serve for learning to understand alone; `sim.phrasing.yesno_words` holds what is also spoken.  None of them stands
in the benchmark.
"""

from __future__ import annotations

from sim.answers import DONT_KNOW, NO, PROBABLY, PROBABLY_NOT, YES

UNDERSTOOD: dict[int, tuple[str, ...]] = {
    YES: (
        "you bet it is", "none other", "the very same", "front and centre", "all over it", "got it in one", "bang on",
        "couldn't be anything else", "couldn't be anybody else", "couldn't be clearer", "through and through",
        "and how", "what else", "what else would it be", "who else would it be", "what else could it be",
        "as they come", "one hundred per cent", "a thousand times yes", "can't argue with that", "no arguing with that",
        "that's putting it mildly", "I'd swear to it", "no two ways about it", "no ifs or buts", "sure thing",
        "it most certainly is", "more than you'd think", "nothing but", "from start to finish", "in every way",
        "always has, always will", "all the time", "all its life", "you can count on that", "guilty as charged",
        "you read my mind", "that's exactly what I was thinking of", "no argument here", "I'll say",
        "like you wouldn't believe", "couldn't agree more", "without fail", "nothing is more so", "nobody else",
        "never anything else", "you don't need to ask", "goes without saying", "as sure as I'm sitting here", "10/10",
        "hit the nail on the head", "warm, very warm", "getting hot", "that's my one", "full marks", "yes siree",
        "it wouldn't be the same otherwise", "can't be denied", "no getting around it", "there's no denying it",
        "not half", "can't complain, yes", "big time", "and then some", "you can say that again", "too right",
    ),
    PROBABLY: (
        "that'd be my bet", "I have a hunch it is", "something tells me yes", "I'd put money on it", "odds on",
        "you could say that", "in a manner of speaking", "I see no reason why not", "I don't see why not", "why not",
        "don't quote me on it, but yes", "feels that way", "as far as I'm aware, yes", "if I had to bet, I'd say so",
        "I wouldn't argue with that", "can't rule it out, it fits", "that fits, more or less",
        "that would fit", "close enough", "near enough", "nine times out of ten", "by and large", "for the most part",
        "at least a bit", "it has its moments", "I don't doubt it much", "more so than not",
        "no reason to doubt it", "not a bad guess", "you may be onto something", "you're probably right", "70/30 yes",
        "my money's on yes", "likelier than not", "going by what I remember, yes",
        "I wouldn't put it past it", "it's on the tip of my tongue, but yes", "safe to say", "as good as certain",
    ),
    DONT_KNOW: (
        "as good a guess as any", "you tell me", "God knows", "heaven knows", "lord knows", "how should I know",
        "how would I know", "that's a tough one", "hmm, tricky one", "I'm on the fence", "depends who you ask",
        "the jury is still out", "it slips my mind", "it's slipped my mind", "it's been too long", "it's been ages",
        "I'm no expert", "not the foggiest", "not the faintest", "search my pockets", "that's Greek to "
        "me", "I can't put my finger on it", "I was half asleep", "I was too young to notice", "I lose track of such "
        "things", "I don't keep track", "I never looked", "I never thought about it", "never crossed my mind",
        "I don't have that in my head", "can't put a face to the name", "never heard of it", "never heard of them",
        "who's that", "what's that", "what does that mean", "I'm terrible with names", "I'm bad at this sort of thing",
        "names don't stick with me", "numbers aren't my thing", "I'd need to check",
        "a coin toss", "flip a coin", "six of one, half a dozen of the other", "it's anybody's guess", "anyone's guess",
        "nothing comes to mind either way", "I couldn't possibly say", "you'd have to ask somebody else",
        "out of my depth there", "that I can't say", "stumped", "I'm stumped", "you've stumped me", "I've no opinion "
        "there", "my memory's a sieve", "I draw a blank", "all I get is fog", "neither here nor there", "no comment",
    ),
    PROBABLY_NOT: (
        "I'd have remembered that", "I'd have noticed", "I think I'd have noticed",
        "a bit of a stretch", "that's stretching it", "that's pushing it", "it's a long shot", "I'd be amazed",
        "I've never seen one that does", "not in so many words", "not what I'd call it", "I wouldn't call it that",
        "not my idea of it", "my hunch is no", "I have a hunch it isn't", "something tells "
        "me no", "I wouldn't put money on it", "not very likely", "slim chance", "a slim chance at best",
        "it doesn't ring a bell here", "if at all, only slightly", "only in passing if at all", "barely, if at all",
        "scarcely", "not that I'm aware of", "not so I'd notice", "more of a no", "30/70",
        "you're probably wrong there",
        "I can't picture that", "I can't quite see it", "doesn't feel like it", "I don't get that sense",
        "it would be news to me", "that'd be new to me", "that doesn't fit what I remember", "not in the usual sense",
        "my money's on no", "I rather doubt it", "I've got serious doubts", "it wouldn't make much sense",
    ),
    NO: (
        "nowhere to be seen", "nowhere in sight", "no sign of that", "not a trace", "no such thing", "nothing to do "
        "with it", "has nothing to do with that", "wrong tree", "barking up the wrong tree", "way off", "miles off",
        "nice try", "nice try, but no", "good guess, but no", "close, but no", "guess again", "try again", "cold",
        "ice cold", "as if", "you wish", "in your dreams", "when pigs fly", "not on your life",
        "over my dead body", "not by a long shot", "not by a long way", "not in a million years", "under no "
        "circumstances", "anything but", "quite the reverse", "that's where you're mistaken",
        "you're mistaken", "you've got that wrong", "you've got the wrong one", "somebody else", "some other one",
        "it would never", "it couldn't if it tried", "it doesn't have any", "there isn't any", "there aren't any",
        "it has none", "it lacks that", "only the other kind", "it can't stand that", "it would die of it",
        "never has, never will", "not once", "zero", "zilch", "nada", "forget it", "no dice", "no chance in hell",
        "out of the question", "that's a myth", "hard no", "strike that", "next to nothing", "couldn't be less so",
        "you couldn't be more wrong", "the polar opposite", "a world away from that", "I can rule that out",
        "that can be ruled out", "you can cross that off", "scratch that off your list",
    ),
}  # fmt: skip
