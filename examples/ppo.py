"""PPO in one file, plain torch, on `gymnasium.make_vec`: what to ask, when to guess.

    python -m examples.ppo --env clarigym/Toy-v1 --steps 30000

Everything that matters is in `main`, top to bottom: a vector environment of ours, wrapped so that it shows a belief's
features and a shortlist of questions; rollouts; advantages; the clipped objective.  Illegal actions are masked in the
logits.  Same-step autoreset, so a row's next observation already belongs to its next dialogue, and values never leak
across the end.  Nothing of clarigym but the environment and the posterior is used.
"""

from __future__ import annotations

import argparse
import time

import gymnasium
import numpy as np
import torch
from torch import nn
from torch.distributions import Categorical

from envs import BeliefVectorEnv  # registers the ids (run from the repository's folder, or with clarigym installed)
from sim import BatchedPosterior


def parse(arguments: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--env", default="clarigym/Toy-v1")
    parser.add_argument("--noise", default="people")
    parser.add_argument("--steps", type=int, default=30_000, help="turns to learn from")
    parser.add_argument("--num-envs", type=int, default=64)
    parser.add_argument("--rollout", type=int, default=32, help="turns of each dialogue between updates")
    parser.add_argument("--minibatch", type=int, default=512)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--learning-rate", type=float, default=2e-3)
    parser.add_argument("--gae", type=float, default=0.95)
    parser.add_argument("--clip", type=float, default=0.2)
    parser.add_argument("--entropy", type=float, default=0.01)
    parser.add_argument("--value", type=float, default=0.5)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args(arguments)


class Net(nn.Module):
    def __init__(self, width: int, actions: int, hidden: int = 128) -> None:
        super().__init__()

        def mlp(out: int) -> nn.Sequential:
            return nn.Sequential(
                nn.Linear(width, hidden), nn.Tanh(), nn.Linear(hidden, hidden), nn.Tanh(), nn.Linear(hidden, out)
            )

        self.policy, self.value = mlp(actions), mlp(1)
        nn.init.zeros_(self.policy[-1].weight)  # every legal action is as likely as any other, to begin with

    def choice(self, observation: torch.Tensor, mask: torch.Tensor) -> Categorical:
        return Categorical(logits=self.policy(observation).masked_fill(~mask, -1e9))


def main(arguments: list[str] | None = None) -> list[float]:
    """Train; returns the mean reward of the dialogues that ended in each rollout."""
    args = parse(arguments)
    torch.manual_seed(args.seed)
    torch.set_num_threads(1)
    env = gymnasium.make_vec(args.env, num_envs=args.num_envs, noise=args.noise, autoreset_mode="SameStep", copy=False)
    population = env.unwrapped.world.population
    env = BeliefVectorEnv(env, BatchedPosterior(population.channel, population.bank))
    width, actions = env.single_observation_space.shape[0], int(env.single_action_space.n)
    net = Net(width, actions)
    optimizer = torch.optim.Adam(net.parameters(), lr=args.learning_rate, eps=1e-5)
    t, b = args.rollout, args.num_envs
    updates = max(1, args.steps // (t * b))
    curve, begun = [], time.perf_counter()
    observation, _ = env.reset(seed=args.seed)
    running = np.zeros(b)
    for update in range(updates):
        optimizer.param_groups[0]["lr"] = args.learning_rate * (1 - update / updates)
        seen = torch.zeros(t, b, width)
        masks = torch.zeros(t, b, actions, dtype=torch.bool)
        taken = torch.zeros(t, b, dtype=torch.int64)
        log_p, values, rewards, ends = (torch.zeros(t, b) for _ in range(4))
        finished = []
        for step in range(t):
            seen[step] = torch.as_tensor(observation)
            masks[step] = torch.as_tensor(env.action_masks())
            with torch.no_grad():
                choice = net.choice(seen[step], masks[step])
                taken[step] = choice.sample()
                log_p[step] = choice.log_prob(taken[step])
                values[step] = net.value(seen[step])[:, 0]
            observation, reward, ended, _, _ = env.step(taken[step].numpy())
            rewards[step], ends[step] = torch.as_tensor(reward, dtype=torch.float32), torch.as_tensor(ended)
            running += reward
            finished += running[ended].tolist()
            running[ended] = 0.0
        with torch.no_grad():
            after = net.value(torch.as_tensor(observation))[:, 0]
        advantages, carried = torch.zeros(t, b), torch.zeros(b)
        for step in reversed(range(t)):
            on = 1 - ends[step]
            carried = rewards[step] + on * after - values[step] + args.gae * on * carried
            advantages[step], after = carried, values[step]
        targets = advantages + values
        flat = [x.flatten(0, 1) for x in (seen, masks, taken, log_p, advantages, targets)]
        for _ in range(args.epochs):
            for rows in torch.randperm(t * b).split(args.minibatch):
                x, mask, action, old, advantage, target = (part[rows] for part in flat)
                choice = net.choice(x, mask)
                ratio = (choice.log_prob(action) - old).exp()
                advantage = (advantage - advantage.mean()) / (advantage.std() + 1e-8)
                gain = torch.min(ratio * advantage, ratio.clamp(1 - args.clip, 1 + args.clip) * advantage).mean()
                error = (net.value(x)[:, 0] - target).square().mean()
                loss = args.value * error - gain - args.entropy * choice.entropy().mean()
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(net.parameters(), 0.5)
                optimizer.step()
        curve.append(float(np.mean(finished)) if finished else float("nan"))
        turns = (update + 1) * t * b
        speed = turns / (time.perf_counter() - begun)
        print(f"{turns:9,} turns  reward {curve[-1]:6.3f}  {speed:7,.0f} a second", flush=True)
    return curve


if __name__ == "__main__":
    main()
