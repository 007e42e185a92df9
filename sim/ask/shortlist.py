"""A shortlist of questions and what each tells about the user: for agents that weigh more than the intent.

I(answer; type) is exact for every question it is asked of: beliefs that hold one type at a time go through the same
sums as the EIG does.  Over the whole bank of films that would take a second a turn, so the questions that tell most
about the user are sought among open ones, all of facets of up to `FEW` questions, and of larger facets the `MOST`
values of largest belief, the `MOST` of largest prior, and what was said.  Rarer values of one facet differ little in
what they tell about who forgets and who slips.  On catalogues with no large facet that is the whole bank; on films, in
fifteen states of three dialogues (`hard`), the two best of the 48,252 were always among these 199 to 274.
"""

from __future__ import annotations

import numpy as np

from sim.ask import certified_choice, sweep
from sim.ask.gain_open import open_prediction
from sim.ask.gain_yesno import value_masses
from sim.ask.question_information import SUMMARY, QuestionInformation, open_summary
from sim.ask.ranking import NOTHING, TIE, top_among
from sim.belief.by_history import BeliefsByHistory, Node
from sim.numeric.entropy import mutual_information
from sim.questions import OPEN

FEW = 64
"""Questions of a facet up to which all of them are candidates."""
MOST = 24
"""Values of a larger facet that are candidates for their belief, and as many for their prior."""


def shortlist(
    beliefs: BeliefsByHistory, node: Node, by_gain: int, by_user: int
) -> tuple[np.ndarray, QuestionInformation]:
    """The `by_gain` questions of highest EIG and the `by_user` others that tell most about the user, best first.

    Returns:
        Ids (by_gain + by_user,), NOTHING where there are fewer, and what they tell.
    """
    key = (by_gain, by_user)
    if key not in node.shortlists:
        first, gain = certified_choice.choose(beliefs, node, by_gain)
        some = np.setdiff1d(candidates(beliefs, node), first) if by_user else np.empty(0, np.int64)
        kept = first >= 0
        asked = np.concatenate([first[kept], some])
        about = question_information(beliefs, node, asked)
        second, _ = top_among(some, about.user_nats[kept.sum() :], by_user)
        ids = np.concatenate([first, second])
        place = {question: at for at, question in enumerate(asked.tolist())}
        chosen = about.at(np.array([place.get(question, NOTHING) for question in ids.tolist()], dtype=np.int64))
        chosen.gain_nats[:by_gain] = gain  # refined
        node.shortlists[key] = ids, chosen
        node.scratch.clear()
        beliefs.keep(node)
    return node.shortlists[key]


def candidates(beliefs: BeliefsByHistory, node: Node) -> np.ndarray:
    """Ids, ascending, of the questions among which those about the user are sought."""
    bank, asked = beliefs.bank, beliefs.asked(node)
    out = [sweep.always_refined(beliefs, node, asked)]
    for f, channel in enumerate(beliefs.asking(node)):
        mine = sweep.unasked(beliefs, f, asked)
        if len(mine) > FEW:
            if bank.kind[mine[0]] == OPEN:
                out.append(mine[:1])
                mine = mine[1:]
            values = bank.value[mine]
            masses = value_masses(channel, node.belief)[values], channel.mass[values]
            out += [mine[np.argsort(-np.round(mass / TIE), kind="stable")[:MOST]] for mass in masses]
        else:
            out.append(mine)
    return np.unique(np.concatenate(out))


def question_information(beliefs: BeliefsByHistory, node: Node, ids: np.ndarray) -> QuestionInformation:
    """What the questions `ids` (n,) tell; about the intent unrefined, see `sim.ask.sweep`."""
    bank = beliefs.bank
    gain, user, answers = np.zeros(len(ids)), np.zeros(len(ids)), np.zeros((len(ids), SUMMARY))
    alone = []
    for t in range(node.joint.shape[1]):
        joint = np.zeros_like(node.joint)
        joint[:, t] = node.joint[:, t]
        alone.append(Node(node.history, joint))
    for f in np.unique(bank.facet[ids]).tolist():
        mine = np.flatnonzero(bank.facet[ids] == f)
        for j in mine[bank.kind[ids[mine]] == OPEN]:
            now = beliefs.current(node, f)
            by_type = np.stack([open_prediction(beliefs.asking(node)[f], now, n.joint) for n in alone], axis=1)
            p = by_type.sum(axis=1)
            gain[j], user[j] = sweep.open_gain(beliefs, node, f), mutual_information(by_type)
            answers[j] = open_summary(p)
        closed = mine[bank.kind[ids[mine]] != OPEN]
        if len(closed):
            # (T, C, A, Y) joint of type, answer and class.
            joint = np.stack([sweep.yesno_joint(beliefs, n, f, ids[closed]) for n in alone])
            gain[closed] = mutual_information(joint.sum(axis=0))
            user[closed] = mutual_information(joint.sum(axis=3).transpose(1, 2, 0))
            answers[closed] = joint.sum(axis=(0, 3))
    return QuestionInformation(gain, user, answers)
