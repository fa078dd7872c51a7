"""Baseline for anomaly maps: the distance of a patch to the statistics of normal patches. Nothing is learned.

A picture x is ``[C, H, W]`` in [-1, 1]. Every s × s patch of it is a vector z of D = C s² pixels. Of normal patches

    μ = mean z,   S = mean (z − μ)(z − μ)ᵀ,   Σ = S + λ 1,   λ = max(10⁻³ tr S / D, ρ)                  (1)
    d(p)² = (z_p − μ)ᵀ Σ⁻¹ (z_p − μ) = ‖W (z_p − μ)‖²,   Wᵀ W = Σ⁻¹                                     (2)

and the map is d(p), the Mahalanobis distance of the patch around the pixel p: about √D where the patch is normal.
The rows of W are kernels, so (2) is one convolution. λ keeps the directions in which normal patches hardly differ from
deciding alone; ρ = (2/255)² / 12 is the variance that rounding to 8 bits adds to a pixel, below which nothing is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from flowdemo.errors import InputError, ModelError

SIDE = 8
BORDERS = ("reflect", "inside")
PATCHES = 200_000  # that are drawn of the normal pictures, at most
RIDGE = 1e-3  # of the mean variance
ROUNDING = (2 / 255) ** 2 / 12
STRIP = 1 << 24  # numbers that a strip of the whitened picture may hold


@dataclass(frozen=True, eq=False)
class PatchStatistics:
    """The statistics of normal patches.

    Args:
        mean: μ, float32 ``[C, s, s]``, in [-1, 1].
        whitening: W, float32 ``[D, D]`` with D = C s²; a row has the pixels of a patch in the order of ``mean``.

    Raises:
        ModelError: the two do not fit each other, are not float32 or not finite.
    """

    mean: Tensor
    whitening: Tensor

    def __post_init__(self) -> None:
        if self.mean.ndim != 3 or self.mean.shape[1] != self.mean.shape[2] or not self.mean.numel():
            raise ModelError("The mean of patch statistics must be a square patch of one or more channels.")
        if tuple(self.whitening.shape) != (self.mean.numel(), self.mean.numel()):
            raise ModelError("The whitening matrix of patch statistics must have a row and a column for every pixel.")
        for tensor in (self.mean, self.whitening):
            if tensor.dtype != torch.float32 or not tensor.isfinite().all():
                raise ModelError("Patch statistics must be finite numbers in float32.")

    @classmethod
    def fit(
        cls, pictures: Sequence[Tensor], side: int = SIDE, seed: int = 0, limit: int = PATCHES
    ) -> PatchStatistics:
        """The statistics (1) of normal pictures.

        Args:
            pictures: float ``[C, H, W]`` each, in [-1, 1], of any sizes from ``side`` on.
            side: of a patch, in pixels.
            seed: of the draw of patches.
            limit: so many patches at most, each position of a patch in any picture as likely as another.

        Raises:
            InputError: there is no picture, one is smaller than a patch or not finite, or channels differ.
        """
        if not pictures or side < 1 or limit < 1:
            raise InputError("Patch statistics need at least one normal picture and one patch of at least one pixel.")
        channels = pictures[0].shape[0]
        for picture in pictures:
            _check(picture, channels, side)
        pixels = channels * side * side
        total, products = np.zeros(pixels), np.zeros((pixels, pixels))
        places = _places([p.shape for p in pictures], side, seed, limit)
        for picture, chosen in zip(pictures, places, strict=True):
            patches = _patches(picture, chosen, side)
            total += patches.sum(0)
            products += patches.T @ patches
        drawn = sum(map(len, places))
        mean = total / drawn
        return cls._of(mean, products / drawn - np.outer(mean, mean), (channels, side, side))

    @classmethod
    def _of(cls, mean: np.ndarray, covariance: np.ndarray, shape: tuple[int, int, int]) -> PatchStatistics:
        ridge = max(RIDGE * float(np.trace(covariance)) / len(mean), ROUNDING)
        lower = torch.linalg.cholesky(torch.from_numpy(covariance + ridge * np.eye(len(mean))))
        whitening = torch.linalg.solve_triangular(lower, torch.eye(len(mean), dtype=lower.dtype), upper=False)
        return cls(torch.from_numpy(mean).view(shape).float(), whitening.float().contiguous())

    def map(self, picture: Tensor, border: str = "reflect") -> Tensor:
        """d(p) by (2), float32 ``[H, W]``, 0 or above, on the device of the picture.

        The patch of a pixel reaches s // 2 pixels up and left of it and (s − 1) // 2 down and right.

        Args:
            picture: float ``[C, H, W]`` in [-1, 1], at least s pixels high and wide.
            border: what is done where a patch would reach beyond the border. ``reflect``: the picture is reflected,
                which bends slanted textures and so raises the map there; ``inside``: the pixel has the distance of the
                nearest patch that lies inside, so that only what was seen is judged.

        Raises:
            InputError: the picture has other channels, is too small or not finite, or the border is unknown.
        """
        channels, side, _ = self.mean.shape
        _check(picture, channels, side)
        if border not in BORDERS:
            raise InputError(f"The border of a map is one of {', '.join(BORDERS)}, not {border!r}.")
        before, after = side // 2, (side - 1) // 2
        reach = (before, after, before, after)
        if border == "inside":
            return functional.pad(self._distances(picture)[None, None], reach, mode="replicate")[0, 0]
        return self._distances(functional.pad(picture[None], reach, mode="reflect")[0])

    def _distances(self, picture: Tensor) -> Tensor:
        """d of every patch inside a picture, ``[H − s + 1, W − s + 1]``."""
        channels, side, _ = self.mean.shape
        mean, whitening = (t.to(picture.device) for t in (self.mean, self.whitening))
        # Both sides of z − μ less the mean grey first: else large numbers cancel in the convolution.
        grey = mean.mean((1, 2), keepdim=True)
        bias = -(whitening @ (mean - grey).flatten())
        kernels, plain = whitening.view(-1, channels, side, side), picture.float() - grey
        _, height, width = picture.shape
        rows = max(1, STRIP // (len(kernels) * width))
        strips = [plain[None, :, y : y + rows + side - 1] for y in range(0, height - side + 1, rows)]
        return torch.cat([functional.conv2d(strip, kernels, bias)[0].square().sum(0).sqrt() for strip in strips])

    def tensors(self) -> dict[str, Tensor]:
        """``mean`` and ``whitening`` for storing, float32: half precision would lose the small variances."""
        return {"mean": self.mean.contiguous(), "whitening": self.whitening.contiguous()}

    @classmethod
    def from_tensors(cls, tensors: dict[str, Tensor]) -> PatchStatistics:
        """What :meth:`tensors` gave; other entries are left alone.

        Raises:
            ModelError: one of the two is missing, or as the class says.
        """
        if not {"mean", "whitening"} <= tensors.keys():
            raise ModelError("Patch statistics need a mean and a whitening matrix.")
        return cls(tensors["mean"], tensors["whitening"])


def _check(picture: Tensor, channels: int, side: int) -> None:
    if picture.ndim != 3 or picture.shape[0] != channels or min(picture.shape[1:]) < side:
        raise InputError(f"Patch statistics need pictures of {channels} channels, {side} pixels high and wide or more.")
    if not picture.isfinite().all():
        raise InputError("Patch statistics need pictures whose pixels are finite numbers.")


def _places(shapes: Sequence[Sequence[int]], side: int, seed: int, limit: int) -> list[np.ndarray]:
    """Drawn patches of every picture, row by row of its (H − s + 1)(W − s + 1) positions, none twice."""
    ends = np.cumsum([(h - side + 1) * (w - side + 1) for _, h, w in shapes])
    drawn = np.arange(ends[-1])
    if ends[-1] > limit:
        drawn = np.sort(np.random.default_rng(seed).choice(ends[-1], limit, replace=False, shuffle=False))
    found = np.split(drawn, np.searchsorted(drawn, ends[:-1]))
    return [places - start for places, start in zip(found, [0, *ends[:-1]], strict=True)]


def _patches(picture: Tensor, places: np.ndarray, side: int) -> np.ndarray:
    """Patches float64 ``[N, C s²]`` at the given positions."""
    windows = np.lib.stride_tricks.sliding_window_view(picture.detach().cpu().double().numpy(), (side, side), (1, 2))
    chosen = windows[:, *np.divmod(places, windows.shape[2])]
    return chosen.swapaxes(0, 1).reshape(len(places), windows.shape[0] * side * side)
