"""What reinforcement learning gets out of these environments, in one command each.

    python -m bench.rl curves       learning curves on toy, animals, movies-1k, 3 seeds -> docs/figures/rl_curves.png
    python -m bench.rl transfer     the reference policy on films that it never saw, beside greedy with a tuned stop
    python -m bench.rl myopia       a catalogue where the best first question tells nothing about the intent
    python -m bench.rl room         how much is to be won at all: dynamic programming beside greedy on a small catalogue
    python -m bench.rl throughput   turns a second, of environments and of PPO

Every figure in docs/rl.md is printed by one of these.  One thread; curves and transfer take some ten minutes each.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass, replace
from pathlib import Path

import gymnasium
import numpy as np

import envs  # noqa: F401  registers the ids
from agents.base import BeliefAgent, Setting
from agents.episodes import play
from agents.policy.config import TrainPolicy
from agents.policy.serve import exact_posterior, policy
from agents.registry import make_agent
from agents.stopping import should_guess
from envs.beliefs import BeliefVectorEnv
from envs.rewards import Shaping
from envs.rules import Dialogues, Rules
from sim.batched import BatchedPosterior
from sim.catalogue import Catalogue, make_facet
from sim.loading import load
from sim.posterior import ChannelPosterior, Posterior
from sim.questions import question_bank
from sim.rates import CLEAN, PRESETS, Rates

ROOT = Path(__file__).resolve().parents[1]
TEST_SEED, TUNE_SEED = 20_261, 777
CURVES = {"toy": (14_000, 400, 300), "animals": (14_000, 400, 150), "movies-1k": (8_000, 100, 100)}
"""Catalogue to turns, largest bank, users for the lines."""


def interval(x: np.ndarray) -> str:
    """Mean and the half width of a 95 % interval."""
    return f"{x.mean():+.4f} +- {1.96 * x.std(ddof=1) / len(x) ** 0.5:.4f}"


class Greedy(BeliefAgent):
    """Greedy EIG that guesses above a belief instead of by the shared rule, where `threshold` is given."""

    def __init__(self, setting: Setting, threshold: float | None = None) -> None:
        super().__init__(setting, exact_posterior(setting))
        self.threshold = threshold

    def act(self, rows: np.ndarray, left: np.ndarray) -> np.ndarray:
        if self.threshold is None:
            return super().act(rows, left)
        belief = self.belief(rows)
        question = self.posterior.take(rows).choose(1)[0][:, 0]
        asks = (belief.max(axis=1) < self.threshold) & (left > 0) & (question >= 0)
        return np.where(asks, question, len(self.bank) + belief.argmax(axis=1))

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        ids, gain = self.posterior.take(rows).choose(1)
        return ids[:, 0], gain[:, 0]


def make(catalogue: str, noise: str, cap: int | None, checkpoint: str = "") -> Setting:
    bank = question_bank(load(catalogue), "mixed", cap)
    return Setting(bank=bank, rates=PRESETS[noise], rules=Rules(), checkpoint=checkpoint)


def rewards(agent, setting: Setting, seed: int, count: int, batch: int = 100):
    """Rewards, and the same with each guess at its expectation under the exact belief, (count,) each; questions."""
    out = [[], [], []]
    for first in range(0, count, batch):
        played = play(agent, setting, seed, np.arange(first, min(first + batch, count)))
        rules = setting.rules
        expected = rules.reward_wrong + (rules.reward_right - rules.reward_wrong) * played.p_guess
        known = np.where(played.guess >= 0, expected - rules.question_cost * played.questions, played.reward)
        for k, x in enumerate((played.reward, known, played.questions)):
            out[k].append(x)
    return tuple(np.concatenate(x) for x in out)


# --- learning curves ----------------------------------------------------------------------------------------------


def curves(args) -> None:
    """From nothing, sparse rewards: the mean reward of the policy as it trains, exploring."""
    from agents.policy.train import train

    found: dict[str, dict] = {}
    for name in args.only or CURVES:
        turns, cap, users = CURVES[name]
        setting = make(name, "typical", cap)
        agents = {"uniform": make_agent("uniform", setting), "exact": Greedy(setting)}
        lines = {who: float(rewards(agent, setting, TEST_SEED, users)[0].mean()) for who, agent in agents.items()}
        print(f"{name}: uniform {lines['uniform']:.3f}, exact {lines['exact']:.3f} ({users} users)", flush=True)
        runs = []
        for seed in range(3):
            with tempfile.TemporaryDirectory() as out:
                config = TrainPolicy(
                    catalogues=(name,), max_questions=cap, steps=turns, n_steps=16, batch_size=256, learning_rate=2e-3,
                    expected=True, seed=seed, out=out,
                )  # fmt: skip
                begun = time.perf_counter()
                train(config, lambda line: None)
                rows = [json.loads(line) for line in (Path(out) / "curve.jsonl").read_text().splitlines()]
            runs.append([r for r in rows if r["reward"] is not None])
            last = np.mean([r["reward"] for r in runs[-1][-4:]])
            print(f"  seed {seed}: {last:.3f} at the end, {time.perf_counter() - begun:.0f} s", flush=True)
        found[name] = {"lines": lines, "runs": runs}
        args.figure.parent.mkdir(parents=True, exist_ok=True)
        args.figure.with_suffix(".json").write_text(json.dumps(found))
    draw(found, args.figure)


def draw(found: dict, path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    figure, grid = plt.subplots(2, len(found), figsize=(4.2 * len(found), 6.4), squeeze=False, sharey="col")
    for column, (name, data) in enumerate(found.items()):
        for row, axis in enumerate(("steps", "seconds")):
            place = grid[row][column]
            length = min(len(run) for run in data["runs"])
            x = np.mean([[r[axis] for r in run[:length]] for run in data["runs"]], axis=0)
            y = np.array([[r["reward"] for r in run[:length]] for run in data["runs"]])
            half = 4.30 * y.std(axis=0, ddof=1) / len(y) ** 0.5  # Student's t with two degrees of freedom
            place.fill_between(x, y.mean(axis=0) - half, y.mean(axis=0) + half, alpha=0.2, color="tab:blue", lw=0)
            place.plot(x, y.mean(axis=0), color="tab:blue", label="PPO, 3 seeds")
            for who, style in (("exact", "-"), ("uniform", ":")):
                place.axhline(data["lines"][who], color="k", ls=style, lw=1, label=who)
            place.xaxis.set_major_locator(plt.MaxNLocator(4))
            place.set_xlabel("turns" if axis == "steps" else "seconds, one thread of a shared machine")
            place.set_ylim(min(-0.6, y.min() - 0.05), 1)
            if row == 0:
                place.set_title(name)
        grid[0][0].set_ylabel("reward of a dialogue")
        grid[1][0].set_ylabel("reward of a dialogue")
    grid[0][0].legend(loc="lower right", frameon=False)
    figure.tight_layout()
    figure.savefig(path, dpi=110)
    print(path)


# --- transfer -----------------------------------------------------------------------------------------------------


def stops(setting: Setting, seed: int, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Greedy questions to the end of the budget: (turns + 1, B) largest belief, and where the shared rule guesses."""
    posterior = exact_posterior(setting)
    posterior.reset(count)
    dialogues = Dialogues(setting.population, setting.rules, count)
    dialogues.reset(np.arange(count), np.full(count, seed, dtype=np.uint64), np.arange(count))
    certain, rule = [], []
    for turn in range(setting.rules.budget + 1):
        belief = posterior.belief()
        ids, gain = posterior.choose(1)
        left = np.full(count, setting.rules.budget - turn)
        certain.append(belief.max(axis=1))
        rule.append(should_guess(belief, gain[:, 0], left, setting.rules) | (ids[:, 0] < 0) | (left == 0))
        if turn < setting.rules.budget:
            question = np.maximum(ids[:, 0], 0)
            dialogues.step(question)
            answer = dialogues.answers[:, turn].astype(np.int64)
            posterior.update(np.where(answer >= 0, ids[:, 0], -1), np.maximum(answer, 0))
    return np.array(certain), np.array(rule)


def tuned_threshold(setting: Setting, count: int) -> float | None:
    """The guessing threshold (None: the shared rule) that pays best on other users; guesses at their expectation."""
    certain, rule = stops(setting, TUNE_SEED, count)
    rules, every = setting.rules, np.arange(count)
    best: tuple[float, float | None] = (-np.inf, None)
    for threshold in (None, *np.round(np.arange(0.1, 0.96, 0.05), 2).tolist()):
        stop = rule if threshold is None else certain >= threshold
        stop[-1] = True
        at = stop.argmax(axis=0)
        value = rules.reward_wrong + (rules.reward_right - rules.reward_wrong) * certain[at, every]
        mean = float((value - rules.question_cost * at).mean())
        print(f"  {'shared rule' if threshold is None else f'belief {threshold:.2f}':12} {mean:.4f}")
        best = max(best, (mean, threshold), key=lambda pair: pair[0])
    return best[1]


def transfer(args) -> None:
    """Same users, same posterior, same bank; the policy has never seen a film."""
    setting = make(args.catalogue, "hard", args.cap, args.checkpoint)
    print(f"{args.catalogue}, hard, the {len(setting.bank)} most informative questions of {setting.bank.full_size}")
    print(f"threshold for greedy, {args.tune} other users:")
    threshold = tuned_threshold(setting, args.tune)
    found = {}
    agents = {"greedy": lambda: Greedy(setting, threshold), "policy": lambda: policy(setting)}
    if args.rule and threshold is not None:
        agents["shared rule"] = lambda: Greedy(setting)
    for who, make_one in agents.items():
        agent = make_one()
        begun = time.perf_counter()
        found[who] = rewards(agent, setting, args.seed, args.users)
        paid, known, questions = found[who]
        print(f"{who:11} reward {interval(paid)}  (guesses at their expectation {interval(known)})  "
              f"questions {questions.mean():.2f}  {time.perf_counter() - begun:.0f} s", flush=True)  # fmt: skip
    for who in found:
        if who != "policy":
            print(f"policy - {who}, paired, {args.users} users: reward {interval(found['policy'][0] - found[who][0])}, "
                  f"expected {interval(found['policy'][1] - found[who][1])}")  # fmt: skip


# --- myopia -------------------------------------------------------------------------------------------------------


def liars() -> tuple[Catalogue, Rates]:
    """16 intents told apart by four flags; half of the users answer every question with its opposite.

    The calibration facet is true of whatever anybody wants (a phantom of prior 1e-9 keeps the question in the bank):
    it tells nothing about the intent and everything about the user.
    """
    bits = (np.arange(17)[:, None] >> np.arange(4)) & 1
    bits[16] = 0
    facets = [make_facet(f"bit {b}", "flag", bits[:, b].astype(float)) for b in range(4)]
    facets.append(make_facet("calibration", "flag", np.append(np.ones(16), 0.0)))
    prior = np.append(np.full(16, (1 - 1e-9) / 16), 1e-9)
    catalogue = Catalogue(name="liars", intents=tuple(map(str, range(17))), prior=prior, facets=tuple(facets))
    rates = replace(CLEAN, name="liars", types=("honest", "liar"), shares=(0.5, 0.5), scales=(1e-9, 1.0), slip=1.0)
    return catalogue, rates


class TwoSteps(BeliefAgent):
    """The question after which the best next one is expected to leave least open; all of the bank is tried."""

    def choose(self, rows: np.ndarray, belief: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        out = [self._best(int(row)) for row in rows]
        return np.array([q for q, _ in out]), np.array([g for _, g in out])

    def _best(self, row: int) -> tuple[int, float]:
        here: Posterior = self.posterior.take(np.array([row]))
        gains = here.eig_nats()[0]
        total = np.zeros(len(gains))
        for q in range(len(gains)):
            chances = here.predict(np.array([q]))[0]
            after = here.take(np.zeros(len(chances), dtype=np.int64))
            after.update(np.full(len(chances), q), np.arange(len(chances)))
            total[q] = gains[q] + chances @ after.choose(1)[1][:, 0]
        best = int(total.argmax())
        return (best, total[best] / 2) if total[best] > 1e-6 else (-1, 0.0)


def myopia(args) -> None:
    from agents.policy.train import train

    catalogue, rates = liars()
    setting = Setting(bank=question_bank(catalogue), rates=rates, rules=Rules(budget=6))
    calibration = int(np.flatnonzero(setting.bank.facet == 4)[0])
    with tempfile.TemporaryDirectory() as out:
        config = TrainPolicy(
            catalogues=("liars",), steps=args.steps, n_steps=32, batch_size=256, budget=6, learning_rate=2e-3,
            entropy=0.02, expected=True, seed=0, out=out,
        )  # fmt: skip
        train(config, lambda line: None, [part_of(setting, 64, config)])
        trained = replace(setting, checkpoint=out)
        agents = {
            "greedy EIG": Greedy(setting),
            "two steps": TwoSteps(setting, exact_posterior(setting)),
            "policy": policy(trained),
        }
        print(f"16 intents, half liars, budget 6, {args.users} users; policy: {args.steps:,} turns of PPO")
        for who, agent in agents.items():
            paid, asked = [], []
            for first in range(0, args.users, 100):
                played = play(agent, setting, TEST_SEED, np.arange(first, first + 100))
                paid.append(played.reward)
                asked.append((played.dialogues.questions == calibration).any(axis=1))
            share = 100 * np.concatenate(asked).mean()
            print(f"{who:11} reward {interval(np.concatenate(paid))}  asks the calibration question {share:.1f} %")


def part_of(setting: Setting, count: int, config: TrainPolicy) -> BeliefVectorEnv:
    """The vector environment of a setting that has no name."""
    env = gymnasium.make_vec(
        "clarigym/Clarify-v0", num_envs=count, catalogue=setting.catalogue, noise=setting.rates,
        budget=setting.rules.budget, copy=False, autoreset_mode="SameStep",
    )  # fmt: skip
    posterior = BatchedPosterior(setting.channel, setting.bank)
    return BeliefVectorEnv(env, posterior, shortlist=config.shortlist, shaping=Shaping(expected=config.expected))


# --- room to win --------------------------------------------------------------------------------------------------


@dataclass
class Programme:
    """Values of histories by dynamic programming: the optimal one's, and greedy's with the shared stop rule."""

    rules: Rules
    greedy: bool
    nodes: dict

    def value(self, posterior: ChannelPosterior, left: int) -> float:
        key = (tuple(sorted(posterior.history(0).items())), left)
        if key in self.nodes:
            return self.nodes[key]
        belief = posterior.belief()
        guess = self.rules.reward_wrong + (self.rules.reward_right - self.rules.reward_wrong) * float(belief.max())
        ids, gain = posterior.choose(len(posterior.bank))
        ids = ids[0][ids[0] >= 0]
        if self.greedy:
            stop = not left or not len(ids) or should_guess(belief, gain[:, 0], np.array([left]), self.rules)[0]
            ids = ids[:0] if stop else ids[:1]
        best = -np.inf if self.greedy and len(ids) else guess
        for q in ids.tolist() if left else ():
            value = -self.rules.question_cost
            for a, chance in enumerate(posterior.predict(np.array([q]))[0].tolist()):
                if chance > 1e-12:
                    after = posterior.copy()
                    after.update(np.array([q]), np.array([a]))
                    value += chance * self.value(after, left - 1)
            best = max(best, value)
        self.nodes[key] = best
        return best


def room(args) -> None:
    """Exact values, no sampling."""
    for noise, cost in (("typical", 0.02), ("hard", 0.02), ("hard", 0.1)):
        bank = question_bank(load("toy"), "mixed", args.cap)
        setting = Setting(bank=bank, rates=PRESETS[noise], rules=Rules(budget=args.budget, question_cost=cost))
        posterior = setting.posterior()
        best, greedy = (Programme(setting.rules, g, {}).value(posterior, args.budget) for g in (False, True))
        print(f"toy, {noise}, {len(bank)} questions, budget {args.budget}, {cost} a question: optimal {best:.4f}, "
              f"greedy {greedy:.4f}, to be won {best - greedy:.4f}", flush=True)  # fmt: skip


# --- throughput ---------------------------------------------------------------------------------------------------


def throughput(args) -> None:
    print(f"{'animals, typical':18}{'dialogues':>10}{'BeliefEnv':>12}{'raw':>12}   turns a second")
    for count in (1, 64, 1024):
        raw = gymnasium.make_vec("clarigym/Animals-v0", num_envs=count)
        wrapped = gymnasium.make_vec("clarigym/Animals-v0", num_envs=count)
        population = wrapped.unwrapped.world.population
        belief = BeliefVectorEnv(wrapped, BatchedPosterior(population.channel, population.bank))
        speeds = []
        for env in (belief, raw):
            env.reset(seed=0)
            rng = np.random.default_rng(0)
            total = int(env.single_action_space.n)
            # Questions mostly, as a learner's: of the shortlist the first few, of the bank any.
            high = 4 if env is belief else len(population.bank)

            def actions(env=env, rng=rng, total=total, high=high, count=count):
                return np.where(rng.random(count) < 0.1, total - 1, rng.integers(high, size=count))

            for _ in range(10):
                env.step(actions())
            steps, begun = 0, time.perf_counter()
            while time.perf_counter() - begun < args.seconds:
                env.step(actions())
                steps += 1
            speeds.append(steps * count / (time.perf_counter() - begun))
        print(f"{'':18}{count:10,}{speeds[0]:12,.0f}{speeds[1]:12,.0f}", flush=True)
    ppo(args)


def ppo(args) -> None:
    """PPO of SB3 on CartPole with its own defaults, and ours on animals."""
    from sb3_contrib import MaskablePPO
    from stable_baselines3 import PPO
    from stable_baselines3.common.env_util import make_vec_env

    from agents.policy.network import ShortlistPolicy
    from agents.policy.train import make_parts
    from agents.policy.vecenv import BeliefVecEnv

    config = TrainPolicy(catalogues=("animals",), num_envs=64)
    ours = MaskablePPO(
        ShortlistPolicy, BeliefVecEnv(make_parts(config), 0), n_steps=32, batch_size=512, gamma=1.0, device="cpu"
    )
    theirs = PPO("MlpPolicy", make_vec_env("CartPole-v1", n_envs=64), n_steps=32, batch_size=512, device="cpu")
    for name, model in (("CartPole, PPO", theirs), ("animals, MaskablePPO", ours)):
        model.learn(2048)
        begun = time.perf_counter()
        model.learn(8192)
        print(f"{name:22} {model.num_timesteps / (time.perf_counter() - begun):10,.0f} turns a second, 64 dialogues")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("curves", "transfer", "myopia", "room", "throughput"))
    parser.add_argument("--only", nargs="+", choices=tuple(CURVES), help="curves: these catalogues")
    parser.add_argument("--figure", type=Path, default=ROOT / "docs" / "figures" / "rl_curves.png")
    parser.add_argument("--catalogue", default="movies-1k", help="transfer: films")
    parser.add_argument("--cap", type=int, help="transfer, room: largest bank (200; room 4)")
    parser.add_argument("--checkpoint", default="", help="transfer: another policy")
    parser.add_argument("--rule", action="store_true", help="transfer: greedy with the shared rule as well")
    parser.add_argument("--users", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=TEST_SEED, help="transfer: which users")
    parser.add_argument("--tune", type=int, default=300, help="transfer: users to tune greedy's threshold on")
    parser.add_argument("--steps", type=int, default=30_000, help="myopia: turns of PPO")
    parser.add_argument("--budget", type=int, default=3, help="room: questions")
    parser.add_argument("--seconds", type=float, default=3.0, help="throughput: each")
    args = parser.parse_args()
    if args.cap is None:
        args.cap = 4 if args.what == "room" else 200
    warnings.filterwarnings("ignore", module="stable_baselines3")
    try:
        import torch

        torch.set_num_threads(1)
    except ImportError:
        sys.exit("bench.rl needs the extra rl: pip install -e '.[rl,plots]'")
    globals()[args.what](args)


if __name__ == "__main__":
    main()
