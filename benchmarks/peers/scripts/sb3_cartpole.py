"""Stable-Baselines3's PPO on CartPole-v1: python sb3_cartpole.py start|zoo SEED prints the mean return of 100 games.

start: the example of its documentation, https://stable-baselines3.readthedocs.io/en/master/modules/ppo.html
zoo: the settings that RL Baselines3 Zoo tuned for this game,
https://github.com/DLR-RM/rl-baselines3-zoo/blob/master/hyperparams/ppo.yml
"""

import json
import sys

from stable_baselines3 import PPO
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.evaluation import evaluate_policy


def falling(first):
    """A value that falls linearly to 0."""
    return lambda left: left * first


SETTINGS = {
    "start": (4, 25_000, {}),
    "zoo": (
        8,
        100_000,
        {
            "n_steps": 32,
            "batch_size": 256,
            "gae_lambda": 0.8,
            "gamma": 0.98,
            "n_epochs": 20,
            "ent_coef": 0.0,
            "learning_rate": falling(0.001),
            "clip_range": falling(0.2),
        },
    ),
}

if __name__ == "__main__":
    name, seed = sys.argv[1], int(sys.argv[2])
    environments, moves, settings = SETTINGS[name]
    games = make_vec_env("CartPole-v1", n_envs=environments, seed=seed)
    model = PPO("MlpPolicy", games, seed=seed, device="cpu", **settings)
    model.learn(total_timesteps=moves)
    mean, _ = evaluate_policy(model, make_vec_env("CartPole-v1", n_envs=10, seed=seed + 1_000), n_eval_episodes=100)
    print(json.dumps({"return": float(mean), "moves": moves}))
