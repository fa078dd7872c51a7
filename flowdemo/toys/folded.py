"""The spiral's network as plain numbers: BatchNorm in evaluation mode is a scale and a shift.

    input       h = (x₁, x₂, y, sin πt, cos πt, sin 2πt, cos 2πt, sin 3πt, cos 3πt, sin 4πt, cos 4πt)
    block       h ← h + relu(W (scale ⊙ h + shift) + b)          ten times
    head        v = W h + b ∈ R³

As JSON, which the browser evaluates by itself:

    {"blocks": [{"scale": [11], "shift": [11], "weight": [11][11], "bias": [11]}, … 10],
     "head": {"weight": [3][11], "bias": [3]}}

Rows of a weight belong to outputs. Numpy only.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from flowdemo.errors import ModelError

STATE, FREQUENCIES, BLOCKS = 3, 4, 10
WIDTH = STATE + 2 * FREQUENCIES
EPSILON = 1e-5  # BatchNorm's
DIGITS = 9  # significant ones in JSON, which give back every float32
_BLOCK = {"scale": (WIDTH,), "shift": (WIDTH,), "weight": (WIDTH, WIDTH), "bias": (WIDTH,)}
_HEAD = {"weight": (STATE, WIDTH), "bias": (STATE,)}
# Names and shapes of the state that is stored: the network's own, evaluation statistics included.
STATE_SHAPES: dict[str, tuple[int, ...]] = {
    f"blocks.{i}.{name}": shape
    for i in range(BLOCKS)
    for name, shape in {
        **{f"norm.{part}": (WIDTH,) for part in ("weight", "bias", "running_mean", "running_var")},
        "linear.weight": (WIDTH, WIDTH), "linear.bias": (WIDTH,),
    }.items()
} | {"head.weight": (STATE, WIDTH), "head.bias": (STATE,)}  # fmt: skip


class Block(NamedTuple):
    """h ← h + relu(W (scale ⊙ h + shift) + b); ``[11]``, ``[11]``, ``[11, 11]``, ``[11]``, float32."""

    scale: np.ndarray
    shift: np.ndarray
    weight: np.ndarray
    bias: np.ndarray


class Folded:
    """The velocity field of a trained network: ``(z [n, 3], t) → [n, 3]``, float32, t a Python float in [0, 1]."""

    def __init__(self, blocks: tuple[Block, ...], head: tuple[np.ndarray, np.ndarray]) -> None:
        self.blocks, self.head = blocks, head

    @classmethod
    def from_state(cls, state: Mapping[str, np.ndarray]) -> Folded:
        """Fold a network's state (:data:`STATE_SHAPES`).

        Raises:
            ModelError: a tensor is missing, superfluous, of another shape, or not finite, or a variance is negative.
        """
        if {name: tuple(value.shape) for name, value in state.items()} != STATE_SHAPES:
            raise ModelError("The spiral's weights do not fit its network of 1576 parameters.")
        if not all(np.isfinite(value).all() for value in state.values()):
            raise ModelError("The spiral's weights hold numbers that are not finite.")
        blocks = tuple(_fold({k: state[f"blocks.{i}.{k}"].astype(np.float64) for k in _PARTS}) for i in range(BLOCKS))
        return cls(blocks, (_single(state["head.weight"]), _single(state["head.bias"])))

    @classmethod
    def from_json(cls, raw: Any) -> Folded:
        """Read what :meth:`to_json` wrote.

        Raises:
            ModelError: it is not of that layout.
        """
        try:
            if len(raw["blocks"]) != BLOCKS:
                raise ValueError("blocks")
            blocks = tuple(Block(**_arrays(block, _BLOCK)) for block in raw["blocks"])
            head = _arrays(raw["head"], _HEAD)
        except (KeyError, TypeError, ValueError, OverflowError):
            raise ModelError("These are not the folded weights of a spiral network.") from None
        return cls(blocks, (head["weight"], head["bias"]))

    def to_json(self) -> dict[str, Any]:
        """The layout above, as plain Python floats; :meth:`from_json` gets the same numbers back."""
        blocks = [{name: _plain(value) for name, value in block._asdict().items()} for block in self.blocks]
        return {"blocks": blocks, "head": {"weight": _plain(self.head[0]), "bias": _plain(self.head[1])}}

    def __call__(self, z: np.ndarray, t: float) -> np.ndarray:
        h = np.empty((len(z), WIDTH), np.float32)
        h[:, :STATE], h[:, STATE:] = z, time_features(t)
        for block in self.blocks:
            inner = (h * block.scale + block.shift) @ block.weight.T + block.bias
            h += np.maximum(inner, 0, out=inner)
        return h @ self.head[0].T + self.head[1]


def time_features(t: float) -> list[float]:
    """sin and cos of πmt in turn, m = 1 … 4: eight numbers."""
    return [wave(math.pi * m * t) for m in range(1, FREQUENCIES + 1) for wave in (math.sin, math.cos)]


_PARTS = ("norm.weight", "norm.bias", "norm.running_mean", "norm.running_var", "linear.weight", "linear.bias")


def _fold(part: Mapping[str, np.ndarray]) -> Block:
    if (part["norm.running_var"] < 0).any():
        raise ModelError("The spiral's weights hold a negative variance.")
    scale = part["norm.weight"] / np.sqrt(part["norm.running_var"] + EPSILON)
    shift = part["norm.bias"] - part["norm.running_mean"] * scale
    return Block(_single(scale), _single(shift), _single(part["linear.weight"]), _single(part["linear.bias"]))


def _single(value: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(value, np.float32)


def _arrays(raw: Mapping[str, Any], shapes: Mapping[str, tuple[int, ...]]) -> dict[str, np.ndarray]:
    found = {name: np.asarray(raw[name], np.float32) for name in shapes}
    if {name: value.shape for name, value in found.items()} != dict(shapes):
        raise ValueError("shape")
    if not all(np.isfinite(value).all() for value in found.values()):
        raise ValueError("finite")
    return found


def _plain(value: np.ndarray) -> list:
    if value.ndim > 1:
        return [_plain(row) for row in value]
    return [float(f"{number:.{DIGITS}g}") for number in value.tolist()]
