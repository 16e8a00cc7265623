"""Stable-Baselines3's own PPO on CartPole; the workload of docs/performance.md.

python sb3_ppo.py STEPS SEED
"""

import time

started = time.time()

import sys

import torch
from report import Report
from sb3_episodes import Episodes
from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env


def main(steps, seed):
    torch.set_num_threads(1)  # faster than two at this size
    report = Report("Stable-Baselines3", started)
    model = PPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", n_envs=4, seed=seed),
        n_steps=128,
        batch_size=128,
        n_epochs=4,
        # SB3 rounds the steps up to whole rollouts: the last one would have a rate below 0.
        learning_rate=lambda remaining: 2.5e-4 * max(remaining, 0.0),
        ent_coef=0.01,
        # SB3's value loss has no ½ and its clipping no maximum.
        vf_coef=0.25,
        clip_range_vf=0.2,
        seed=seed,
        device="cpu",
    )
    begun = time.time()
    model.learn(steps, callback=Episodes(report))
    report.print(model.num_timesteps, time.time() - begun, model.num_timesteps)


main(int(sys.argv[1]), int(sys.argv[2]))
