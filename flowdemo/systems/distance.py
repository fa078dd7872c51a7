"""Signed distance of masks: positive inside, in pixels, its zero level between the pixels of the two sides."""

from __future__ import annotations

import math

import numpy as np
import torch
from scipy.ndimage import distance_transform_edt
from torch import Tensor
from torch.nn.functional import conv2d, pad

SMOOTH = 1.5  # pixels; a distance of pixels has steps of its own, which central differences would take for corners


def signed_distance(masks: np.ndarray | Tensor, smooth: float = SMOOTH, margin: int = 0) -> Tensor:
    """φ of masks, float32 ``[B, 1, H + 2·margin, W + 2·margin]`` on the CPU.

    Args:
        masks: ``[B, H, W]`` or ``[B, 1, H, W]``; bool, or numbers that count as inside from ½ on.
        smooth: standard deviation in pixels of a Gaussian over φ, 0 for none.
        margin: so many pixels of background are laid around the masks first, so that φ is known beyond them.

    The distance to the nearest pixel of the other side has ½ taken off: on a straight contour φ then goes
    …, −1.5, −0.5, 0.5, 1.5, … with no flat step. A mask that is empty or full has no contour; its φ is the length of
    the diagonal everywhere, without or with a minus.
    """
    inside = _insides(masks)
    if margin:
        inside = np.pad(inside, ((0, 0), (margin, margin), (margin, margin)))
    found = torch.from_numpy(np.stack([_of_one(one) for one in inside]))[:, None]
    return gaussian(found, smooth)


def _insides(masks: np.ndarray | Tensor) -> np.ndarray:
    values = masks.detach().cpu().numpy() if isinstance(masks, Tensor) else np.asarray(masks)
    if values.ndim == 4:
        values = values[:, 0]
    return values if values.dtype == bool else values >= 0.5


def _of_one(inside: np.ndarray) -> np.ndarray:
    if inside.all() or not inside.any():
        return np.full(inside.shape, math.hypot(*inside.shape) * (1 if inside.all() else -1), np.float32)
    found = np.where(inside, distance_transform_edt(inside) - 0.5, 0.5 - distance_transform_edt(~inside))
    return found.astype(np.float32)


def gaussian(field: Tensor, sigma: float) -> Tensor:
    """A field ``[B, C, H, W]`` under a Gaussian of ``sigma`` pixels, the border repeated outwards."""
    if sigma <= 0:
        return field
    return blurred(field, gaussian_weights(2 * math.ceil(3 * sigma) + 1, sigma).to(field), "replicate")


def gaussian_weights(side: int, sigma: float | Tensor) -> Tensor:
    """Weights ``[side]``, float64, of a Gaussian of ``sigma`` pixels at an odd number of pixels around 0, of sum 1.

    The gradient of a tensor ``sigma`` is kept.
    """
    places = torch.arange(side, dtype=torch.float64, device=getattr(sigma, "device", None)) - (side - 1) / 2
    weights = torch.exp(-(places**2) / (2 * sigma**2))
    return weights / weights.sum()


def blurred(field: Tensor, weights: Tensor, beyond: str = "constant") -> Tensor:
    """Each channel of ``[B, C, H, W]`` under a kernel that is ``weights`` ``[odd]`` along both axes, in the same shape.

    ``beyond`` the border there is nothing (``"constant"``), or the border repeated (``"replicate"``).
    """
    channels, reach = field.shape[1], len(weights) // 2
    padded = pad(field, [reach] * 4, mode=beyond)
    along = conv2d(padded, weights.expand(channels, 1, 1, -1), groups=channels)
    return conv2d(along, weights[:, None].expand(channels, 1, -1, 1), groups=channels)


def level_means(field: Tensor, phi: Tensor, width: float = 1.0) -> Tensor:
    """Mean of a field over each band of φ, laid back over the band; a picture's pixels of one band share one value.

    Args:
        field: ``[B, C, H, W]``.
        phi: ``[B, 1, H, W]``, or one for each channel.
        width: of a band in pixels; bands start at multiples of it.
    """
    bands = torch.floor(phi / width).long().expand_as(field).flatten(2)
    bands = bands - bands.amin(2, keepdim=True)
    values = field.flatten(2)
    empty = values.new_zeros(*values.shape[:2], int(bands.max()) + 1)
    sums, counts = empty.scatter_add(2, bands, values), empty.scatter_add(2, bands, torch.ones_like(values))
    return (sums / counts.clamp(min=1)).gather(2, bands).view_as(field)
