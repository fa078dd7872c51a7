"""What the controls of the Trajectory tab show for a model and a direction: one place for bounds and defaults."""

from __future__ import annotations

import math
from dataclasses import dataclass

from flowdemo.engine import Engine
from flowdemo.flow import SOLVERS
from flowdemo.request import IMAGE_TO_LABEL, IMAGE_TO_MASK, LABEL_TO_IMAGE, MASK_TO_IMAGE, TO_IMAGE, Limits
from flowdemo.zoo import Manifest

WORDS = {
    IMAGE_TO_MASK: "Photo → mask", MASK_TO_IMAGE: "Mask → image",
    IMAGE_TO_LABEL: "Picture → class", LABEL_TO_IMAGE: "Class → picture",
}  # fmt: skip
BETA_STEPS = {"grey levels": 0.1, "level spacings": 0.01}  # of the slider, by unit
MAX_SAMPLES = 8
ONE_STEP = "This model answers in one evaluation; there is no path to follow."
TOLERANCE = "as many network evaluations as its tolerance needs"


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
    def names(self) -> bool:
        """Whether a class is what is given."""
        return self.direction == LABEL_TO_IMAGE

    @property
    def perturbs(self) -> bool:
        """Whether what is given takes the perturbation β."""
        return self.direction in TO_IMAGE

    @property
    def draws(self) -> bool:
        """Whether something is drawn at random, so that seeds and several samples make sense."""
        return self.direction in self.limits.random

    @property
    def samples_label(self) -> str:
        return f"{'Pictures' if self.perturbs else 'Readings'}, each with the next seed"

    @property
    def classes(self) -> list[tuple[str, int]]:
        """Choices of a class."""
        return [(entry.name, entry.index) for entry in self.manifest.palette.classes]

    @property
    def steps(self) -> int:
        return self.limits.default_steps.get(self.direction, min(10, self.limits.max_steps))

    @property
    def beta_top(self) -> float:
        """The largest β the slider offers: the last step below the bound."""
        return round(max(math.ceil(self.limits.beta_bound / self.beta_step) - 1, 1) * self.beta_step, 6)

    @property
    def beta_step(self) -> float:
        return BETA_STEPS[self.limits.beta_unit]

    @property
    def beta(self) -> float:
        return min(self.limits.default_beta, self.beta_top)

    @property
    def temperature(self) -> float:
        """The model's own, 1 where it has none."""
        setting = self.limits.settings.get("temperature")
        return setting.default if setting else 1.0

    @property
    def spacing(self) -> float:
        """Of neighbouring codes, in the unit of β."""
        return self.limits.beta_bound * 2


def evaluations_note(steps: float, solver: str, most: int = 50) -> str:
    """``10 equal steps of t, 20 network evaluations``; ``most`` is the largest number of steps of the model."""
    if most == 1:
        return ONE_STEP
    cost = SOLVERS[solver].evaluations_per_step if solver in SOLVERS else 1
    count = f"{int(steps) * cost} network evaluations" if cost else TOLERANCE
    return f"{int(steps)} equal steps of t, {count}"


def evaluations_script(engine: Engine) -> str:
    """The same in the browser: script of an event with the inputs steps, solver and model."""
    costs = {name: info.evaluations_per_step or 0 for name, info in SOLVERS.items()}
    single = [name for name in engine.manifests() if engine.limits(name).max_steps == 1]
    return f"""(steps, solver, model) => {{
      const cost = ({costs})[solver];
      const calls = cost ? `${{Number(steps) * cost}} network evaluations` : {TOLERANCE!r};
      const text = ({single}).includes(model) ? {ONE_STEP!r} : `${{Number(steps)}} equal steps of t, ${{calls}}`;
      return `<p class="fd-note">${{text}}</p>`;
    }}"""
