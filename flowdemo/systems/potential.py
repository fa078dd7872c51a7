"""FlowSeg's distance-aware potential (arXiv 2603.19218): it draws a point to its own code and drives it off others.

For a point x̂ and codes μ_k, d_k = ‖x̂ − μ_k‖², a transform T and a temperature τ:

    p_k = softmax_k(T(d_k)/τ),   Φ(x̂, y) = −log p_y                                                    (1)
    ∇Φ  = −(2/τ) Σ_k (1[k = y] − p_k) T′(d_k) (x̂ − μ_k)                                                 (2)

−∇Φ pulls towards μ_y and pushes away from the codes that x̂ would be taken for. With T(d) = −log(d + ε) the pull goes
as r^(2/τ − 1) near the code, where that of a squared error goes as r: it lasts longer for τ > 1 and less for τ < 1.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from flowdemo.errors import InputError

Curve = Callable[[Tensor, float], Tensor]
TRANSFORMS: dict[str, tuple[Curve, Curve]] = {  # T(d) and T′(d), given ε
    "log": (lambda d, e: -(d + e).log(), lambda d, e: -1 / (d + e)),
    "linear": (lambda d, e: -d, lambda d, e: -torch.ones_like(d)),
    "root": (lambda d, e: -(d + e).sqrt(), lambda d, e: -0.5 / (d + e).sqrt()),
    "inverse": (lambda d, e: 1 / (d + e), lambda d, e: -1 / (d + e) ** 2),
}


@dataclass(frozen=True, eq=False)
class Potential:
    """Φ of one set of codes.

    Args:
        points: μ, ``[K, C]``, in [-1, 1].
        tau: temperature τ, above 0.
        epsilon: ε, above 0, in squared state units.
        transform: a key of :data:`TRANSFORMS`.

    Raises:
        InputError: τ or ε is not above 0, or the transform is unknown.

    States are ``[B, C, …]``, labels int64 ``[B, …]`` below K.
    """

    points: Tensor
    tau: float = 1.0
    epsilon: float = 1e-3
    transform: str = "log"

    def __post_init__(self) -> None:
        if not self.tau > 0 or not self.epsilon > 0:
            raise InputError("The temperature τ and the smoothing ε of FlowSeg must be above 0.", field="set")
        if self.transform not in TRANSFORMS:
            raise InputError(f"FlowSeg's transform is {', '.join(TRANSFORMS)}, not {self.transform!r}.", field="set")

    def distances(self, x: Tensor) -> Tensor:
        """d_k = ‖x − μ_k‖², ``[B, K, …]``."""
        points = self._points(x)
        crossed = torch.einsum("bc...,kc->bk...", x, points)
        squares = (points**2).sum(1).view(-1, *[1] * (x.ndim - 2))
        return ((x**2).sum(1, keepdim=True) - 2 * crossed + squares).clamp(min=0)

    def log_probabilities(self, x: Tensor) -> Tensor:
        """log p_k, ``[B, K, …]``."""
        return (TRANSFORMS[self.transform][0](self.distances(x), self.epsilon) / self.tau).log_softmax(1)

    def value(self, x: Tensor, labels: Tensor) -> Tensor:
        """Φ ≥ 0, ``[B, …]``."""
        return -self.log_probabilities(x).gather(1, labels[:, None])[:, 0]

    def gradient(self, x: Tensor, labels: Tensor, clip: float = float("inf")) -> Tensor:
        """∇Φ by (2), in the shape of x, with no graph of its own.

        Args:
            clip: bound of its Euclidean norm at every pixel.
        """
        x = x.detach()
        d = self.distances(x)
        share = (TRANSFORMS[self.transform][0](d, self.epsilon) / self.tau).softmax(1).neg_()
        share.scatter_add_(1, labels[:, None], torch.ones_like(d[:, :1]))  # 1[k = y] − p_k
        weights = share * TRANSFORMS[self.transform][1](d, self.epsilon) * (-2 / self.tau)
        towards = torch.einsum("bk...,kc->bc...", weights, self._points(x))
        gradient = weights.sum(1, keepdim=True) * x - towards
        if clip == float("inf"):
            return gradient
        return gradient * (clip / gradient.norm(dim=1, keepdim=True).clamp(min=clip))

    def _points(self, x: Tensor) -> Tensor:
        return self.points.to(x.device, x.dtype)
