"""The channel critic: log p(answers | intent, type) in torch, the user's memory summed out, differentiable.

The sums are those of `sim.likelihood`, written for a batch of dialogues and for candidates instead of the catalogue,
with the confusion kernel and what comes to mind made from learned weights.  With g1, g0, h, e, al, wi, wo as there,

    kept     A = 1 + sum over touched values z of i:  pi_iz (e_z g1_z / h_z - 1)
    muddled  R = 1 + sum over touched values z of i:  pi_iz (al_z - 1)
               + sum over touched w and values z of i:  (wi_w or wo_w - 1) pi_iz al_z K[z, w]

which needs no (V, T) array: only values that were touched, and those that could be taken for them.  f(h, i) is the
logarithm of the mixture over types; a constant of the history is left in, for it cancels.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor, nn

from agents.learning.histories import Histories, evidence_of
from agents.learning.indexing import FacetBatch, FacetIndex
from agents.learning.parameters import ChannelParameters, Tables
from agents.learning.structure import hat_weights, log_mass, structure_of, with_words
from sim.catalogue import Catalogue, Facet
from sim.likelihood import SAID_DONT_KNOW, SILENT
from sim.questions import DONT_KNOW, QuestionBank
from sim.stages import WIDTH

TINY = 1e-30
KEPT, MUDDLED = 0, 1


class FacetConstants(nn.Module):
    """What the catalogue fixes of one facet."""

    log_mass: Tensor
    mass: Tensor
    hats: Tensor
    features: Tensor
    entry_prior: Tensor
    pair_rows: Tensor
    pair_columns: Tensor
    entry_rows: Tensor
    indices: Tensor
    option_of: Tensor
    value_of: Tensor
    empty: Tensor

    def __init__(self, catalogue: Catalogue, facet: Facet, index: FacetIndex):
        super().__init__()
        prior = catalogue.prior
        mass = log_mass(facet, prior)
        self.values = len(facet.values)
        for name, array in {
            "log_mass": mass,
            "mass": facet.mass(prior),
            "hats": hat_weights(facet, prior),
            "features": index.pairs.features,
            "entry_prior": prior[facet.rows],
        }.items():
            self.register_buffer(name, torch.as_tensor(np.asarray(array), dtype=torch.get_default_dtype()))
        for name, array in {
            "pair_rows": index.pairs.rows,
            "pair_columns": index.pairs.indices,
            "entry_rows": facet.rows,
            "indices": facet.indices,
            "option_of": facet.option_of,
            "value_of": facet.value_of if facet.scalar else np.empty(0),
            "empty": np.diff(facet.indptr) == 0,
        }.items():
            self.register_buffer(name, torch.as_tensor(np.asarray(array).astype(np.int64)))
        self.options = len(facet.options)
        self.intents = facet.intents
        self.number = facet.kind == "number"
        self.scalar = facet.scalar

    def kernel(self, weights: Tensor) -> Tensor:
        """(E,) p(believed | true, muddled) of each pair."""
        return segment_softmax(self.features @ weights, self.pair_rows, self.values)

    def salience(self, exponent: Tensor) -> Tensor:
        """(nnz,) p(top of the mind | intent, kept) of each entry."""
        return segment_softmax(exponent * self.log_mass[self.indices], self.entry_rows, self.intents)

    def background(self, salience: Tensor | None) -> Tensor:
        """(V,) the facet's values as people in general would name them."""
        weight = self.entry_prior if salience is None else self.entry_prior * salience
        out = torch.zeros(self.values, dtype=weight.dtype, device=weight.device).index_add(0, self.indices, weight)
        return out / out.sum()


class ChannelCritic(nn.Module):
    """Scores of candidates from what users are believed to do.

    Args:
        types: how many latent kinds of user.
        words: `structure.word_similarities`, where there are any.
        turns: how many answers come before each later stage, see `sim.stages`.
    """

    def __init__(
        self, bank: QuestionBank, types: int = 3, words: dict[str, np.ndarray] | None = None,
        turns: tuple[int, ...] = (),
    ):  # fmt: skip
        super().__init__()
        self.bank, self.catalogue, self.turns = bank, bank.catalogue, turns
        self.parameters_ = ChannelParameters(bank.catalogue, types, turns)
        pairs = [with_words(p, (words or {}).get(f"words.{f}")) for f, p in enumerate(structure_of(bank.catalogue))]
        self.index = [FacetIndex(f, p) for f, p in zip(bank.catalogue.facets, pairs, strict=True)]
        self.constants = nn.ModuleList(
            FacetConstants(bank.catalogue, f, i) for f, i in zip(bank.catalogue.facets, self.index, strict=True)
        )

    def compile(self, histories: Histories, candidates: np.ndarray | None) -> list[tuple[int, FacetBatch]]:  # type: ignore[override]
        """The index lists of a batch, facet by facet.  candidates: (B, C), or None for the whole catalogue."""
        evidence = evidence_of(self.bank, histories, self.turns)
        out = []
        for f, index in enumerate(self.index):
            rows = np.array([b for b, table in enumerate(evidence) if f in table], dtype=np.int64)
            if len(rows):
                mine = None if candidates is None else candidates[rows]
                out.append((f, index.batch(rows, [evidence[b][f] for b in rows], mine)))
        return out

    def log_likes(
        self,
        compiled: list[tuple[int, FacetBatch]],
        candidates: np.ndarray | None,
        dialogues: int,
        tables: Tables | None = None,
    ) -> tuple[Tensor, Tensor]:
        """(B, C, T) log p(answers | candidate, type) and (T,) log p(type)."""
        tables = self.parameters_.tables() if tables is None else tables
        like = tables.forgotten
        columns = len(self.catalogue) if candidates is None else candidates.shape[1]
        out = torch.zeros(dialogues, columns, like.shape[-1], dtype=like.dtype, device=like.device)
        for f, batch in compiled:
            ids = None if candidates is None else torch.from_numpy(candidates[batch.dialogue]).to(like.device)
            view = FacetView(self.constants[f], tables, f)  # type: ignore[arg-type]
            found = view.scalar(batch, ids) if self.constants[f].scalar else view.many(batch, ids, columns)
            out = out.index_add(0, torch.from_numpy(batch.dialogue).to(like.device), found)
        return out, tables.shares.log()

    def forward(self, histories: Histories, candidates: np.ndarray | None = None) -> tuple[Tensor, Tensor]:
        """Scores f(h, i), (B, C), and log p(type, answers | candidate), (B, C, T)."""
        found, shares = self.log_likes(self.compile(histories, candidates), candidates, len(histories))
        joint = found + shares
        return torch.logsumexp(joint, dim=2), joint


class FacetView:
    """One facet's sums at the present parameters.  E evidences, C candidates, J touched values, T types, S states.

    `told(batch)` goes first: it takes each evidence's rates from the stages at which its answers were given.
    """

    def __init__(self, constants: FacetConstants, tables: Tables, f: int):
        self.k = constants
        self.forgotten, self.muddled = tables.forgotten[f], tables.muddled[f]  # (stages, T)
        self.yesno, self.yesno_forgotten = tables.yesno[f], tables.yesno_forgotten[f]
        self.silent, self.slip, self.guess, self.opening = (
            tables.silent[f],
            tables.slip[f],
            tables.guess[f],
            tables.opening[f],
        )
        self.recognition, self.absence = tables.recognition[f], tables.absence[f]
        self.salience = None if constants.scalar else constants.salience(tables.salience[f])
        self.background = constants.background(self.salience)
        self.options = torch.zeros(constants.options, dtype=self.background.dtype, device=self.background.device)
        self.options = self.options.index_add(0, constants.option_of, self.background)
        self.kernel = constants.kernel(tables.kernel[f])
        # A value that nothing could be taken for leaves nobody muddled.
        if not len(self.kernel):
            self.muddled = torch.zeros_like(self.muddled)

    def tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(array)).to(self.forgotten.device)

    def zeros(self, *shape: int) -> Tensor:
        return torch.zeros(shape, dtype=self.forgotten.dtype, device=self.forgotten.device)

    def told(self, batch: FacetBatch) -> None:
        """From here on forgotten and muddled, silent, slip and guess are those of each evidence: (E, T), (E, T, S)."""
        first, stage = self.tensor(batch.first), self.tensor(batch.stage)
        self.forgotten, self.muddled = self.forgotten[first], self.muddled[first]
        self.silent, self.slip, self.guess = self.silent[stage], self.slip[stage], self.guess[stage]

    def log_forgotten(self, batch: FacetBatch) -> Tensor:
        """(E, T) log p(answers | forgotten)."""
        e, answer = self.tensor(batch.yesno[:, 0]), self.tensor(batch.yesno[:, 2])
        out = self.zeros(len(batch.said), self.forgotten.shape[-1])
        out = out.index_add(0, e, self.yesno_forgotten.log().T[answer])
        said = self.tensor(batch.said)
        named = (self.guess * self.options[said.clamp(min=0)][:, None].clamp(min=TINY)).log()
        out = out + torch.where((said >= 0)[:, None], named, 0.0)
        out = out + torch.where((said == SAID_DONT_KNOW)[:, None], (1 - self.guess).log(), 0.0)
        quiet = ((1 - self.opening) + self.opening * (1 - self.guess)).log()
        return out + torch.where((said == SILENT)[:, None], quiet, 0.0)

    def log_silence(self, said: Tensor) -> Tensor:
        """(E, T, S) log p(no open answer | state) where there was occasion for one, else 0."""
        shape = said[:, None, None]
        out = torch.where(shape == SAID_DONT_KNOW, self.silent.log(), torch.zeros_like(self.silent))
        quiet = ((1 - self.opening) + self.opening * self.silent).log()
        return torch.where(shape == SILENT, quiet, out)

    def scalar(self, batch: FacetBatch, ids: Tensor | None) -> Tensor:
        """(E, C, T) log p(answers | candidate, type) of a facet whose memory is one value."""
        self.told(batch)
        e_count, v, t = len(batch.said), self.k.values, self.forgotten.shape[-1]
        memory = torch.arange(v, device=self.forgotten.device)
        log = self.zeros(e_count, v, t, 2)
        e, value, answer = (self.tensor(batch.yesno[:, j]) for j in range(3))
        true = memory >= value[:, None] if self.k.number else memory == value[:, None]  # (n, V)
        told = self.yesno.log().permute(3, 2, 0, 1)[answer]  # (n, 2, T, S)
        log = log.index_add(0, e, torch.where(true[:, :, None, None], told[:, 1, None], told[:, 0, None]))
        said = self.tensor(batch.said)
        hit = (self.k.option_of == said[:, None])[:, :, None]  # (E, V, 1)
        at_random = self.slip * self.options[said.clamp(min=0)].clamp(min=TINY)[:, None]  # (E, T)
        right = (1 - self.slip)[:, None] * hit + at_random[:, None]
        named = right.log()[..., None] + (1 - self.silent).log()[:, None]
        log = log + torch.where((said >= 0)[:, None, None, None], named, 0.0) + self.log_silence(said)[:, None]
        shift = log.amax(dim=(1, 3)).detach()  # (E, T)
        like = torch.exp(log - shift[:, None, :, None])
        table = self.zeros(v, v).index_put((self.k.pair_rows, self.k.pair_columns), self.kernel)
        confused = torch.einsum("xy,eyt->ext", table, like[..., MUDDLED])
        known = (1 - self.muddled)[:, None] * like[..., KEPT] + self.muddled[:, None] * confused
        unknown = torch.einsum("v,evt->et", self.background, like[..., KEPT])
        rest = torch.cat([known, unknown[:, None]], dim=1)  # (E, V + 1, T)
        lost = self.forgotten * torch.exp(self.log_forgotten(batch) - shift)
        total = (lost[:, None] + (1 - self.forgotten)[:, None] * rest).clamp(min=TINY).log() + shift[:, None]
        row = torch.where(self.k.value_of < 0, v, self.k.value_of)
        if ids is None:
            return total[:, row]
        return total.gather(1, row[ids][..., None].expand(-1, -1, t))

    def many(self, batch: FacetBatch, ids: Tensor | None, columns: int) -> Tensor:
        """(E, C, T) log p(answers | candidate, type) of a facet with several values an intent."""
        self.told(batch)
        e_count, t = len(batch.said), self.forgotten.shape[-1]
        e, value, answer, told = (self.tensor(batch.touched[:, j]) for j in range(4))
        said = self.tensor(batch.said)
        recognised = (self.k.hats[value] @ self.recognition)[:, None, None]
        g1, g0 = self._answers(value, answer)
        at_random = (self.slip * self.options[said.clamp(min=0)].clamp(min=TINY)[:, None]).clamp(min=TINY)  # (E, T)
        odds = ((1 - self.slip) / at_random + 1)[e][..., None]  # (J, T, 1)
        odds = torch.where((told > 0)[:, None, None], odds, torch.ones_like(odds))
        constant = at_random.log()[..., None] + (1 - self.silent).log()
        constant = torch.where((said >= 0)[:, None, None], constant, 0.0) + self.log_silence(said)  # (E, T, S)
        h = recognised * g1 + (1 - recognised) * g0
        place, j, entry = (self.tensor(batch.holds[:, x]) for x in range(3))
        shape = (e_count * columns, t)
        assert self.salience is not None
        pi = self.salience[entry][:, None]
        inside = (h / g0).log()[j]  # (h, T, S)
        base = self.zeros(*shape, 2).index_add(0, place, inside).view(e_count, columns, t, 2)
        base = base + (self.zeros(e_count, t, 2).index_add(0, e, g0.log()) + constant)[:, None]
        ratio = odds * g1 / h  # (J, T, S)
        top = self.zeros(*shape).index_add(0, place, pi * (ratio[..., KEPT] - 1)[j])
        lost = (g0 / h)[..., MUDDLED]  # (J, T)
        replaced = self.zeros(*shape).index_add(0, place, pi * (lost - 1)[j])
        replaced = replaced.index_add(0, self.tensor(batch.flows[:, 0]), self._flow(batch, lost, ratio, odds * g1 / g0))
        kept = base[..., KEPT] + (1 + top).clamp(min=TINY).log().view(e_count, columns, t)
        muddled = base[..., MUDDLED] + (1 + replaced).clamp(min=TINY).log().view(e_count, columns, t)
        remembered = (1 - self.forgotten).log()
        # 1e-30 for a facet on which nobody is muddled.
        parts = torch.stack([
            (self.forgotten.log() + self.log_forgotten(batch))[:, None].expand(-1, columns, -1),
            (remembered + (1 - self.muddled).log())[:, None] + kept,
            (remembered + self.muddled.clamp(min=TINY).log())[:, None] + muddled,
        ])  # fmt: skip
        out = torch.logsumexp(parts, dim=0)
        empty = self.k.empty.bool() if ids is None else self.k.empty[ids].bool()
        if not bool(empty.any()):
            return out
        stranger = torch.logaddexp(parts[0, :, 0], remembered + self._stranger(e, value, g1, g0, odds, constant))
        return torch.where(empty.expand(e_count, columns)[..., None], stranger[:, None], out)

    def _answers(self, value: Tensor, answer: Tensor) -> tuple[Tensor, Tensor]:
        """(J, T, S) p(yes/no answer | believed) and p(... | not); 1 where the value was only said."""
        absence = (self.k.hats[value] @ self.absence)[:, None, None]
        asked = (answer >= 0)[:, None, None]
        told = self.yesno.permute(3, 2, 0, 1)[answer.clamp(min=0)]  # (J, 2, T, S)
        passed = (answer % WIDTH == DONT_KNOW)[:, None, None]
        g0 = absence * told[:, 0] + torch.where(passed, 1 - absence, torch.zeros_like(absence))
        one = torch.ones_like(g0)
        return torch.where(asked, told[:, 1], one), torch.where(asked, g0, one)

    def _flow(self, batch: FacetBatch, lost: Tensor, within: Tensor, outside: Tensor) -> Tensor:
        """(m, T) what each value of a candidate adds to R by being taken for a touched one."""
        j, entry, pair, z, holds = (self.tensor(batch.flows[:, x]) for x in range(1, 6))
        assert self.salience is not None
        chance = (self.salience[entry] * self.kernel[pair])[:, None]
        gone = torch.where((z >= 0)[:, None], lost[z.clamp(min=0)], torch.ones_like(lost[:1]))
        factor = torch.where((holds > 0)[:, None], within[..., MUDDLED][j], outside[..., MUDDLED][j])
        return chance * gone * (factor - 1)

    def _stranger(self, e: Tensor, value: Tensor, g1: Tensor, g0: Tensor, odds: Tensor, constant: Tensor) -> Tensor:
        """(E, T) log p(answers | remembered) of an intent about which the catalogue says nothing."""
        rho = (self.k.mass[value] * (self.k.hats[value] @ self.recognition))[:, None]
        hb = rho * g1[..., KEPT] + (1 - rho) * g0[..., KEPT]
        share = self.background[value][:, None] * (odds[..., 0] * g1[..., KEPT] / hb - 1)
        size = (len(constant), hb.shape[1])
        log = self.zeros(*size).index_add(0, e, hb.log()) + constant[..., KEPT]
        return log + (1 + self.zeros(*size).index_add(0, e, share)).clamp(min=TINY).log()


def segment_softmax(logits: Tensor, segment: Tensor, segments: int) -> Tensor:
    """Softmax within groups; `segment` (n,) says which group each entry is in."""
    if not len(logits):
        return logits
    top = torch.full((segments,), -torch.inf, dtype=logits.dtype, device=logits.device)
    top = top.scatter_reduce(0, segment, logits.detach(), "amax")
    weight = torch.exp(logits - top[segment])
    total = torch.zeros(segments, dtype=logits.dtype, device=logits.device).index_add(0, segment, weight)
    return weight / total[segment]
