"""Environments of leash for Gymnasium: `leash serve-env ID` as a child, one frame a step (docs/gymnasium.md).

    from leash_gymnasium import LeashEnv
    environment = LeashEnv("GridWorld", map=["S..", "..G"])
    observation, info = environment.reset(seed=0)
    observation, reward, terminated, truncated, info = environment.step(environment.action_space.sample())

Needs NumPy and Gymnasium; `leash` is found on the PATH, or is what `command` says: ["npx", "leash"].
"""

import json
import struct
import subprocess

import gymnasium
import numpy
from gymnasium import spaces

HEADER = struct.Struct("<IIII")
HELLO, MAKE, MADE, RESET, OBSERVED, STEP, STEPPED, CLOSE, CLOSED, FAILED = range(1, 11)
PROTOCOL = 1


class LeashEnv(gymnasium.Env):
    """One copy of an environment of leash's, or of a file that exports one (`./my-env.ts`, which is run)."""

    metadata = {"render_modes": []}

    def __init__(self, id, command=("leash",), **options):
        self.render_mode = None
        self._child = subprocess.Popen([*command, "serve-env", id], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self._number = 0
        try:
            kind, hello = self._read()
            if kind != HELLO or json.loads(hello)["protocol"] != PROTOCOL:
                raise RuntimeError(f"leash serve-env {id} said no hello of protocol {PROTOCOL}")
            asked = {"options": options, "copies": 1, "autoreset": False}
            made = json.loads(self._ask(MAKE, json.dumps(asked).encode()))
        except Exception:
            self.close()
            raise
        self.observation_space = _space(made["observation"])
        self.action_space = _space(made["action"])
        self._time_limit = made["timeLimit"]
        self._masked = made.get("masked", False)
        self._width = 1 if made["observation"]["kind"] == "discrete" else len(made["observation"]["low"])

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        # Every episode has a seed; without one given it is drawn from the last that was.
        number = self.np_random.integers(2**32, dtype=numpy.uint32)
        body = self._ask(RESET, struct.pack("<I", number))
        return self._observation(body, 0), self._info(body, 4 * self._width)

    def step(self, action):
        numbers = numpy.asarray(action, numpy.float32).ravel()
        body = self._ask(STEP, numbers.astype("<f4").tobytes() + bytes(4))
        flags = 8 + 4 * self._width
        (reward,) = struct.unpack_from("<d", body)
        terminated, truncated = bool(body[flags]), bool(body[flags + 1])
        info = {} if terminated or truncated else self._info(body, flags + 2)
        return self._observation(body, 8), reward, terminated, truncated, info

    def close(self):
        self._child.stdin.close()
        self._child.stdout.close()
        self._child.wait()

    def _observation(self, body, at):
        numbers = numpy.frombuffer(body, "<f4", self._width, at)
        if isinstance(self.observation_space, spaces.Discrete):
            return int(numbers[0])
        return numbers.astype(numpy.float32)

    def _info(self, body, at):
        """What may be done, where the environment rules something out: as `action_space.sample` takes it."""
        if not self._masked:
            return {}
        space = self.action_space
        if isinstance(space, spaces.MultiBinary):
            pairs = numpy.frombuffer(body, numpy.uint8, 2 * space.n, at).reshape(-1, 2)
            # What the bit must be; 2: either.
            return {"action_mask": numpy.where(pairs.all(axis=1), 2, pairs[:, 1]).astype(numpy.int8)}
        sizes = [space.n] if isinstance(space, spaces.Discrete) else space.nvec
        mask = numpy.frombuffer(body, numpy.uint8, int(sum(sizes)), at).astype(numpy.int8)
        if isinstance(space, spaces.Discrete):
            return {"action_mask": mask}
        return {"action_mask": tuple(numpy.split(mask, numpy.cumsum(sizes)[:-1]))}

    def _ask(self, kind, body):
        self._number += 1
        self._child.stdin.write(HEADER.pack(kind, 1, self._number, len(body)) + body)
        self._child.stdin.flush()
        kind, answer = self._read()
        if kind == FAILED:
            failed = json.loads(answer)
            raise RuntimeError(failed["message"] if failed["refused"] else f"{failed['type']}: {failed['message']}")
        return answer

    def _read(self):
        header = self._child.stdout.read(HEADER.size)
        if len(header) < HEADER.size:
            raise RuntimeError(f"leash serve-env ended with exit code {self._child.wait()}")
        kind, _, _, size = HEADER.unpack(header)
        return kind, self._child.stdout.read(size)


def _space(words):
    if words["kind"] == "discrete":
        return spaces.Discrete(words["n"])
    if words["kind"] == "multiDiscrete":
        return spaces.MultiDiscrete(words["n"])
    if words["kind"] == "multiBinary":
        return spaces.MultiBinary(words["n"])
    low, high = (numpy.array([float(bound) for bound in words[side]], numpy.float32) for side in ("low", "high"))
    return spaces.Box(low, high, dtype=numpy.float32)
