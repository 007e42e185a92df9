"""Words for what users say: plain sentences (`sentences`), and a seeded grammar that talks as people do (`voice`)."""

from sim.phrasing.facts import StatedFact
from sim.phrasing.manner import PLAIN_SPEECH, Manner
from sim.phrasing.sentences import (
    answer_sentence,
    article,
    corruption_sentence,
    corruption_sentences,
    listed,
    request,
    shortened,
    statement,
    value_sentence,
)
from sim.phrasing.voice import SpeechVocabulary, Utterance, Voice

__all__ = [
    "PLAIN_SPEECH",
    "Manner",
    "SpeechVocabulary",
    "StatedFact",
    "Utterance",
    "Voice",
    "answer_sentence",
    "article",
    "corruption_sentence",
    "corruption_sentences",
    "listed",
    "request",
    "shortened",
    "statement",
    "value_sentence",
]
