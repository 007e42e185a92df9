"""A shortlist of questions and what each tells about the user: for agents that weigh more than the intent.

I(answer; type) is exact for every question it is asked of.  Over the whole bank of films that would take a second a
turn, so the questions that tell most about the user are sought among open ones, all of facets of up to `FEW` questions,
and of larger facets the `MOST` values of largest belief, the `MOST` of largest prior, and what was said.  Rarer values
of one facet differ little in what they tell about who forgets and who slips.  On catalogues with no large facet that is
the whole bank; on films, in fifteen states of three dialogues (`hard`), the two best of the 48,252 were always among
these 199 to 274.
"""

from __future__ import annotations

import numpy as np

from sim.ask import certified_choice, sweep
from sim.ask.facet_gains import masses, of_questions
from sim.ask.question_information import SUMMARY, QuestionInformation
from sim.ask.ranking import NOTHING, TIE, top_among
from sim.belief.by_history import BeliefsByHistory, Node
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
    if key not in node.told:
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
        node.told[key] = ids, chosen
        node.scratch.clear()
        beliefs.keep(node)
    return node.told[key]


def candidates(beliefs: BeliefsByHistory, node: Node) -> np.ndarray:
    """Ids, ascending, of the questions among which those about the user are sought."""
    bank, asked = beliefs.bank, beliefs.asked(node)
    out = [sweep.always_refined(beliefs, node, asked)]
    for f, channel in enumerate(beliefs.channel.facets):
        mine = sweep.unasked(beliefs, f, asked)
        if len(mine) > FEW:
            if bank.kind[mine[0]] == OPEN:
                out.append(mine[:1])
                mine = mine[1:]
            values = bank.value[mine]
            large = masses(beliefs, node, f)[values], channel.mass[values]
            out += [mine[np.argsort(-np.round(mass / TIE), kind="stable")[:MOST]] for mass in large]
        else:
            out.append(mine)
    return np.unique(np.concatenate(out))


def question_information(beliefs: BeliefsByHistory, node: Node, ids: np.ndarray) -> QuestionInformation:
    """What the questions `ids` (n,) tell; about the intent unrefined, see `sim.ask.sweep`."""
    facet = beliefs.bank.facet[ids]
    out = QuestionInformation(np.zeros(len(ids)), np.zeros(len(ids)), np.zeros((len(ids), SUMMARY)))
    for f in np.unique(facet).tolist():
        mine = np.flatnonzero(facet == f)
        told = of_questions(beliefs, node, f, ids[mine], by_user=True)
        out.gain_nats[mine], out.user_nats[mine], out.answers[mine] = told.gain_nats, told.user_nats, told.answers
    return out
