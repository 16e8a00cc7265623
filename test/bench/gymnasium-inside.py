"""Seconds that steps of 8 CartPoles take inside Python: gymnasium-inside.py SERVER STEPS, one JSON object.

With FOLDER as a third word: a step for whatever is written to the pipe FOLDER/requests, as many bytes as leash's answer has to
FOLDER/answers, and nothing else: what two processes that take turns cost by themselves.
"""

import importlib.util
import json
import os
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


def begun(buffer):
    world = server.World("CartPole-v1", {}, COPIES, True)
    world.read_from(buffer)
    world.only_seeds[:] = range(COPIES)
    world.reset()
    return world


def of_server():
    """What the bridge lets Python do, without the bridge."""
    world = begun(bytearray(1 << 16))
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


def bare(folder):
    buffer = bytearray(1 << 16)
    world = begun(buffer)
    requests, answers = os.open(f"{folder}/requests", os.O_RDONLY), os.open(f"{folder}/answers", os.O_WRONLY)
    into, answer = [memoryview(buffer)], memoryview(world.answer)
    while os.readv(requests, into):
        os.write(answers, answer[: server.HEADER.size + world.step()])


if len(sys.argv) > 3:
    bare(sys.argv[3])
    sys.exit(0)
print(json.dumps({"server": of_server(), "gymnasium": of_gymnasium()}))
