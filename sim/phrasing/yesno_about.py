"""Answers to yes/no questions that speak of the matter: "that's him", "older than that", "there's plenty of it".

By what the question is about (`sim.phrasing.roles`; "flag" for what is so or not, "number" for any amount, "" for the
rest).  They say yes or no and nothing that a catalogue could hold besides.
"""

from __future__ import annotations

from collections.abc import Mapping

from sim.answers import DONT_KNOW, NO, PROBABLY, PROBABLY_NOT, YES

_PERSON: Mapping[int, tuple[str, ...]] = {
    YES: ("that's the person", "that's who it was", "the very same", "yes, that's the name", "I recognise the name, yes",
          "that name is on the poster", "the one and only", "yes, I'm a fan, so I'd know", "in person",
          "it's a name I connect with it straight away", "yes, and it made me want to see more from that person",
          "that's the name I was looking for", "correct, that person was involved", "one of the names I do remember",
          "yes, I saw the name on the cover", "very much involved", "yes, together with others", "credited, yes"),
    PROBABLY: ("the name sounds familiar", "I think that was the name", "it was someone like that, so probably",
               "somebody with a name like that, I think", "I have that face in mind, so I'd say yes",
               "I could imagine it, yes", "the style would fit, I guess", "it may have been that one",
               "I associate the name with it somehow", "if I'm not mixing people up, yes", "could be the one, I think so",
               "I half remember the name, so probably"),
    DONT_KNOW: ("the name means nothing to me", "I'm bad with names", "I don't know that person", "never heard that name",
                "names don't stick with me", "I couldn't name anyone from it", "I can't put a face to the name",
                "I don't know anybody who made it", "I never read credits", "that name doesn't help me",
                "I've no idea who that is", "I couldn't pick them out of a crowd", "I don't know people like that by name",
                "no idea what they look like", "who's that?", "don't know who was involved"),
    PROBABLY_NOT: ("I think it was another person", "I'd probably have remembered that name", "not their kind of thing, I think",
                   "I don't connect that name with it", "the name doesn't ring a bell, so I'd say no",
                   "it would be news to me", "I believe someone else did that", "I can't quite see that",
                   "I imagine it was somebody else", "I don't remember the name coming up",
                   "that would be odd, so probably not", "I'd have recognised them, I think"),
    NO: ("that was a different person", "somebody else did that", "wrong person", "not that one, another one",
         "it was another person entirely", "I'm sure it was someone different", "no connection at all",
         "not involved at all", "that person is not part of it", "I know who it was and it wasn't that one",
         "I'd have recognised the name at once, so no", "you have the wrong name", "no, they have never done that",
         "I'd know, and no", "that name has no place here", "someone quite different"),
}  # fmt: skip

ABOUT: Mapping[str, Mapping[int, tuple[str, ...]]] = {
    "cast": _PERSON,
    "director": _PERSON,
    "writer": _PERSON,
    "year": {
        YES: ("yes, it's newer", "it's more recent than that", "it came later", "quite a bit later", "yes, years later",
              "later than that for certain", "after that, definitely", "it's from after that time", "newer",
              "well after that", "it's rather modern", "yes, it came out long after"),
        PROBABLY: ("I'd say it's a little newer", "it felt fairly recent, so yes I think", "somewhere after that I'd guess",
                   "I'd place it later, but I'm not sure", "it looked modern enough", "around then or later, I think",
                   "could be a year or two later", "later, if my memory is any good", "probably newer"),
        DONT_KNOW: ("I'm bad with years", "no idea about the year", "I couldn't date it", "I can't say when it was",
                    "somewhere around there, before or after", "no feeling for the date", "I never remember years",
                    "I only know when I saw it, not when it was made", "the date I don't know", "could be older or newer"),
        PROBABLY_NOT: ("I'd guess it's older", "older, I think", "I believe it was earlier", "it had an old look, so I doubt it",
                       "it seemed a bit dated, so probably not", "I'd have placed it earlier", "I'm tempted to say earlier",
                       "that sounds too late", "that would be later than I thought", "somewhat before that, I guess"),
        NO: ("it's older", "earlier", "older than that", "it came before that", "before then", "years before that",
             "long before", "it's far older", "no, that's too late", "an old one, so no", "it was out by then already",
             "it had been around for ages by then"),
    },
    "length": {
        YES: ("it's a long one", "it goes on and on", "it takes ages", "yes, it felt endless", "longer, yes", "much longer",
              "quite a bit longer", "it fills an evening"),
        PROBABLY: ("it felt long, so I think so", "a bit longer perhaps", "I'd guess it's longer", "it felt about that long"),
        DONT_KNOW: ("I didn't look at the time", "no idea how long it was", "I lost all sense of time", "I never timed it"),
        PROBABLY_NOT: ("it didn't feel that long", "I think it was shorter", "it went by quickly, so I'd say no",
                       "about that or a bit less"),
        NO: ("it's shorter", "much shorter", "it was over in no time", "it's a short one", "less than that", "quite short"),
    },
    "number": {
        YES: ("more than that", "yes, a lot more", "much more", "higher, yes", "above that", "way over", "easily more"),
        PROBABLY: ("a little more, I think", "I'd guess it's above that", "slightly over, maybe", "I think it's more"),
        DONT_KNOW: ("I've never measured", "I'm no good with numbers", "numbers don't stick with me", "no idea how much",
                    "it could be more or less"),
        PROBABLY_NOT: ("a little less, I think", "I'd guess it's below that", "I think it's less", "not quite that much, I think"),
        NO: ("less than that", "much less", "below that", "not that much", "way under", "nowhere near that much", "lower"),
    },
    "genre": {
        YES: ("a classic one", "one of the best of its sort", "it's exactly that sort of thing", "that's what it's known for",
              "that's the shelf it stands on", "through and through", "from start to finish", "yes, that's its genre",
              "very much so", "that describes it well", "as much as any I've seen"),
        PROBABLY: ("partly that, I'd say", "it has some of that", "a bit of that", "a mix of things, that among them I think",
                   "there are such moments, so I guess", "it leans that way", "you might say so", "in places",
                   "one could call it that", "that comes close"),
        DONT_KNOW: ("I'm not sure what you'd call it", "hard to put a label on it", "I never know what counts as that",
                    "I couldn't put it in a box", "depends what you call that", "I can't tell what it would be filed under"),
        PROBABLY_NOT: ("that's not how I'd describe it", "I wouldn't put it there", "only a little, so no", "not much of that",
                       "it has a moment or two, but no, I'd say", "I'd file it under something else", "not mainly",
                       "it isn't quite that, I think"),
        NO: ("it's a totally different kind of thing", "there's none of that in it", "not a trace of it", "nothing of that sort",
             "it's the last thing I'd call it", "that's the wrong genre", "a completely different genre",
             "there's not one scene like that", "no element of that at all"),
    },
    "flag": {
        YES: ("there's plenty of that", "lots", "a lot", "all the time", "yes, that's a big part of it", "it does, I've seen it",
              "that's the whole point of it", "from beginning to end", "more than once", "always", "every time",
              "yes, famously", "known for it", "that's what everyone remembers", "with certainty", "no doubt it does"),
        PROBABLY: ("a bit, I think", "a little", "to some degree", "now and then, I think", "at some point, I believe",
                   "here and there, I think", "at least once I believe", "some of it, I'd say", "in a sense",
                   "most of them do, so I'd think so", "it would make sense, so probably"),
        DONT_KNOW: ("I didn't notice", "that never came up", "I wasn't looking out for that", "can't remember whether it did",
                    "I'd need to check", "I'd have to look that up", "I know too little about it", "I never gave it a thought",
                    "I don't know enough to say"),
        PROBABLY_NOT: ("I didn't notice any", "I don't remember any", "hardly any", "barely", "not much, I think",
                       "I can't think of any", "it would be strange if it did", "rarely, if at all", "I've never heard that it does",
                       "nothing of that kind that I can recall"),
        NO: ("none at all", "none whatsoever", "not once", "there isn't any", "there's nothing like it", "zero", "never ever",
             "it lacks that", "it can't, I'm certain", "not for a moment", "not in any way", "without any of that",
             "it does nothing of the sort"),
    },
    "": {
        YES: ("that's what it is", "that's the right one", "exactly that", "that matches", "it fits perfectly"),
        PROBABLY: ("that could fit", "that would fit, I think", "close enough, I'd say", "it's something along those lines"),
        DONT_KNOW: ("I couldn't describe it", "that detail is gone", "I never looked that closely", "I don't recall that detail"),
        PROBABLY_NOT: ("that doesn't quite fit", "I think it was something else", "I had something else in mind, I think"),
        NO: ("that doesn't fit", "it's another one", "it was something quite different", "that doesn't match at all"),
    },
}  # fmt: skip
