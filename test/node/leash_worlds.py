"""Environments that the tests of the bridge to Gymnasium play: states put into classic ones, spaces of every kind, faults."""

import sys

import gymnasium
import numpy
from gymnasium import spaces

UNBOUNDED = (-numpy.inf, numpy.inf)
# How far the states of each reach.
REACH = {"CartPole-v1": [2.4, 3, 0.2, 3], "Acrobot-v1": [3.1, 3.1, 12, 28], "Pendulum-v1": [6, 8]}


class Injected(gymnasium.Wrapper):
    """Episodes of one step, from a state at random; observations are the state, then what the environment shows."""

    def __init__(self, inner):
        super().__init__(gymnasium.make(inner).unwrapped)
        self.reach = REACH[inner]
        width = len(self.reach) + self.env.observation_space.shape[0]
        self.observation_space = spaces.Box(*UNBOUNDED, (width,), numpy.float32)

    def whole(self, shown):
        return numpy.concatenate([self.env.state, shown]).astype(numpy.float32)

    def reset(self, *, seed=None, options=None):
        shown, info = self.env.reset(seed=seed)
        reach = numpy.array(self.reach)
        state = self.env.np_random.uniform(-reach, reach).astype(numpy.float32).astype(numpy.float64)
        # CartPole keeps a tuple, the others arrays.
        self.env.state = tuple(state) if isinstance(self.env.state, tuple) else state
        return self.whole(shown), info

    def step(self, action):
        shown, reward, terminated, truncated, info = self.env.step(action)
        return self.whole(shown), reward, terminated, truncated, info


class AnyTaxi(gymnasium.Wrapper):
    """Taxi from any of its 500 states."""

    def __init__(self):
        super().__init__(gymnasium.make("Taxi-v4").unwrapped)

    def reset(self, *, seed=None, options=None):
        _, info = self.env.reset(seed=seed)
        self.env.s = int(self.env.np_random.integers(500))
        return self.env.s, info


SPACES = {
    "dict": spaces.Dict(
        {
            "b": spaces.Box(-1, 1, (2, 2), numpy.float64),
            "a": spaces.Tuple((spaces.Discrete(3, start=5), spaces.MultiBinary(2))),
            "c": spaces.MultiDiscrete([2, 3]),
        }
    ),
    "discrete": spaces.Discrete(4, start=-2),
    "box": spaces.Box(-2, numpy.array([[1, numpy.inf]], numpy.float32), (1, 2), numpy.float32),
    "bits": spaces.MultiBinary(3),
    "choices": spaces.MultiDiscrete([3, 2], start=[1, 0]),
    "image": spaces.Box(0, 255, (8, 9, 3), numpy.uint8),
    "text": spaces.Text(5),
    "graph": spaces.Dict({"g": spaces.Graph(spaces.Box(0, 1, (2,)), None)}),
    "whole": spaces.Box(0, 5, (2,), numpy.int64),
    "scalar": spaces.Box(-1, 1, (), numpy.float32),
}


class Spaces(gymnasium.Env):
    """Any observation, sampled; the reward says whether the action was one of its space, and its sum."""

    def __init__(self, shows="box", takes="discrete"):
        self.observation_space = SPACES[shows]
        self.action_space = SPACES[takes]
        self.observation_space.seed(1)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self.observation_space.sample(), {}

    def step(self, action):
        self.steps += 1
        reward = float(numpy.sum(action)) if self.action_space.contains(action) else -1000.0
        return self.observation_space.sample(), reward, self.steps == 3, self.steps == 3, {}


class Faulty(gymnasium.Env):
    """What goes wrong in the fifth step."""

    def __init__(self, how="throws"):
        self.how = how
        self.observation_space = spaces.Box(-1, 1, (2,), numpy.float32)
        self.action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return numpy.zeros(2, numpy.float32), {}

    def step(self, action):
        self.steps += 1
        shown = numpy.zeros(2, numpy.float32)
        print("a step", flush=True)
        if self.steps == 5:
            if self.how == "throws":
                self.walk()
            if self.how == "exits":
                sys.exit("enough")
            if self.how == "shape":
                shown = numpy.zeros(3, numpy.float32)
            if self.how == "asks":
                input("what now? ")
            if self.how == "crashes":
                import ctypes

                ctypes.string_at(0)
            if self.how == "hangs":
                while True:
                    pass
        return shown, 0.0, False, False, {}

    def walk(self):
        raise ValueError("no way")


class Masked(gymnasium.Env):
    """What may be done changes with every step; anything else is refused, and so is what `how` says of a mask."""

    def __init__(self, takes="discrete", how="sample"):
        self.observation_space = spaces.Discrete(3)
        self.action_space = SPACES[takes]
        self.takes, self.how = takes, how

    def allowed(self):
        """By place: a set of values of each choice or bit."""
        at = self.steps % 2
        return {"discrete": [{at, 3}], "choices": [{at, 2}, {1 - at}], "bits": [{at}, {0, 1}, {1 - at}]}[self.takes]

    def info(self):
        sizes = {"discrete": [4], "choices": [3, 2], "bits": [2, 2, 2]}[self.takes]
        parts = [numpy.array([value in some for value in range(n)], numpy.int8) for n, some in zip(sizes, self.allowed())]
        late = self.steps > 3
        if self.how == "missing" and late:
            return {}
        if self.how == "short" and late:
            return {"action_mask": numpy.ones(1, numpy.int8)}
        if self.how == "nothing" and late:
            return {"action_mask": numpy.zeros(sum(sizes), numpy.int8)}
        if self.how == "flat":
            return {"action_mask": numpy.concatenate(parts)}
        if self.takes == "bits":
            return {"action_mask": numpy.array([2 if part.all() else int(part[1]) for part in parts], numpy.int8)}
        return {"action_mask": parts[0] if self.takes == "discrete" else tuple(parts)}

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return 0, self.info()

    def step(self, action):
        values = numpy.atleast_1d(action - (-2 if self.takes == "discrete" else 0))
        if self.takes == "choices":
            values = values - self.action_space.start
        assert all(value in some for value, some in zip(values, self.allowed())), (values, self.allowed())
        self.steps += 1
        over = self.steps == 7
        return self.steps % 3, 1.0, over, False, {} if over else self.info()


for inner in REACH:
    gymnasium.register(f"Injected{inner}", lambda inner=inner: Injected(inner), max_episode_steps=1)
gymnasium.register("AnyTaxi-v0", lambda: AnyTaxi(), max_episode_steps=1)
gymnasium.register("Spaces-v0", Spaces)
gymnasium.register("Faulty-v0", Faulty)
gymnasium.register("Masked-v0", Masked)
