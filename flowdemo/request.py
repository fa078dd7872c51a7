"""The recipe of one run: what links, PNG text, JSON, API and command line carry. Validated once, at the edge."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flowdemo.errors import InputError
from flowdemo.flow import SOLVERS

FORMAT = 1
MAX_SEED = 2**31 - 1
MAX_STEPS = 50  # of a flow
IMAGE_TO_MASK = "image-to-mask"
MASK_TO_IMAGE = "mask-to-image"
IMAGE_TO_LABEL = "image-to-label"
LABEL_TO_IMAGE = "label-to-image"
DETECT = "detect"
DIRECTIONS = (IMAGE_TO_MASK, MASK_TO_IMAGE, IMAGE_TO_LABEL, LABEL_TO_IMAGE, DETECT, "refine")
TO_IMAGE = (MASK_TO_IMAGE, LABEL_TO_IMAGE)  # what is given is a label, and takes the perturbation β
FIELDS = ("model", "direction", "input", "steps", "solver", "beta", "seed", "samples", "settings")
RESULT_FIELDS = ("format", "weights", "mask", "label", "scale")  # what a stored recipe has beside them
_HUGE = 10**300  # whole numbers beyond it fit no float, and far beyond it not even a message
SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class Setting:
    """Bounds of one option of a system, or the words it may be.

    Attributes:
        default, low, high: a number's.
        whole: whether only whole numbers are allowed.
        words: the default first; bounds do not count then.
    """

    default: float = 0.0
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class Limits:
    """What one model admits; a request is checked against it.

    Attributes:
        model: its name.
        directions: the words it understands, its default first.
        max_steps: most intervals (:data:`MAX_STEPS` for the flows, 1 for a one-step model).
        default_steps: by direction.
        beta_bound: β must stay below this; 0 where there is no perturbation.
        default_beta: β where none is asked for.
        beta_unit: what both are counted in, for people.
        random: directions in which something is drawn, so that several samples of one input differ.
        max_samples: samples of one input in such a direction.
        settings: the system's own options.
    """

    model: str
    directions: tuple[str, ...]
    max_steps: int = MAX_STEPS
    default_steps: Mapping[str, int] = field(default_factory=dict)
    beta_bound: float = 0.0
    default_beta: float = 0.0
    beta_unit: str = "grey levels"
    random: tuple[str, ...] = TO_IMAGE
    max_samples: int = 8
    settings: Mapping[str, Setting] = field(default_factory=dict)


@dataclass(frozen=True)
class Request:
    """One validated recipe.

    Attributes:
        model, direction, solver: names.
        steps: intervals, 1 to the model's bound.
        beta: half-width of the perturbation of a given mask (grey levels) or label (fraction of the level spacing);
            0 in other directions.
        seed: of the first sample; see :attr:`seeds`.
        samples: how many of one input; 1 in a direction where nothing is random.
        settings: the system's own options, sorted by name.
        input: SHA-256 of the input's pixels at the model's size, or "" before it is known.
    """

    model: str
    direction: str
    steps: int
    solver: str = "euler"
    beta: float = 0.0
    seed: int = 0
    samples: int = 1
    settings: tuple[tuple[str, float | str], ...] = ()
    input: str = ""

    @classmethod
    def build(cls, raw: Mapping[str, Any], limits: Limits) -> Request:
        """Validate outside values; what is missing takes the model's default.

        Raises:
            InputError: with ``field`` naming the value that cannot be used.
        """
        _only(raw, FIELDS)
        direction = _choice(raw.get("direction") or limits.directions[0], limits.directions, "direction",
                            f"The model {limits.model!r}")
        usual = limits.default_steps.get(direction, min(10, limits.max_steps))
        steps = _integer(raw.get("steps", usual), 1, limits.max_steps, "steps", "The number of steps")
        beta = _beta(raw.get("beta"), limits) if direction in TO_IMAGE else 0.0
        samples = _integer(raw.get("samples", 1), 1, limits.max_samples, "samples", "The number of samples")
        seed = _integer(raw.get("seed", 0), 0, MAX_SEED, "seed", "The seed")
        given = str(raw.get("input") or "")
        if given and not SHA256.fullmatch(given):
            raise InputError("The recipe's input must be a SHA-256 in hexadecimal.", field="input")
        return cls(
            model=limits.model,
            direction=direction,
            steps=steps,
            solver=_choice(raw.get("solver") or "euler", tuple(SOLVERS), "solver", "The engine"),
            beta=beta,
            seed=seed,
            samples=samples if direction in limits.random else 1,
            settings=_settings(raw.get("settings") or {}, limits),
            input=given,
        )

    @property
    def seeds(self) -> tuple[int, ...]:
        """Of the samples; after the largest seed comes 0, so that each can be asked for on its own."""
        return tuple((self.seed + k) % (MAX_SEED + 1) for k in range(self.samples))

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for :meth:`build` after its ``format`` entry is taken off."""
        raw = {name: getattr(self, name) for name in FIELDS}
        return {"format": FORMAT} | raw | {"settings": dict(self.settings)}


def recipe_fields(raw: Any) -> dict[str, Any]:
    """The entries of a stored recipe that :meth:`Request.build` takes.

    Raises:
        InputError: not a recipe, of a newer format, or with entries that this version does not know.
    """
    if not isinstance(raw, dict) or "model" not in raw:
        raise InputError("This file holds no flowdemo recipe.", field="recipe")
    if raw.get("format") != FORMAT:
        raise InputError("This recipe is of a format that this version of flowdemo does not read.", field="recipe")
    _only(raw, FIELDS + RESULT_FIELDS)
    return {name: raw[name] for name in FIELDS if name in raw}


def _only(raw: Mapping[str, Any], known: tuple[str, ...]) -> None:
    """Refuse entries that would be ignored: whoever wrote them expects them to count."""
    unknown = sorted(str(key) for key in raw if key not in known)
    if unknown:
        raise InputError(f"A recipe has no entry {_shown(unknown[0])}; it has: {', '.join(FIELDS)}.", field="recipe")


def _integer(value: Any, low: int, high: int, name: str, what: str) -> int:
    whole = isinstance(value, int) and not isinstance(value, bool)
    whole = whole or (isinstance(value, float) and math.isfinite(value) and value == int(value))
    if not whole or not low <= value <= high:
        raise InputError(f"{what} must be a whole number from {low} to {high}, not {_shown(value)}.", field=name)
    return int(value)


def _beta(value: Any, limits: Limits) -> float:
    beta = _number(limits.default_beta if value is None else value, "beta", "The perturbation β")
    if not 0 <= beta < limits.beta_bound:
        raise InputError(
            f"The perturbation β must be at least 0 and below {limits.beta_bound:g} {limits.beta_unit} (half the "
            f"spacing of the codes), not {beta:g}.", field="beta")  # fmt: skip
    return beta


def _number(value: Any, name: str, what: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not abs(value) < _HUGE:
        raise InputError(f"{what} must be a number, not {_shown(value)}.", field=name)
    return float(value)


def _choice(value: Any, known: tuple[str, ...], name: str, who: str) -> str:
    if value not in known:
        raise InputError(f"{who} has no {name} {_shown(value)}; choose one of: {', '.join(known)}.", field=name)
    return value


def within(name: str, value: Any, setting: Setting, who: str) -> float | str:
    """A value of an option as it is; ``who`` has the option.

    Raises:
        InputError: it is none of the words, or no number within the bounds.
    """
    if setting.words:
        return _choice(value, setting.words, name, who)
    number = _number(value, "settings", f"The setting {name}")
    if not setting.low <= number <= setting.high:
        raise InputError(f"The setting {name} must be from {setting.low:g} to {setting.high:g}, not {number:g}.",
                         field="settings")  # fmt: skip
    if setting.whole and number != int(number):
        raise InputError(f"The setting {name} must be a whole number, not {number:g}.", field="settings")
    return number


def _settings(raw: Any, limits: Limits) -> tuple[tuple[str, float | str], ...]:
    if not isinstance(raw, Mapping):
        raise InputError("A recipe's settings must be a table of names and numbers.", field="settings")
    chosen = {}
    for name, value in raw.items():
        if name not in limits.settings:
            known = ", ".join(limits.settings) or "none"
            raise InputError(f"The model {limits.model!r} has no setting {_shown(name)}; it has: {known}.",
                             field="settings")
        chosen[name] = within(name, value, limits.settings[name], f"The model {limits.model!r}")
    return tuple(sorted(chosen.items()))


def _shown(value: Any) -> str:
    plain = isinstance(value, (str, float, type(None))) or (isinstance(value, int) and abs(value) < _HUGE)
    text = repr(value) if plain else "that"
    return text if len(text) <= 42 else text[:40] + "…"
