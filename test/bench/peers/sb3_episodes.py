"""What Stable-Baselines3's programs tell the report."""

import numpy as np
from stable_baselines3.common.callbacks import BaseCallback


class Episodes(BaseCallback):
    """Hands the report what each rollout finished."""

    def __init__(self, report):
        super().__init__()
        self.report = report
        self.returns = []

    def _on_step(self):
        self.returns.extend(info["episode"]["r"] for info in self.locals["infos"] if "episode" in info)
        return True

    def _on_rollout_end(self):
        self.report.update(len(self.returns), float(np.mean(self.returns)) if self.returns else 0.0)
        self.returns = []
