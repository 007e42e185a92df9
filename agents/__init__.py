"""Who asks: agents, their evaluation, learning, games, and the command line.

What is named here is public: `from agents import make_agent, make_setting, evaluate`.  Names are imported when they are
asked for, so that importing `agents` loads nothing, numpy included; whatever else stands in the sub-packages may move
between versions.
"""

from typing import TYPE_CHECKING

from sim.names.lazy import lazy_names

if TYPE_CHECKING:
    from agents.agent import Agent, AgentFactory
    from agents.chat_models.config import ChatModelConfig
    from agents.errors import InputError
    from agents.evaluation.check_agent import check_agent
    from agents.evaluation.evaluate import Evaluation, evaluate
    from agents.evaluation.executor import Executor, LostWorkersError
    from agents.evaluation.resumable_rows import read_rows
    from agents.language.model_users import ModelUsers
    from agents.language.reader import Reader
    from agents.language.reading import ReadFact, TextReading
    from agents.learning.checkpoint import CheckpointError
    from agents.learning.config import TrainConfig, TrainingError
    from agents.learning.serve import learned_posterior
    from agents.learning.sources import read_log
    from agents.learning.train import train
    from agents.learning.transcripts import Transcripts
    from agents.policy.vecenv import BeliefVecEnv
    from agents.practice import Practice
    from agents.resume import ResumeError
    from agents.setting import Setting, make_setting
    from agents.strategies.belief_agent import BeliefAgent
    from agents.strategies.registry import AGENTS, make_agent
    from agents.strategies.stopping import should_guess

__all__ = [
    "AGENTS",
    "Agent",
    "AgentFactory",
    "BeliefAgent",
    "BeliefVecEnv",
    "ChatModelConfig",
    "CheckpointError",
    "Evaluation",
    "Executor",
    "InputError",
    "LostWorkersError",
    "ModelUsers",
    "Practice",
    "ReadFact",
    "Reader",
    "ResumeError",
    "Setting",
    "TextReading",
    "TrainConfig",
    "TrainingError",
    "Transcripts",
    "check_agent",
    "evaluate",
    "learned_posterior",
    "make_agent",
    "make_setting",
    "read_log",
    "read_rows",
    "should_guess",
    "train",
]
_HOMES = {
    "agents.errors": "InputError",
    "agents.resume": "ResumeError",
    "agents.setting": "Setting make_setting",
    "agents.agent": "Agent AgentFactory",
    "agents.chat_models.config": "ChatModelConfig",
    "agents.learning.config": "TrainConfig TrainingError",
    "agents.learning.checkpoint": "CheckpointError",
    "agents.learning.serve": "learned_posterior",
    "agents.learning.sources": "read_log",
    "agents.learning.train": "train",
    "agents.learning.transcripts": "Transcripts",
    "agents.strategies.belief_agent": "BeliefAgent",
    "agents.language.model_users": "ModelUsers",
    "agents.language.reader": "Reader",
    "agents.language.reading": "ReadFact TextReading",
    "agents.strategies.registry": "AGENTS make_agent",
    "agents.strategies.stopping": "should_guess",
    "agents.practice": "Practice",
    "agents.policy.vecenv": "BeliefVecEnv",
    "agents.evaluation.check_agent": "check_agent",
    "agents.evaluation.evaluate": "Evaluation evaluate",
    "agents.evaluation.executor": "Executor LostWorkersError",
    "agents.evaluation.resumable_rows": "read_rows",
}
"""Module to the names that are defined in it."""

if not TYPE_CHECKING:  # a type checker sees the imports above, and nothing else
    __getattr__, __dir__ = lazy_names(__name__, _HOMES)
