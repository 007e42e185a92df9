"""Catalogues, questions, simulated users and exact beliefs.

What is named here is public: `from sim import load, question_bank, make_channel, ChannelPosterior`.  Names are imported
when they are asked for, so that importing `sim` loads nothing, numpy included; whatever else stands in the
sub-packages may move between versions.
"""

from typing import TYPE_CHECKING

from sim.names.lazy import lazy_names

if TYPE_CHECKING:
    from sim.answers import ANSWERS, DONT_KNOW, NO, OPEN_DONT_KNOW, PROBABLY, PROBABLY_NOT, YES
    from sim.ask.question_information import QuestionInformation
    from sim.belief.virtual_evidence import Meaning, VirtualEvidence
    from sim.catalogue.catalogue import Catalogue, CatalogueError, Facet, make_facet
    from sim.catalogue.load import BUILT_IN, load
    from sim.catalogue.plan import Problem
    from sim.catalogue.wording import Wording
    from sim.channel.channel import Channel, FacetChannel
    from sim.describe import Description, FacetDescription, check_catalogue, describe_catalogue
    from sim.dialogue import (
        Dialogue,
        DialogueError,
        Guess,
        HeardChip,
        HeardMeaning,
        HeardWords,
        Turn,
        read_dialogues,
        write_dialogues,
    )
    from sim.facts import NoiselessAnswers, false_answers
    from sim.phrasing.spoken import SpokenFact, SpokenTurn
    from sim.phrasing.voice import SpeechVocabulary, Utterance, Voice
    from sim.posterior.batched import BatchedPosterior
    from sim.posterior.contract import Posterior
    from sim.posterior.exact import ChannelPosterior
    from sim.questions import IS, OPEN, OVER, QuestionBank, question_bank
    from sim.users.corruption import Corruption
    from sim.users.from_rates import make_channel
    from sim.users.memory import Population
    from sim.users.rates import PRESETS, Rates, RatesError, load_rates
    from sim.users.scripted import ScriptedUser
    from sim.users.simulated import SimulatedUsers

__all__ = [
    "ANSWERS",
    "BUILT_IN",
    "DONT_KNOW",
    "IS",
    "NO",
    "OPEN",
    "OPEN_DONT_KNOW",
    "OVER",
    "PRESETS",
    "PROBABLY",
    "PROBABLY_NOT",
    "YES",
    "BatchedPosterior",
    "Catalogue",
    "CatalogueError",
    "Channel",
    "ChannelPosterior",
    "Corruption",
    "Description",
    "Dialogue",
    "DialogueError",
    "Facet",
    "FacetChannel",
    "FacetDescription",
    "Guess",
    "HeardChip",
    "HeardMeaning",
    "HeardWords",
    "Meaning",
    "NoiselessAnswers",
    "Population",
    "Posterior",
    "Problem",
    "QuestionBank",
    "QuestionInformation",
    "Rates",
    "RatesError",
    "ScriptedUser",
    "SimulatedUsers",
    "SpeechVocabulary",
    "SpokenFact",
    "SpokenTurn",
    "Turn",
    "Utterance",
    "VirtualEvidence",
    "Voice",
    "Wording",
    "check_catalogue",
    "describe_catalogue",
    "false_answers",
    "load",
    "load_rates",
    "make_channel",
    "make_facet",
    "question_bank",
    "read_dialogues",
    "write_dialogues",
]
_HOMES = {
    "sim.answers": "ANSWERS DONT_KNOW NO OPEN_DONT_KNOW PROBABLY PROBABLY_NOT YES",
    "sim.catalogue.catalogue": "Catalogue CatalogueError Facet make_facet",
    "sim.catalogue.plan": "Problem",
    "sim.catalogue.load": "BUILT_IN load",
    "sim.catalogue.wording": "Wording",
    "sim.describe": "Description FacetDescription check_catalogue describe_catalogue",
    "sim.questions": "IS OPEN OVER QuestionBank question_bank",
    "sim.facts": "NoiselessAnswers false_answers",
    "sim.channel.channel": "Channel FacetChannel",
    "sim.users.rates": "PRESETS Rates RatesError load_rates",
    "sim.users.from_rates": "make_channel",
    "sim.users.memory": "Population",
    "sim.users.corruption": "Corruption",
    "sim.users.simulated": "SimulatedUsers",
    "sim.users.scripted": "ScriptedUser",
    "sim.belief.virtual_evidence": "Meaning VirtualEvidence",
    "sim.ask.question_information": "QuestionInformation",
    "sim.posterior.contract": "Posterior",
    "sim.posterior.exact": "ChannelPosterior",
    "sim.posterior.batched": "BatchedPosterior",
    "sim.phrasing.spoken": "SpokenFact SpokenTurn",
    "sim.phrasing.voice": "SpeechVocabulary Utterance Voice",
    "sim.dialogue": "Dialogue DialogueError Guess HeardChip HeardMeaning HeardWords Turn "
    "read_dialogues write_dialogues",
}
"""Module to the names that are defined in it."""

if not TYPE_CHECKING:  # a type checker sees the imports above, and nothing else
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
