"""Seconds that steps of 8 CartPoles take inside Python: gymnasium-inside.py SERVER STEPS, one JSON object."""

import importlib.util
import json
import sys
import time

import gymnasium
import numpy

server_file, steps = sys.argv[1], int(sys.argv[2])
COPIES = 8
spec = importlib.util.spec_from_file_location("server", server_file)
server = importlib.util.module_from_spec(spec)
spec.loader.exec_module(server)
actions = numpy.random.default_rng(0).integers(0, 2, (steps, COPIES))


def of_server():
    """What the bridge lets Python do, without the bridge."""
    world = server.World("CartPole-v1", {}, COPIES, True)
    world.read_from(bytearray(1 << 16))
    world.only_seeds[:] = range(COPIES)
    world.reset()
    start = time.perf_counter()
    for row in actions:
        world.actions[:, 0] = row
        world.step()
    return time.perf_counter() - start


def of_gymnasium():
    """Gymnasium's own vector of single environments, with masked resets, which keep final observations as well."""
    vector = gymnasium.vector.SyncVectorEnv(
        [lambda: gymnasium.make("CartPole-v1", disable_env_checker=True)] * COPIES,
        autoreset_mode=gymnasium.vector.AutoresetMode.DISABLED,
    )
    vector.reset(seed=0)
    start = time.perf_counter()
    for row in actions:
        _, _, terminated, truncated, _ = vector.step(row)
        over = terminated | truncated
        if over.any():
            vector.reset(options={"reset_mask": over})
    return time.perf_counter() - start


print(json.dumps({"server": of_server(), "gymnasium": of_gymnasium()}))
