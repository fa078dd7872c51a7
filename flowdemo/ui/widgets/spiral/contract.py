"""What travels from Python to the spiral laboratory: weights and points, packed and checked.

A network is 1,576 float64 numbers, little-endian, as base64: for each of ten blocks ``scale [11]``, ``shift [11]``,
``weight [11, 11]`` (rows belong to outputs) and ``bias [11]``, then the head's ``weight [3, 11]`` and ``bias [3]``.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypedDict

import numpy as np

BLOCKS, WIDTH, STATE = 10, 11, 3
MAX_RUN = 2**31 - 1
ENDS = ("done", "failed")
_BLOCK = {"scale": (WIDTH,), "shift": (WIDTH,), "weight": (WIDTH, WIDTH), "bias": (WIDTH,)}
_HEAD = {"weight": (STATE, WIDTH), "bias": (STATE,)}


@dataclass(frozen=True, eq=False)
class Shipped:
    """What the laboratory shows when it opens.

    Attributes:
        weights: folded networks by the seed they were trained with, in the order of their buttons.
        points: ``[n, 2]`` to classify; ``labels``: −1 or +1 ``[n]``; ``noise``: where their labels start ``[n]``.
        starts: ``[n, 3]``: noise and dequantised label of the points to generate, of the same ``labels``.
    """

    weights: Mapping[int, Mapping[str, Any]]
    points: np.ndarray
    labels: np.ndarray
    noise: np.ndarray
    starts: np.ndarray

    def to_json(self) -> dict[str, Any]:
        """``{"weights": [{"seed", "packed"}, …], "cloud": base64}``; a point is x, y, noise, label, then its start.

        Raises:
            ValueError: shapes do not fit together, a number is not finite, or there are no weights.
        """
        rows = np.column_stack([self.points, self.noise, self.labels, self.starts]).astype("<f8")
        if rows.shape[1] != 7 or not np.isfinite(rows).all() or not self.weights:
            raise ValueError("weights and seven finite numbers a point are needed")
        weights = [{"seed": int(seed), "packed": pack(folded)} for seed, folded in self.weights.items()]
        return {"weights": weights, "cloud": base64.b64encode(rows.tobytes()).decode("ascii")}


class Update(TypedDict):
    """One message of a training.

    ``run`` is the number the browser gave the training; ``weights`` the folded network or None; ``end`` is None,
    ``"done"`` or ``"failed"``, the latter with a sentence in ``message``.
    """

    run: int
    step: int
    loss: float | None
    seconds: float
    weights: Mapping[str, Any] | None
    end: str | None
    message: str | None


def pack(folded: Mapping[str, Any]) -> str:
    """A folded network as base64.

    Raises:
        ValueError: it has another layout, or a number is not finite.
    """
    try:
        parts = [_array(block[name], shape) for block in folded["blocks"] for name, shape in _BLOCK.items()]
        parts += [_array(folded["head"][name], shape) for name, shape in _HEAD.items()]
    except (KeyError, TypeError) as error:
        raise ValueError(f"folded weights lack {error}") from None
    if len(folded["blocks"]) != BLOCKS:
        raise ValueError(f"{BLOCKS} blocks are needed")
    return base64.b64encode(np.concatenate(parts).tobytes()).decode("ascii")


def check_update(value: Update | None) -> dict[str, Any] | None:
    """The message as the browser reads it, its weights packed.

    Raises:
        ValueError: a field is missing, superfluous, or of another type.
    """
    if value is None:
        return None
    if not isinstance(value, dict) or set(value) != set(Update.__annotations__):
        raise ValueError(f"a training message has exactly {', '.join(Update.__annotations__)}")
    loss, weights, end = value["loss"], value["weights"], value["end"]
    if check_run(value["run"]) is None or not isinstance(value["step"], int):
        raise ValueError("run and step are whole numbers")
    if not all(isinstance(n, (int, float)) and math.isfinite(n) for n in (value["seconds"], loss or 0.0)):
        raise ValueError("loss and seconds are finite numbers")
    if end not in (None, *ENDS):
        raise ValueError(f"end is None or one of {', '.join(ENDS)}")
    return {**value, "weights": None if weights is None else pack(weights)}


def check_run(run: Any) -> int | None:
    """A training's number as a browser sent it, or None where it is not a whole number in range."""
    return run if type(run) is int and 0 <= run <= MAX_RUN else None


def _array(raw: Any, shape: tuple[int, ...]) -> np.ndarray:
    found = np.asarray(raw, "<f8")
    if found.shape != shape or not np.isfinite(found).all():
        raise ValueError(f"finite numbers of shape {shape} are needed")
    return found.ravel()
