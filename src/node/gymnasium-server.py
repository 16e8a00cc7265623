"""Runs Gymnasium environments for leash: the reference server of the protocol in docs/gymnasium.md.

    python gymnasium-server.py FOLDER ID

makes the named pipes FOLDER/requests and FOLDER/answers, says hello on file descriptor 3, and then answers one frame with
one frame until nobody holds the other end of `requests`. What is printed goes where errors go: file descriptors 1 and 2 are
both leash's standard error.
"""

import faulthandler
import importlib
import importlib.metadata
import json
import os
import select
import signal
import struct
import sys
import time
import traceback

PROTOCOL = 1
HELLO, MAKE, MADE, RESET, OBSERVED, STEP, STEPPED, CLOSE, CLOSED, FAILED = range(1, 11)
# kind, world, number of the request, bytes that follow
HEADER = struct.Struct("<IIII")


class Refused(Exception):
    """What leash cannot train in, one line."""


def load(id):
    """What hello says: the versions, or why there is none of this id."""
    try:
        import gymnasium
        import numpy
    except ImportError as error:
        return {"error": {"kind": "gymnasium", "message": str(error)}}
    versions = {
        "python": sys.version.split()[0],
        "gymnasium": gymnasium.__version__,
        "numpy": numpy.__version__,
    }
    module, _, name = id.rpartition(":")
    try:
        # As make does: a module before the id registers it.
        if module:
            importlib.import_module(module)
        # An id without a version is the latest one's.
        if name not in {each.rpartition("-v")[0] for each in gymnasium.registry}:
            gymnasium.spec(name)
    except gymnasium.error.Error as error:
        return {"error": {"kind": "unknown", "message": str(error), "ids": list(gymnasium.registry)}}
    except Exception as error:  # whatever a module does when it is imported
        return {"error": {"kind": "module", "message": f"{type(error).__name__}: {error}"}}
    # The package that brings the environment along, where that is another.
    package = module.split(".")[0]
    try:
        if package:
            versions[package] = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        pass
    return {"versions": versions}


def bounds(values):
    return [float(value) if abs(value) != float("inf") else ("-Infinity" if value < 0 else "Infinity") for value in values]


def box(low, high):
    return {"kind": "box", "low": bounds(low.ravel().tolist()), "high": bounds(high.ravel().tolist())}


def observations_of(space):
    """The space as leash has it, and what puts an observation into a row: discrete, or flattened as by Gymnasium."""
    import numpy
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        start = int(space.start)

        def index(observation, row):
            row[0] = int(observation) - start

        return {"kind": "discrete", "n": int(space.n)}, index
    for part in parts_of(space):
        if not isinstance(part, (spaces.Box, spaces.Discrete, spaces.MultiDiscrete, spaces.MultiBinary)):
            raise Refused(f"its observations are {part}, which have no fixed number of numbers")
        if part is not space and image_of(part):
            raise Refused(f"its observations have images among them, {image_of(part)}: leash's networks take rows of numbers, which a wrapper of Gymnasium's makes of them")
    flat = spaces.flatten_space(space)
    if flat.shape == (0,):
        raise Refused(f"its observations are {space}, of no numbers")
    if isinstance(space, spaces.Box):
        shape = space.shape

        def plain(observation, row):
            given = numpy.asarray(observation)
            if given.shape != shape:
                raise Refused(f"an observation has shape {given.shape}, its space says {shape}")
            row[:] = given.ravel()

        image = image_of(space)
        sides = {"shape": list(shape)} if len(shape) > 1 else {}
        return {**box(flat.low, flat.high), **sides, **({"image": image} if image else {})}, plain

    def flattened(observation, row):
        row[:] = spaces.flatten(space, observation)

    return box(flat.low, flat.high), flattened


def image_of(space):
    """The sides of an image, in words; nothing of what is none."""
    import numpy
    from gymnasium import spaces

    if isinstance(space, spaces.Box) and space.dtype == numpy.uint8 and len(space.shape) >= 2:
        return " × ".join(str(side) for side in space.shape) + " of uint8"
    return None


def parts_of(space):
    from gymnasium import spaces

    if isinstance(space, spaces.Dict):
        return [part for each in space.spaces.values() for part in parts_of(each)]
    if isinstance(space, spaces.Tuple):
        return [part for each in space.spaces for part in parts_of(each)]
    return [space]


def actions_of(space):
    """The space as leash has it, and what makes an action of a row of float32."""
    import numpy
    from gymnasium import spaces

    if isinstance(space, spaces.Discrete):
        start = int(space.start)
        return {"kind": "discrete", "n": int(space.n)}, lambda row: int(row[0]) + start
    if isinstance(space, spaces.Box):
        if not numpy.issubdtype(space.dtype, numpy.floating):
            raise Refused(f"its actions are {space}: whole numbers in a box have no distribution in leash")
        if space.shape == (0,):
            raise Refused(f"its actions are {space}, of no numbers")
        dtype, shape = space.dtype, space.shape
        return box(space.low, space.high), lambda row: row.astype(dtype).reshape(shape)
    if isinstance(space, spaces.MultiDiscrete):
        dtype, shape = space.dtype, space.shape
        start = numpy.asarray(space.start).ravel()
        sizes = [int(size) for size in space.nvec.ravel()]
        return {"kind": "multiDiscrete", "n": sizes}, lambda row: (row.astype(dtype) + start).reshape(shape)
    if isinstance(space, spaces.MultiBinary):
        dtype, shape = space.dtype, space.shape
        return {"kind": "multiBinary", "n": int(numpy.prod(shape))}, lambda row: row.astype(dtype).reshape(shape)
    raise Refused(f"its actions are {space}, of which leash has no distribution")


def masks_of(space):
    """Numbers of a mask of actions, one for each value of each choice, and what puts info's `action_mask` into a row."""
    import numpy
    from gymnasium import spaces

    def parts_in(mask):
        # As Gymnasium's sample takes it: an array for a choice, tuples of arrays for several.
        if isinstance(mask, (tuple, list)):
            return [part for each in mask for part in parts_in(each)]
        return [numpy.asarray(mask).ravel()]

    if isinstance(space, spaces.Discrete):
        size = int(space.n)
    elif isinstance(space, spaces.MultiDiscrete):
        size = int(space.nvec.sum())
    else:
        size = 2 * int(numpy.prod(space.shape))
    bits = size // 2 if isinstance(space, spaces.MultiBinary) else None

    def put(mask, row):
        given = numpy.concatenate([numpy.zeros(0), *parts_in(mask)])
        if given.size == bits:
            # As sample takes it: 0 and 1 are what the bit must be, 2 is either.
            row[0::2] = given != 1
            row[1::2] = given != 0
        elif given.size == size:
            row[:] = given != 0
        else:
            raise Refused(f"info's action_mask has {given.size} numbers, of {space} it must have {bits or size}")

    return size, put


def says_masks(environment, action):
    """Whether info has masks of actions, which a first episode tells. What goes wrong with that goes wrong again."""
    if action["kind"] == "box":
        return False
    try:
        _, info = environment.reset(seed=0)
    except Exception:
        return False
    return "action_mask" in info


class World:
    """Copies of an environment that are stepped together."""

    def __init__(self, id, options, copies, autoreset):
        import gymnasium
        import numpy

        self.autoreset = autoreset
        # The one at work, for what is said of a failure.
        self.copy = None
        self.environments = [gymnasium.make(id, **{"disable_env_checker": True, **options}) for _ in range(copies)]
        first = self.environments[0]
        observation, self.put = observations_of(first.observation_space)
        action, self.act = actions_of(first.action_space)
        self.width = 1 if observation["kind"] == "discrete" else len(observation["low"])
        self.action_width = {"discrete": lambda: 1, "box": lambda: len(action["low"])}.get(
            action["kind"], lambda: len(action["n"]) if action["kind"] == "multiDiscrete" else action["n"]
        )()
        limit = first.spec.max_episode_steps if first.spec else None
        self.made = {"observation": observation, "action": action, "timeLimit": limit}
        self.is_masked = says_masks(first, action)
        mask_width = 0
        if self.is_masked:
            mask_width, self.put_mask = masks_of(first.action_space)
            self.made["masked"] = True
        # The answer to a step: header, rewards, observations, terminated, truncated, masks where there are some, up to a
        # multiple of 4, and the last observations of the episodes that ended. That to a reset has observations and masks.
        rows = copies * self.width
        self.flags = 8 * copies + 4 * rows
        self.finals = (self.flags + (2 + mask_width) * copies + 3) // 4 * 4
        self.answer = bytearray(HEADER.size + self.finals + 4 * rows)
        place = HEADER.size

        def view(dtype, count, at):
            return numpy.frombuffer(self.answer, dtype, count, place + at)

        self.rewards = view("<f8", copies, 0)
        self.observations = view("<f4", rows, 8 * copies).reshape(copies, self.width)
        self.terminated = view("u1", copies, self.flags)
        self.truncated = view("u1", copies, self.flags + copies)
        self.masks = view("u1", copies * mask_width, self.flags + 2 * copies).reshape(copies, mask_width)
        self.last = view("<f4", rows, self.finals).reshape(copies, self.width)
        self.request_bytes = 4 * copies * self.action_width + 4 * copies
        self.buffer = None

    def read_from(self, buffer):
        """Looks at requests where they are read into."""
        import numpy

        if self.buffer is buffer:
            return
        self.buffer = buffer
        copies, width = len(self.environments), self.action_width
        place = HEADER.size
        self.actions = numpy.frombuffer(buffer, "<f4", copies * width, place).reshape(copies, width)
        self.seeds = numpy.frombuffer(buffer, "<u4", copies, place + 4 * copies * width)
        self.only_seeds = numpy.frombuffer(buffer, "<u4", copies, place)

    def reset(self):
        """Begins an episode in every copy. @returns bytes of the answer"""
        for copy, environment in enumerate(self.environments):
            self.copy = copy
            observation, info = environment.reset(seed=int(self.only_seeds[copy]))
            self.put(observation, self.observations[copy])
            if self.is_masked:
                self.mask(info, copy)
        return self.observations.tobytes() + self.masks.tobytes()

    def mask(self, info, copy):
        if "action_mask" not in info:
            raise Refused("info has no action_mask, which it had when the environment was made")
        self.put_mask(info["action_mask"], self.masks[copy])

    def step(self):
        """A step of every copy; where an episode ends with it the next begins. @returns bytes of the answer's body"""
        put, act, observations, rewards = self.put, self.act, self.observations, self.rewards
        terminated, truncated, autoreset = self.terminated, self.truncated, self.autoreset
        actions, is_masked = self.actions, self.is_masked
        ended = 0
        copy = 0
        for environment in self.environments:
            self.copy = copy
            observation, rewards[copy], over, cut, info = environment.step(act(actions[copy]))
            put(observation, observations[copy])
            terminated[copy] = over
            truncated[copy] = cut
            if autoreset and (over or cut):
                self.last[ended] = observations[copy]
                ended += 1
                observation, info = environment.reset(seed=int(self.seeds[copy]))
                put(observation, observations[copy])
            # Of an episode that is over nothing more is done.
            if is_masked and (autoreset or not (over or cut)):
                self.mask(info, copy)
            copy += 1
        return self.finals + 4 * self.width * ended

    def close(self):
        for environment in self.environments:
            environment.close()


def failure(error, copy):
    """What somebody's environment threw, innermost frame first."""
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "refused": isinstance(error, Refused),
        "type": type(error).__name__,
        "message": str(error),
        "copy": copy,
        "frames": [[frame.name, frame.filename, frame.lineno] for frame in reversed(frames)],
    }


class Server:
    def __init__(self, id, requests, answers, beginning):
        self.id = id
        self.requests = requests
        self.answers = answers
        self.worlds = {}
        self.buffer = bytearray(1 << 16)
        self.buffer[: len(beginning)] = beginning
        self.have = len(beginning)

    def run(self):
        while True:
            header = self.read()
            if header is None:
                return
            kind, name, number, size = header
            self.copy = None
            world = self.worlds.get(name)
            try:
                self.serve(kind, name, number, size, world)
            except BaseException as error:  # an environment may exit, too
                copy = world.copy if world is not None else None
                self.say(FAILED, name, number, json.dumps(failure(error, copy)).encode())

    def serve(self, kind, name, number, size, world):
        if kind == STEP and world is not None and size == world.request_bytes:
            world.read_from(self.buffer)
            body = world.step()
            HEADER.pack_into(world.answer, 0, STEPPED, name, number, body)
            self.write(memoryview(world.answer)[: HEADER.size + body])
        elif kind == RESET and world is not None and size == 4 * len(world.environments):
            world.read_from(self.buffer)
            self.say(OBSERVED, name, number, world.reset())
        elif kind == MAKE:
            asked = json.loads(self.buffer[HEADER.size : HEADER.size + size])
            world = World(self.id, asked["options"], asked["copies"], asked["autoreset"])
            self.worlds[name] = world
            if HEADER.size + world.request_bytes > len(self.buffer):
                self.buffer = bytearray(HEADER.size + world.request_bytes)
            self.say(MADE, name, number, json.dumps(world.made).encode())
        elif kind == CLOSE and world is not None:
            del self.worlds[name]
            world.close()
            self.say(CLOSED, name, number, b"")
        else:
            raise Refused(f"a request of kind {kind} and {size} bytes for world {name} has no answer")

    def read(self):
        """The header of the next request, its body in the buffer after it; None: nobody asks any more."""
        have, self.have = self.have, 0
        while True:
            if have >= HEADER.size:
                header = HEADER.unpack_from(self.buffer)
                need = HEADER.size + header[3]
                if have >= need:
                    return header
                if need > len(self.buffer):
                    larger = bytearray(need)
                    larger[:have] = self.buffer[:have]
                    self.buffer = larger
            got = os.readv(self.requests, [memoryview(self.buffer)[have:]])
            if got == 0:
                return None
            have += got

    def say(self, kind, name, number, body):
        self.write(memoryview(HEADER.pack(kind, name, number, len(body)) + body))

    def write(self, frame):
        done = os.write(self.answers, frame)
        while done < len(frame):
            done += os.write(self.answers, frame[done:])


def wait_for_leash(requests):
    """The beginning of what is asked first; standard input ends with leash."""
    while True:
        readable, _, _ = select.select([requests, 0], [], [])
        if 0 in readable and os.read(0, 1) == b"":
            sys.exit(0)
        if requests in readable:
            beginning = os.read(requests, 1 << 16)
            if beginning:
                return beginning
            # Some systems call a pipe readable that nobody has opened for writing yet.
            time.sleep(0.01)


def main():
    # Ctrl-C is leash's to hear: it ends after the update at hand.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    faulthandler.enable()
    sys.stdout.reconfigure(line_buffering=True)
    folder, id = sys.argv[1:3]
    # An id may name a module (gym:my_module:MyEnv-v0): one beside the config, never one beside this file.
    sys.path[0:1] = []
    sys.path.append(os.getcwd())
    os.mkfifo(f"{folder}/requests", 0o600)
    os.mkfifo(f"{folder}/answers", 0o600)
    requests = os.open(f"{folder}/requests", os.O_RDONLY | os.O_NONBLOCK)
    # A pipe can be opened for writing when somebody reads: until leash does, that is this end itself.
    held = os.open(f"{folder}/answers", os.O_RDWR)
    answers = os.open(f"{folder}/answers", os.O_WRONLY)
    said = {"protocol": PROTOCOL, **load(id)}
    hello = json.dumps(said).encode()
    hello = HEADER.pack(HELLO, 0, 0, len(hello)) + hello
    while hello:
        hello = hello[os.write(3, hello) :]
    os.close(3)
    if "error" in said:
        return
    beginning = wait_for_leash(requests)
    os.set_blocking(requests, True)
    os.close(held)
    # An environment that asks for input gets none.
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    Server(id, requests, answers, beginning).run()


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:
        pass
