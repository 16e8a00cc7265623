"""sb3-contrib's own TRPO on CartPole; the TRPO workload of docs/performance.md.

python sb3_trpo.py STEPS SEED
"""

import time

started = time.time()

import sys

import torch
from report import Report
from sb3_contrib import TRPO
from sb3_episodes import Episodes
from stable_baselines3.common.env_util import make_vec_env


def main(steps, seed):
    torch.set_num_threads(1)  # faster than two at this size
    report = Report("sb3-contrib", started)
    model = TRPO(
        "MlpPolicy",
        make_vec_env("CartPole-v1", n_envs=2, seed=seed),
        learning_rate=1e-3,
        n_steps=512,
        batch_size=512,
        gamma=0.99,
        gae_lambda=0.98,
        cg_max_steps=15,
        cg_damping=1e-3,
        line_search_shrinking_factor=0.8,
        line_search_max_iter=10,
        n_critic_updates=20,
        target_kl=0.01,
        seed=seed,
        device="cpu",
    )
    begun = time.time()
    model.learn(steps, callback=Episodes(report))
    report.print(model.num_timesteps, time.time() - begun, model.num_timesteps)


main(int(sys.argv[1]), int(sys.argv[2]))
