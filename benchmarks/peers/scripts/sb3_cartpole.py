"""Stable-Baselines3's PPO on CartPole-v1: python sb3_cartpole.py SEED prints the mean return of 100 games.

The example of its documentation: https://stable-baselines3.readthedocs.io/en/master/modules/ppo.html
"""

import json
import sys

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy

MOVES = 25_000

if __name__ == "__main__":
    seed = int(sys.argv[1])
    model = PPO("MlpPolicy", make_vec_env("CartPole-v1", n_envs=4, seed=seed), seed=seed, device="cpu")
    model.learn(total_timesteps=MOVES)
    mean, _ = evaluate_policy(model, make_vec_env("CartPole-v1", n_envs=10, seed=seed + 1_000), n_eval_episodes=100)
    print(json.dumps({"return": float(mean), "moves": model.num_timesteps}))
