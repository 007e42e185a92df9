"""Ways to state a facet's value, by what the facet is about (`sim.phrasing.roles`), written for this project.

In clauses and phrases `{value}` stands for the value as somebody calls it; of a year, `{when}` for it with its
preposition ("in the nineties", "before 1950") and `{from}` for "from the nineties"; of a genre and of a country
`{thing}` for "a comedy", "an Italian film".
"""

from __future__ import annotations

from collections.abc import Mapping

CLAUSES: Mapping[str, tuple[str, ...]] = {
    "year": ("it is {from}", "it's {from}", "it came out {when}", "it was released {when}", "it was made {when}",
             "it must be {from}", "I'd place it {when}", "it hit the cinemas {when}", "it dates {from}"),
    "length": ("it lasts {value}", "it runs {value}", "the running time is {value}", "it goes on for {value}"),
    "cast": ("{value} is in it", "{value} plays in it", "it has {value} in it", "it stars {value}", "it's got {value}",
             "{value} was one of the actors", "{value} had a part in it", "one of the actors is {value}",
             "it was with {value}", "they had {value} in it", "{value} acted in it", "it features {value}"),
    "director": ("{value} directed it", "it was directed by {value}", "the director is {value}", "{value} made it",
                 "it's directed by {value}", "{value} was the director", "it's a film of {value}'s as director"),
    "writer": ("{value} wrote it", "it was written by {value}", "the script is by {value}", "the writer is {value}",
               "{value} did the screenplay", "{value} was one of the writers"),
    "genre": ("it's {thing}", "it is {thing}", "it was {thing}", "I'd call it {thing}", "it's basically {thing}",
              "as for the genre, it's {thing}", "it falls under {value}", "it's {thing} for the most part"),
    "country": ("it was made in {value}", "it's from {value}", "it was shot by people from {value}", "it's {thing}",
                "it comes from {value}", "it was produced in {value}", "it was {thing}"),
    "language": ("they speak {value} in it", "it's in {value}", "the language is {value}", "people talk {value} in it",
                 "it was in {value}", "one hears {value} in it", "the actors speak {value}"),
    "place": ("it is set in {value}", "it takes place in {value}", "it happens in {value}", "it plays in {value}",
              "the story is set in {value}", "it all goes on in {value}"),
    "rating": ("it's rated {value}", "it is rated {value}", "the rating is {value}", "it got the rating {value}"),
}  # fmt: skip
"""A statement of its own, without a capital or a full stop."""

PHRASES: Mapping[str, tuple[str, ...]] = {
    "year": ("{from}", "made {when}", "that came out {when}", "released {when}"),
    "length": ("that lasts {value}", "that runs {value}"),
    "cast": ("with {value}", "starring {value}", "that has {value} in it", "in which {value} plays",
             "featuring {value}",
             "that stars {value}"),
    "director": ("directed by {value}", "from the director {value}", "by the director {value}",
                 "that {value} directed"),
    "writer": ("written by {value}", "with a script by {value}", "that {value} wrote"),
    "country": ("from {value}", "made in {value}", "that was made in {value}"),
    "language": ("in {value}", "where they speak {value}", "in the {value} language"),
    "place": ("set in {value}", "that takes place in {value}", "that is set in {value}"),
    "rating": ("rated {value}", "that is rated {value}"),
}  # fmt: skip
"""What stands behind a noun: "a film with Tom Hanks"."""

HEDGED_CLAUSES = (
    "I think {c}", "{c}, I think", "I believe {c}", "maybe {c}", "if I remember right, {c}", "{c}, if I'm not mistaken",
    "{c}, I'm fairly sure", "pretty sure {c}", "probably {c}", "I'm not certain but I think {c}", "I want to say {c}",
    "I have a feeling {c}", "{c}, but I could be wrong", "{c}, or so I believe", "it could be that {c}", "{c}, I guess",
)  # fmt: skip
HEDGED_PHRASES = (
    "{c} I think",
    "probably {c}",
    "maybe {c}",
    "{c}, I believe",
    "possibly {c}",
    "{c} perhaps",
    "{c} (?)",
)
CORRECTIONS = (
    "{old}, no wait, {new}", "{old}, no, sorry, {new}", "{old}, I mean {new}", "{old}, scratch that, {new}",
    "{old}, or no, {new}", "{old}, actually no, {new}", "{old}, correction: {new}", "{old} - no, {new}",
    "{old}, sorry, I meant {new}",
)  # fmt: skip
"""Something that is said and taken back at once."""

REQUESTS = (
    "I'm looking for {np}", "I'm trying to remember {np}", "I need to find {np}", "help me find {np}",
    "looking for {np}",
    "can you help me find {np}?", "I can't think of the name of {np}", "there's {np} that I can't get out of my head",
    "what's the name of {np}?", "I want to find {np} again", "I've been racking my brain over {np}", "it's {np}",
    "does anyone know {np}?", "I'm after {np}", "I once came across {np}", "trying to identify {np}", "{np}",
)  # fmt: skip
GREETINGS = ("hi", "hello", "hey there", "ok so", "right", "hi all", "good evening", "so", "well")

ASIDES = (
    "my sister would know", "it's been bugging me for days", "I wish my memory was better", "I can almost see it",
    "don't ask me for the name", "that's about all I have", "I know that isn't much to go on", "sorry for being vague",
    "I'd know it if I saw it", "everybody I ask just shrugs", "it's on the tip of my tongue", "any help is welcome",
    "thanks in advance", "this is driving me mad", "I've been thinking about it all week",
)  # fmt: skip
"""What is said beside and tells nothing."""
ASIDES_ON_FILMS = (
    "I saw it years ago on telly", "we watched it at a friend's place", "I only caught the second half",
    "I fell asleep before the end", "my dad rented it once", "I remember the poster was dark", "the music was lovely",
    "there's a scene by a window that I can't forget", "I saw it when I was little", "I must have been ten or so",
    "someone gives a long speech at the end", "a man walks through the rain at the start", "the ending confused me",
    "we watched it in class", "I saw it on a rainy Sunday", "the tape had no label", "I watched it around 2004",
    "I saw it on TV back in the nineties", "it must have been 1999 when I watched it", "the hero wears a long coat",
)  # fmt: skip
"""The same about films: what they don't know of in a catalogue, and when somebody saw one, which is not its year."""

UNKNOWN_PEOPLE = ("the name escapes me", "I'm bad with names", "I'd know the face but not the name", "no idea about "
                                                                                                     "names",
                  "I can see the face but the name won't come", "never was good with names")  # fmt: skip
UNKNOWN = (
    "don't know", "no idea", "I don't know", "not sure", "I can't remember", "no clue", "can't say", "dunno", "idk",
    "I forget", "I don't remember", "pass", "beats me", "I've forgotten", "I couldn't tell you", "haven't a clue",
    "hard to say", "I honestly don't know", "that I can't recall", "sorry, no idea", "it won't come to me",
    "I really can't say", "I never knew", "nothing comes to mind", "skip that one", "my mind is blank",
)  # fmt: skip
"""Not knowing the answer to an open question."""
BARE_LEADS = ("uh", "hm", "well", "let me see", "oh", "ah", "I'd say", "that would be", "it's")
