"""How well weights do on held-out dialogues, as they are served.

By `sim.posterior.exact` in numpy, or, where the catalogue is small, by the same sums in torch.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from agents.learning.config import WHOLE
from agents.learning.critic import ChannelCritic
from agents.learning.serve import learned_channel
from agents.learning.transcripts import Transcripts, belief_after
from sim.posterior.exact import ChannelPosterior

Words = dict[str, np.ndarray] | None
"""`confusable.word_similarities`, where there are any."""


def held_out_losses(
    critic: ChannelCritic, transcripts: Transcripts, chunk: int = 64, words: Words = None
) -> torch.Tensor:
    """(B,) float64 -log p(truth | history), nats, over the whole catalogue."""
    catalogue = critic.catalogue
    out = []
    if len(catalogue) > WHOLE:
        channel = learned_channel(catalogue, critic.parameters_.tables().numpy() | (words or {}))
        beliefs = belief_after(ChannelPosterior(channel, critic.bank, cache_bytes=1 << 24), transcripts)
        return torch.from_numpy(-np.log(np.maximum(belief_in_truth(beliefs, transcripts), 1e-300)))
    log_prior = np.log(catalogue.prior)
    for at in range(0, len(transcripts), chunk):
        part = transcripts[np.arange(at, min(at + chunk, len(transcripts)))]
        with torch.no_grad():
            logits = critic(critic.evidence(part)).double().cpu().numpy() + log_prior
        top = logits.max(axis=1, keepdims=True)
        log_z = top[:, 0] + np.log(np.exp(logits - top).sum(axis=1))
        out.append(log_z - logits[np.arange(len(part)), part.intent])
    return torch.from_numpy(np.concatenate(out))


def belief_in_truth(beliefs: Iterable[np.ndarray], transcripts: Transcripts) -> np.ndarray:
    """(B,) belief in the truth from beliefs (N,), one a dialogue."""
    return np.array([belief[i] for belief, i in zip(beliefs, transcripts.intent.tolist(), strict=True)])
