"""What the flow room asks of an array, and the two places where it must look closer."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np

# numpy.ndarray, torch.Tensor, or anything else that knows +, -, *, / with arrays and Python floats.
Array: TypeAlias = Any


def owned(x: Array) -> Array:
    """Return a copy of x that nobody else writes to; integers become floating point.

    A runtime may hand out a buffer which its next call overwrites, and a caller may reuse its input.
    """
    return x * 1.0


def to_numpy(x: Array) -> np.ndarray:
    """Return x as a numpy array on the CPU, same shape; shares memory with x where it can."""
    if hasattr(x, "detach"):
        x = x.detach().cpu()
        if str(x.dtype) == "torch.bfloat16":  # numpy has no such type
            x = x.float()
    return np.asarray(x)


def per_sample(t: float | Array, x: Array) -> float | Array:
    """Give times the trailing axes of x, so that t of shape [B] meets x of shape [B, ...] sample by sample.

    Without this a [B] array would silently line up with the *last* axis of x.
    Python numbers pass through; an array that already has as many axes as x is only viewed.
    """
    if isinstance(t, (int, float)):
        return t
    return t.reshape(tuple(t.shape) + (1,) * (x.ndim - t.ndim))
