"""What every peer prints: one line of JSON with the same figures as leash's side of the comparison."""

import json
import resource
import time


class Report:
    """Counts episodes as training goes on. Times start with the process, imports included."""

    def __init__(self, peer, started):
        self.peer = peer
        self.started = started
        self.window = []  # (episodes, mean return) of the last updates
        self.seconds_to_475 = None

    def update(self, episodes, mean_return):
        """Adds the episodes that one update finished; the window keeps the last 100 or so."""
        if episodes > 0:
            self.window.append((episodes, mean_return))
        while len(self.window) > 1 and sum(n for n, _ in self.window[1:]) >= 100:
            self.window.pop(0)
        if self.seconds_to_475 is None and self.count() >= 100 and self.mean() >= 475:
            self.seconds_to_475 = time.time() - self.started

    def count(self):
        return sum(n for n, _ in self.window)

    def mean(self):
        return sum(n * r for n, r in self.window) / max(1, self.count())

    def print(self, steps, steady_seconds, steady_steps):
        """steady_*: the part of the run after whatever was compiled."""
        print(
            json.dumps(
                {
                    "peer": self.peer,
                    "steps": steps,
                    "seconds": time.time() - self.started,
                    "stepsPerSecond": steady_steps / steady_seconds,
                    "secondsTo475": self.seconds_to_475,
                    "last100Return": self.mean(),
                    "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
                }
            )
        )
