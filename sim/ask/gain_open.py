"""What an open question ("Who is in it?") is expected to tell about the intent, in nats.

EIG = H(answer) - sum_i p(i) H(answer | i).  The answer's distribution is exact: one pass over the facet.  Small scalar
facets, numbers and flags are exact throughout.  For large facets H(answer | i) sums over what an intent's users may
say, and is exact for the `HEAD` likeliest intents, or `WIDE` where those hold less than `ENOUGH` of the belief; for the
others, who share what is left, it is taken from a table made once (type by type, as if the facet were untouched) and
lifted by the mean difference that the head shows between the two.  That can be off by a tenth of a nat on a touched
facet while hundreds of intents are in the running; catalogues of up to `WIDE` intents are then exact.
"""

from __future__ import annotations

import numpy as np

from sim.ask.gain_yesno import is_small, kept_memory, muddled_memory, scalar_masses, scalar_states
from sim.belief.likelihood import ScalarTerms, SetTerms, Terms
from sim.channel.channel import KEPT, MUDDLED, FacetChannel
from sim.numeric.cache import once_per_object
from sim.numeric.entropy import FLOOR, entropy_nats, xlogx
from sim.numeric.reductions import over_intents, over_types, weighted_types

HEAD = 256
"""Likeliest intents for which H(answer | intent) is exact."""
WIDE = 1024
"""The same where HEAD intents hold less than ENOUGH of the belief."""
ENOUGH = 0.9
"""Share of the belief."""


def open_information(channel: FacetChannel, terms: Terms | None, belief: np.ndarray) -> tuple[float, np.ndarray]:
    """EIG of the facet's open question in nats, and its predicted answers (1 + O,).

    Args:
        terms: the facet's likelihood so far; None when nothing was answered about it.
        belief: p(intent, type | history), (N, T).
    """
    if channel.facet.scalar:
        assert not isinstance(terms, SetTerms)
        return (_small if is_small(channel) else _large_scalar)(channel, terms, belief)
    assert not isinstance(terms, ScalarTerms)
    return _many(channel, terms, belief)


def open_prediction(channel: FacetChannel, terms: Terms | None, belief: np.ndarray) -> np.ndarray:
    """(1 + O,) predicted answers alone."""
    if not channel.facet.scalar:
        assert not isinstance(terms, ScalarTerms)
        return _said(channel, terms, belief)[0]
    return open_information(channel, terms, belief)[1]


def manner(channel: FacetChannel, states: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """From states (4, ..., T), (..., T) each: says the kept memory, the muddled one, anything, nothing."""
    f, k, m, unrecalled = states
    k_says, m_says = k * (1 - channel.silent[:, KEPT]), m * (1 - channel.silent[:, MUDDLED])
    anything = (k_says + m_says) * channel.slip + f * channel.guess
    unsaid = k * channel.silent[:, KEPT] + m * channel.silent[:, MUDDLED] + f * (1 - channel.guess) + unrecalled
    return k_says * (1 - channel.slip), m_says * (1 - channel.slip), anything, unsaid


def _small(channel: FacetChannel, terms: ScalarTerms | None, belief: np.ndarray) -> tuple[float, np.ndarray]:
    facet = channel.facet
    v, o = len(facet.values), len(facet.options)
    kept, muddled, anything, unsaid = manner(channel, scalar_states(channel, terms) * scalar_masses(channel, belief))
    joint = np.zeros((v + 1, 1 + o))
    joint[:, 0] = unsaid.sum(axis=1)
    joint[:, 1:] = anything.sum(axis=1)[:, None] * channel.options
    joint[np.arange(v), 1 + facet.option_of] += kept[:v].sum(axis=1)
    rows, columns, data = muddled_memory(channel, terms)
    np.add.at(joint, (rows, 1 + facet.option_of[columns]), (data * muddled[rows]).sum(axis=1))
    np.add.at(joint[v], 1 + facet.option_of, (kept_memory(channel, terms) * kept[v]).sum(axis=1))
    answers = joint.sum(axis=0)
    return float(max(0.0, entropy_nats(answers) + xlogx(joint).sum() - xlogx(joint.sum(axis=1)).sum())), answers


def _large_scalar(channel: FacetChannel, terms: ScalarTerms | None, belief: np.ndarray) -> tuple[float, np.ndarray]:
    v = len(channel.facet.values)
    mass = scalar_masses(channel, belief)
    kept, muddled, anything, unsaid = manner(channel, scalar_states(channel, terms) * mass)
    rows, columns, data = muddled_memory(channel, terms)
    flow = (data * muddled[rows]).sum(axis=1)
    answers = np.zeros(1 + v)
    answers[0] = unsaid.sum()
    answers[1:] = kept[:v].sum(axis=1) + np.bincount(columns, weights=flow, minlength=v)
    answers[1:] += anything.sum() * channel.options
    stranger = (kept_memory(channel, terms) * kept[v]).sum(axis=1)
    answers[1:] += stranger
    # Joint entropy of answer and value: entries of the kernel and its diagonal, over a background that all share.
    random = anything.sum(axis=1)  # (V + 1,)
    joint = _background_xlogx(channel, random) + xlogx(unsaid.sum(axis=1))
    own = np.arange(v)
    joint[:v] += _lift(random[own] * channel.options, kept[:v].sum(axis=1))
    joint[:v] += np.bincount(rows, weights=_lift(random[rows] * channel.options[columns], flow), minlength=v)
    joint[v] += _lift(random[v] * channel.options, stranger).sum()
    return float(max(0.0, entropy_nats(answers) + joint.sum() - xlogx(mass.sum(axis=1)).sum())), answers


def _background_xlogx(channel: FacetChannel, random: np.ndarray) -> np.ndarray:
    """sum_u x log x over x = random * options[u], for each row."""
    return xlogx(random) * channel.options.sum() + random * xlogx(channel.options).sum()


def _lift(base: np.ndarray, more: np.ndarray) -> np.ndarray:
    """How x log x grows from `base` to `base + more`."""
    return xlogx(base + more) - xlogx(base)


def _many(channel: FacetChannel, terms: SetTerms | None, belief: np.ndarray) -> tuple[float, np.ndarray]:
    answers, unsaid = _said(channel, terms, belief)
    mass = over_types(belief)
    head = likeliest(mass, HEAD)
    if mass[head].sum() < ENOUGH:
        head = likeliest(mass, WIDE)
    exact = _row_entropies(channel, terms, _states(channel, terms, belief, head), head) / np.maximum(mass[head], FLOOR)
    conditional = float((mass[head] * exact).sum())
    if len(head) < len(mass):
        rough = _rough_entropies(channel, belief, mass, unsaid)
        share = mass[head].sum()
        lift = float((mass[head] * (exact - rough[head])).sum() / max(share, FLOOR))
        everyone = float((mass * rough).sum())
        conditional += everyone - float((mass[head] * rough[head]).sum()) + (mass.sum() - share) * lift
    return float(max(0.0, entropy_nats(answers) - conditional)), answers


def likeliest(mass: np.ndarray, k: int) -> np.ndarray:
    """The k likeliest intents in the order of their ids; ties bring in up to as many again, lowest ids first."""
    if len(mass) <= k:
        return np.arange(len(mass))
    cut = np.partition(mass, len(mass) - k)[len(mass) - k]
    above = np.flatnonzero(mass > cut)
    return np.sort(np.concatenate([above, np.flatnonzero(mass == cut)[: 2 * k - len(above)]]))


def _states(channel: FacetChannel, terms: SetTerms | None, belief: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(4, n, T) p(state, intent, type) of these intents."""
    if terms is not None:
        return terms.states[:, rows] * belief[rows]
    return untouched_states(channel, rows) * belief[rows]


def untouched_states(channel: FacetChannel, rows: np.ndarray) -> np.ndarray:
    """(4, n, T) p(state | intent, type) before any answer on the facet."""
    empty = (channel.facet.indptr[rows + 1] == channel.facet.indptr[rows])[:, None]
    return np.where(empty, channel.stranger_shares[:, None], channel.state_shares[:, None])


def _said(channel: FacetChannel, terms: SetTerms | None, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(1 + V,) answers, exact, and (N,) p(nothing is said, intent)."""
    strangers = channel.unknown
    if terms is None:
        # What a unit of belief in a known intent, and in a stranger, comes to; all (T,).
        kept, muddled, anything, unsaid = manner(channel, channel.state_shares)
        kept_0, _, anything_0, unsaid_0 = manner(channel, channel.stranger_shares)
        unknown = over_intents(belief[strangers])
        known = over_intents(belief) - unknown
        said = channel.top_of_mind_t @ weighted_types(belief, kept)
        said += channel.kernel_t @ (channel.top_of_mind_t @ weighted_types(belief, muddled))
        said += (kept_0 * unknown).sum() * channel.background
        said += (anything * known + anything_0 * unknown).sum() * channel.options
        nothing = weighted_types(belief, unsaid)
        nothing[strangers] = weighted_types(belief[strangers], unsaid_0)
    else:
        # Type by type: numpy is slow at arrays whose last axis is short.
        said, nothing = np.zeros(len(channel.facet.values)), np.zeros(len(belief))
        for t in range(channel.types):
            f, k, m, unrecalled = (terms.states[s, :, t] * belief[:, t] for s in range(4))
            silent, slip, guess = channel.silent[t], channel.slip[t], channel.guess[t]
            nothing += k * silent[KEPT] + m * silent[MUDDLED] + f * (1 - guess) + unrecalled
            k *= 1 - silent[KEPT]
            m *= 1 - silent[MUDDLED]
            said += (slip * (k.sum() + m.sum()) + guess * f.sum()) * channel.options
            said += (1 - slip) * _said_touched(channel, terms, k, m, t)
    return np.concatenate([[nothing.sum()], said]), nothing


def _said_touched(channel: FacetChannel, terms: SetTerms, kept: np.ndarray, muddled: np.ndarray, t: int) -> np.ndarray:
    """(V,) mass of "the memory is v", type t, from the mass (N,) of each intent that says what it remembers."""
    ids = np.array(terms.touched, dtype=np.int64)
    g1, g0, h = terms.g1[:, t], terms.g0[:, t], terms.h[:, t]  # (n, S)
    top = channel.top_of_mind_t @ (kept / terms.top[:, t])
    top[ids] *= g1[:, KEPT] / h[:, KEPT]
    rest = muddled / terms.replaced[:, t]
    intruders = channel.kernel_t @ (terms.lost[:, t] * (channel.top_of_mind_t @ rest))
    intruders[ids] *= g1[:, MUDDLED] / g0[:, MUDDLED]
    for j, x in enumerate(terms.touched):
        rows, _ = channel.intents_of(x)
        intruders[x] += terms.within[j, t] * (rest[rows] * _within_chance(channel, terms, x)[:, t]).sum()
    strangers = kept[channel.unknown].sum()
    rho, g = channel.stranger_recognition[ids], channel.background[ids]
    background = channel.background * (strangers / terms.stranger[t])
    background[ids] = g * (strangers / terms.stranger[t]) * g1[:, KEPT] / (rho * g1[:, KEPT] + (1 - rho) * g0[:, KEPT])
    return top + intruders + background


def _within_chance(channel: FacetChannel, terms: SetTerms, x: int) -> np.ndarray:
    """(intents of x, T) sum_z pi_iz al_z K[z, x]: x replaces something that is true as well."""
    rows, at = channel.by_value.of(x)
    out = np.repeat(channel.intruder_within[at, None], channel.types, axis=1)
    into = channel.kernel_t[[x]].toarray().ravel()
    for z in terms.touched:
        if into[z] > 0:
            share = np.zeros(channel.facet.intents)
            share_rows, salience = channel.intents_of(z)
            share[share_rows] = salience
            out += share[rows, None] * into[z] * (terms.lost[z] - 1)
    return out


# --- entropy of what one intent's users say ------------------------------------------------------------------------


def _row_entropies(channel: FacetChannel, terms: SetTerms | None, states: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """(n,) mass times H(answer | intent) for these intents; `states` (4, n, T) their joint states."""
    pattern, kept_data = channel.may_name
    counts = pattern.indptr[rows + 1] - pattern.indptr[rows]
    starts = np.concatenate([[0], counts.cumsum()])
    take = np.arange(starts[-1]) + np.repeat(pattern.indptr[rows] - starts[:-1], counts)
    option, local = pattern.indices[take], np.repeat(np.arange(len(rows)), counts)
    kept, muddled, anything, unsaid = manner(channel, states)
    says_kept, says_muddled = kept_data[take], pattern.data[take]
    if terms is None:
        said = kept.sum(axis=1)[local] * says_kept + muddled.sum(axis=1)[local] * says_muddled
    else:
        by_type = reweighted(channel, terms, rows, local, option, says_kept, says_muddled)
        said = (kept[local] * by_type[0]).sum(axis=1) + (muddled[local] * by_type[1]).sum(axis=1)
    random = anything.sum(axis=1)
    total = states.sum(axis=(0, 2))
    inside = np.bincount(local, weights=_lift(random[local] * channel.options[option], said), minlength=len(rows))
    empty = np.flatnonzero(counts == 0)
    if len(empty):
        # Strangers name the background, reweighted where an answer has touched it.
        scale = kept[empty] / (1.0 if terms is None else terms.stranger)
        if terms is not None:
            ids = np.array(terms.touched, dtype=np.int64)
            rho, g = channel.stranger_recognition[ids][:, None], channel.background[ids]
            hb = rho * terms.g1[:, :, KEPT] + (1 - rho) * terms.g0[:, :, KEPT]
            named = g * ((scale[:, None] * terms.g1[:, :, KEPT] / hb).sum(axis=2) + random[empty, None])  # (n, touched)
            plain = g * (scale.sum(axis=1) + random[empty])[:, None]
            inside[empty] += (xlogx(named) - xlogx(plain)).sum(axis=1)
        random[empty] += scale.sum(axis=1)
    return xlogx(total) - (_background_xlogx(channel, random) + inside + xlogx(unsaid.sum(axis=1)))


def reweighted(
    channel: FacetChannel, terms: SetTerms, rows: np.ndarray, local: np.ndarray, option: np.ndarray,
    says_kept: np.ndarray, says_muddled: np.ndarray,
) -> np.ndarray:  # fmt: skip
    """(2, E, T) p(memory is the entry's option | kept, muddled; answers, intent, type).

    Args:
        rows: (n,) intents.
        local: (E,) which of these intents each entry of their `FacetChannel.may_name` is of.
        option: (E,) its option.
        says_kept, says_muddled: (E,) p(memory is the option | kept, muddled) before any answer on the facet.
    """
    v = len(channel.facet.values)
    key = local.astype(np.int64) * v + option
    kept = np.repeat(says_kept[:, None], channel.types, axis=1)
    muddled = np.repeat(says_muddled[:, None], channel.types, axis=1)
    place = np.full(channel.facet.intents, -1)
    place[rows] = np.arange(len(rows))
    held = []
    for z in terms.touched:
        who, salience = channel.intents_of(z)
        here = place[who] >= 0
        held.append((place[who][here], salience[here]))
        taken = slice(channel.kernel.indptr[z], channel.kernel.indptr[z + 1])
        columns, chance = channel.kernel.indices[taken], channel.kernel.data[taken]
        at = np.searchsorted(key, (held[-1][0].astype(np.int64)[:, None] * v + columns).ravel())
        change = (held[-1][1][:, None] * chance).ravel()[:, None] * (terms.lost[z] - 1)
        muddled[at] += change
    for j, x in enumerate(terms.touched):
        here = option == x
        true = np.zeros(len(rows), dtype=bool)
        true[held[j][0]] = True
        outside = terms.g1[j, :, MUDDLED] / terms.g0[j, :, MUDDLED]
        muddled[here] *= np.where(true[local[here], None], terms.g1[j, :, MUDDLED] / terms.h[j, :, MUDDLED], outside)
        kept[here] *= terms.g1[j, :, KEPT] / terms.h[j, :, KEPT]
    return np.stack([kept / terms.top[rows][local], np.maximum(muddled, 0.0) / terms.replaced[rows][local]])


def _rough_entropies(channel: FacetChannel, belief: np.ndarray, mass: np.ndarray, unsaid: np.ndarray) -> np.ndarray:
    """(N,) H(answer | intent), from the entropy of what is named type by type and the exact p(don't know)."""
    named = _named_entropy(channel)
    floor = np.maximum(mass, FLOOR)
    silent = np.clip(unsaid / floor, 0.0, 1.0)
    mean = over_types(belief * named) / floor
    return -xlogx(silent) - xlogx(1 - silent) + (1 - silent) * mean


@once_per_object
def _named_entropy(channel: FacetChannel) -> np.ndarray:
    """(N, T) entropy of what an untouched facet's user names when he names something."""
    n, t = channel.facet.intents, channel.types
    rows = np.arange(n)
    every = untouched_states(channel, rows)
    out = np.empty((n, t))
    for j in range(t):
        states = np.zeros((4, n, t))
        states[:, :, j] = every[:, :, j]
        whole = _row_entropies(channel, None, states, rows)
        silent = manner(channel, states)[3].sum(axis=1)
        out[:, j] = (whole + xlogx(silent) + xlogx(1 - silent)) / np.maximum(1 - silent, FLOOR)
    return out
