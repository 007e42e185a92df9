"""`llm-proposes`: a language model proposes questions, and the one of highest information gain is asked.

Proposals that are no question of the bank, were asked already or tell nothing are left out.  Where none is left, the
model is told so once, and then the question of highest gain of all is asked, as `exact` does.
"""

from __future__ import annotations

import numpy as np

from agents.setting import Setting
from agents.strategies.llm.model_agent import ModelAgent

TOKENS_A_QUESTION = 30
"""Tokens of a reply for each question in it, at least."""


class ModelProposes(ModelAgent):
    """Chooses among a model's questions."""

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        gains = self.posterior.take(rows).eig_nats()  # (n, Q)
        config = self.setting.language_model
        chats = [self.prompts.propose(self.courses[b], config.proposals) for b in rows.tolist()]

        def read(k: int, reply: str) -> list[int] | str:
            asked = self.courses[int(rows[k])].asked
            useful = [q for q in self.reader.proposed(reply) if q not in asked and gains[k, q] > 0]
            wish = f"Write {config.proposals} different questions, one a line, and nothing else."
            told = self.reader.questions.told
            return useful[: config.proposals] or f"None of these can be asked now. {told}. {wish}"

        tokens = max(config.reply_tokens, TOKENS_A_QUESTION * config.proposals)
        found = self.ask_twice(rows.tolist(), chats, read, tokens)
        out = np.empty(len(rows), dtype=np.int64)
        for k, proposed in enumerate(found):
            among = np.array(sorted(proposed), dtype=np.int64) if proposed else np.arange(gains.shape[1])
            out[k] = among[gains[k, among].argmax()]
        gain = gains[np.arange(len(rows)), out]
        return np.where(gain > 0, out, -1), gain


def proposes(setting: Setting) -> ModelProposes:
    return ModelProposes(setting, "llm-proposes")
