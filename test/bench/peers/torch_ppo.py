"""PPO on CartPole in plain PyTorch, in CleanRL's manner; the workload of docs/performance.md.

python torch_ppo.py STEPS SEED
"""

import time

started = time.time()

import sys

import gymnasium as gym
import numpy as np
import torch
from report import Report
from torch import nn
from torch.distributions import Categorical

ENVS, T, EPOCHS, MINIBATCH = 4, 128, 4, 128
GAMMA, LAMBDA, CLIP, ENTROPY, VALUE = 0.99, 0.95, 0.2, 0.01, 0.5


def linear(inputs, outputs, gain):
    layer = nn.Linear(inputs, outputs)
    nn.init.orthogonal_(layer.weight, gain)
    nn.init.zeros_(layer.bias)
    return layer


def mlp(outputs, gain):
    hidden = [linear(4, 64, 2**0.5), nn.Tanh(), linear(64, 64, 2**0.5), nn.Tanh()]
    return nn.Sequential(*hidden, linear(64, outputs, gain))


def main(steps, seed):
    torch.set_num_threads(1)  # faster than two at this size
    torch.manual_seed(seed)
    np.random.seed(seed)
    policy, critic = mlp(2, 0.01), mlp(1, 1.0)
    parameters = [*policy.parameters(), *critic.parameters()]
    optimizer = torch.optim.Adam(parameters, lr=2.5e-4, eps=1e-5)
    same_step = gym.vector.AutoresetMode.SAME_STEP
    envs = gym.vector.SyncVectorEnv([lambda: gym.make("CartPole-v1")] * ENVS, autoreset_mode=same_step)
    observations = torch.zeros(T, ENVS, 4)
    actions, log_probs, rewards, dones, values = (torch.zeros(T, ENVS) for _ in range(5))
    updates = -(-steps // (ENVS * T))
    report = Report("PyTorch, CleanRL's manner", started)
    begun = time.time()
    now, _ = envs.reset(seed=seed)
    lengths = np.zeros(ENVS, int)

    for update in range(updates):
        optimizer.param_groups[0]["lr"] = 2.5e-4 * (1 - update / updates)
        ended = []
        for t in range(T):
            observations[t] = torch.as_tensor(now)
            with torch.no_grad():
                distribution = Categorical(logits=policy(observations[t]))
                action = distribution.sample()
                values[t] = critic(observations[t]).flatten()
                log_probs[t] = distribution.log_prob(action)
            actions[t] = action
            now, reward, terminated, truncated, _ = envs.step(action.numpy())
            done = terminated | truncated
            rewards[t] = torch.as_tensor(reward)
            dones[t] = torch.as_tensor(done)
            lengths += 1
            ended.extend(lengths[done])
            lengths[done] = 0
        report.update(len(ended), float(np.mean(ended)) if ended else 0.0)

        with torch.no_grad():
            advantages = torch.zeros(T, ENVS)
            advantage, next_value = torch.zeros(ENVS), critic(torch.as_tensor(now)).flatten()
            for t in reversed(range(T)):
                delta = rewards[t] + GAMMA * next_value * (1 - dones[t]) - values[t]
                advantage = delta + GAMMA * LAMBDA * (1 - dones[t]) * advantage
                advantages[t], next_value = advantage, values[t]
            returns = (advantages + values).flatten()

        seen = observations.flatten(0, 1)
        for _ in range(EPOCHS):
            for rows in torch.randperm(ENVS * T).split(MINIBATCH):
                distribution = Categorical(logits=policy(seen[rows]))
                ratio = (distribution.log_prob(actions.flatten()[rows]) - log_probs.flatten()[rows]).exp()
                a = advantages.flatten()[rows]
                a = (a - a.mean()) / (a.std() + 1e-8)
                policy_loss = -torch.min(ratio * a, ratio.clamp(1 - CLIP, 1 + CLIP) * a).mean()
                old = values.flatten()[rows]
                v = critic(seen[rows]).flatten()
                clipped = old + (v - old).clamp(-CLIP, CLIP)
                value_loss = 0.5 * torch.max((v - returns[rows]) ** 2, (clipped - returns[rows]) ** 2).mean()
                loss = policy_loss - ENTROPY * distribution.entropy().mean() + VALUE * value_loss
                optimizer.zero_grad()
                loss.backward()
                nn.utils.clip_grad_norm_(parameters, 0.5)
                optimizer.step()

    total = updates * ENVS * T
    report.print(total, time.time() - begun, total)


main(int(sys.argv[1]), int(sys.argv[2]))
