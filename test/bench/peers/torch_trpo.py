"""TRPO on CartPole in plain PyTorch, in sb3-contrib's manner; the TRPO workload of docs/performance.md.

python torch_trpo.py STEPS SEED
"""

import time

started = time.time()

import sys

import gymnasium as gym
import numpy as np
import torch
from report import Report
from torch import nn
from torch.distributions import Categorical, kl_divergence
from torch.nn.utils import parameters_to_vector, vector_to_parameters

ENVS, T, CRITIC_EPOCHS, MINIBATCH = 2, 512, 20, 512
GAMMA, LAMBDA, DELTA, DAMPING = 0.99, 0.98, 0.01, 1e-3
CG_ITERATIONS, CG_TOLERANCE, TRIES, SHRINK = 15, 1e-10, 10, 0.8


def linear(inputs, outputs, gain):
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def mlp(outputs, gain):
    hidden = [linear(4, 64, 2**0.5), nn.Tanh(), linear(64, 64, 2**0.5), nn.Tanh()]
    return nn.Sequential(*hidden, linear(64, outputs, gain))


def conjugate_gradient(product, b):
    """x with product(x) = b, from a little noise."""
    x = 1e-4 * torch.randn_like(b)
    r = b - product(x)
    p, rr = r.clone(), r.dot(r)
    for _ in range(CG_ITERATIONS):
        if rr < CG_TOLERANCE:
            break
        ap = product(p)
        alpha = rr / p.dot(ap)
        x += alpha * p
        r -= alpha * ap
        before, rr = rr, r.dot(r)
        p = r + rr / before * p
    return x


def improve(policy, observations, actions, old_log_probs, advantages):
    """One natural gradient step as long as δ allows, shortened until it is inside δ and improves, or none."""
    parameters = list(policy.parameters())
    advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)

    def measure():
        distribution = Categorical(logits=policy(observations))
        ratio = (distribution.log_prob(actions) - old_log_probs).exp()
        return (ratio * advantages).mean(), kl_divergence(distribution, old).mean()

    def flat_gradient(of, **options):
        return torch.cat([g.reshape(-1) for g in torch.autograd.grad(of, parameters, **options)])

    def product(v):
        return flat_gradient(kl_gradient @ v, retain_graph=True) + DAMPING * v

    with torch.no_grad():
        old = Categorical(logits=policy(observations))
    objective, kl = measure()
    gradient = flat_gradient(objective, retain_graph=True)
    kl_gradient = flat_gradient(kl, create_graph=True)
    direction = conjugate_gradient(product, gradient)
    step = (2 * DELTA / direction.dot(product(direction))).sqrt() * direction
    with torch.no_grad():
        start = parameters_to_vector(parameters)
        for backtracks in range(TRIES):
            vector_to_parameters(start + SHRINK**backtracks * step, parameters)
            now, kl = measure()
            if kl < DELTA and now > objective:
                return
        vector_to_parameters(start, parameters)


def main(steps, seed):
    torch.set_num_threads(1)  # faster than two at this size
    torch.manual_seed(seed)
    policy, critic = mlp(2, 0.01), mlp(1, 1.0)
    optimizer = torch.optim.Adam(critic.parameters(), lr=1e-3, eps=1e-5)
    envs = [gym.make("CartPole-v1") for _ in range(ENVS)]
    observations = torch.zeros(T, ENVS, 4)
    actions, log_probs = torch.zeros(T, ENVS), torch.zeros(T, ENVS)
    rewards, dones, values = (np.zeros((T, ENVS), np.float32) for _ in range(3))
    updates = -(-steps // (ENVS * T))
    report = Report("PyTorch, sb3-contrib's manner", started)
    begun = time.time()
    now = np.stack([env.reset(seed=seed + i)[0] for i, env in enumerate(envs)])
    lengths = np.zeros(ENVS, int)

    def judge(states):
        with torch.no_grad():
            return critic(torch.as_tensor(states)).flatten().numpy()

    for _ in range(updates):
        ended = []
        for t in range(T):
            observations[t] = torch.as_tensor(now)
            with torch.no_grad():
                distribution = Categorical(logits=policy(observations[t]))
                actions[t] = action = distribution.sample()
                log_probs[t] = distribution.log_prob(action)
            values[t] = judge(now)
            lengths += 1
            for i, (env, choice) in enumerate(zip(envs, action.tolist())):
                now[i], rewards[t, i], terminated, truncated, _ = env.step(choice)
                dones[t, i] = terminated or truncated
                if truncated and not terminated:
                    rewards[t, i] += GAMMA * judge(now[i]).item()
                if terminated or truncated:
                    ended.append(lengths[i])
                    lengths[i] = 0
                    now[i], _ = env.reset()
        report.update(len(ended), float(np.mean(ended)) if ended else 0.0)

        advantages = np.zeros_like(values)
        advantage, next_value = 0.0, judge(now)
        for t in reversed(range(T)):
            delta = rewards[t] + GAMMA * next_value * (1 - dones[t]) - values[t]
            advantages[t] = advantage = delta + GAMMA * LAMBDA * (1 - dones[t]) * advantage
            next_value = values[t]
        returns = torch.as_tensor(advantages + values).flatten()

        seen = observations.flatten(0, 1)
        improve(policy, seen, actions.flatten(), log_probs.flatten(), torch.as_tensor(advantages).flatten())
        for _ in range(CRITIC_EPOCHS):
            for rows in torch.randperm(ENVS * T).split(MINIBATCH):
                loss = nn.functional.mse_loss(critic(seen[rows]).flatten(), returns[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()

    total = updates * ENVS * T
    report.print(total, time.time() - begun, total)


main(int(sys.argv[1]), int(sys.argv[2]))
