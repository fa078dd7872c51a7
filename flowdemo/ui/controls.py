"""What the controls of the Trajectory tab show for a model and a direction: one place for bounds and defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flowdemo.engine import Engine
from flowdemo.flow import SOLVERS
from flowdemo.request import Limits
from flowdemo.systems.base import IMAGE_TO_MASK, MASK_TO_IMAGE
from flowdemo.zoo import Manifest

WORDS = {IMAGE_TO_MASK: "Photo → mask", MASK_TO_IMAGE: "Mask → image"}
BETA_STEP = 0.5  # grey levels


@dataclass(frozen=True)
class Shape:
    """State of the controls for one model and direction."""

    manifest: Manifest
    limits: Limits
    direction: str

    @classmethod
    def of(cls, engine: Engine, model: str, direction: str | None) -> Shape:
        limits = engine.limits(model)
        chosen = direction if direction in limits.directions else limits.directions[0]
        return cls(engine.manifest(model), limits, chosen)

    @property
    def directions(self) -> list[tuple[str, str]]:
        return [(WORDS[d], d) for d in self.limits.directions]

    @property
    def paints(self) -> bool:
        return self.direction == MASK_TO_IMAGE

    @property
    def steps(self) -> int:
        return self.limits.default_steps.get(self.direction, min(10, self.limits.max_steps))

    @property
    def beta_top(self) -> float:
        """The largest β the slider offers: the last step below the bound s/2."""
        return max(math.ceil(self.limits.beta_bound / BETA_STEP) - 1, 1) * BETA_STEP

    @property
    def beta(self) -> float:
        return min(self.limits.default_beta, self.beta_top)

    @property
    def spacing(self) -> float:
        """s, in grey levels."""
        return self.limits.beta_bound * 2


def evaluations_note(steps: float, solver: str) -> str:
    """``10 steps · 20 evaluations``."""
    cost = SOLVERS[solver].evaluations_per_step if solver in SOLVERS else 1
    count = f"{int(steps) * cost} evaluations" if cost else "as many evaluations as its tolerance needs"
    return f"{int(steps)} steps · {count}"
