"""SemFlow (Wang et al., NeurIPS 2024, arXiv 2405.20282): rectified flow between an image and its mask.

Shapes: image x₀, clean pseudo mask x₁, state z are ``[B, 3, H, W]`` (or latents ``[B, C, h, w]``) in about [-1, 1].

    pseudo mask     M = s · (base-k digits of c)                       (section 3.2; ``codes.base_k``)
    perturbation    x₁' = x₁ + ξ,  ξ ~ U(-β, β),  0 ≤ β < s/2           (section 3.3)
    path            z_t = (1 − t) x₀ + t x₁'                            (eq. 2)
    velocity        v = x₁' − x₀,  loss E‖v_θ(z_t, t) − v‖²             (eq. 4)

t = 0 is the image and t = 1 the mask; the network is told 1000·t. The image becomes a mask by integrating t: 0 → 1,
and a perturbed mask becomes an image by integrating the same field 1 → 0.

Three forms of the network's answer, all giving a velocity:

    velocity    out = v                                                (the paper; published weights)
    endpoints   out = (x̂₀, x̂₁), squared error of image and clean mask
    posterior   out = (x̂₀, class logits); x̂₁ = Σ_c p(c | z, t) μ_c     (the mean of the categorical posterior, as in
                variational flow matching, arXiv 2406.04843), trained by cross-entropy

For the last two v = (x̂₁ − z)/(1 − t) towards the mask and v = (z − x̂₀)/t towards the image, so the last Euler step
lands exactly on a prediction.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from ..codes import Codebook
from ..codes.codebook import HALF_RANGE
from ..errors import ModelError

TIME_SCALE = 1000.0  # SemFlow tells its network 1000·t
NEAREST_TO_END = 1e-3  # second-order solvers evaluate at the arrival time, where an end-point velocity is 0/0
PREDICTIONS = ("velocity", "endpoints", "posterior")


@dataclass(frozen=True)
class SemFlowHead:
    """How the network's channels are read.

    Args:
        prediction: one of :data:`PREDICTIONS`.
        codebook: the model's category codes.
        channels: channels of the state, 3 in pixel space.
    """

    prediction: str
    codebook: Codebook
    channels: int = 3

    def __post_init__(self) -> None:
        if self.prediction not in PREDICTIONS:
            raise ModelError(f"SemFlow predicts {', '.join(PREDICTIONS)}, not {self.prediction!r}.")
        if self.prediction == "posterior" and self.channels != 3:
            raise ModelError("A class posterior needs pixel codes; a latent SemFlow predicts velocity or endpoints.")

    @property
    def out_channels(self) -> int:
        """Channels the network must answer with."""
        extra = {"velocity": 0, "endpoints": self.channels, "posterior": len(self.codebook.levels)}
        return self.channels + extra[self.prediction]

    def split(self, out: Tensor) -> tuple[Tensor, Tensor]:
        """``[B, out, H, W]`` → (x̂₀, what says the mask end): x̂₁ for endpoints, logits for posterior."""
        return out[:, : self.channels], out[:, self.channels :]

    def mask_estimate(self, tail: Tensor, temperature: float = 1.0) -> Tensor:
        """x̂₁ ``[B, C, H, W]`` from the second part of :meth:`split`.

        For a posterior the void class is left out: it is never decoded, so no path should lead to it.
        ``temperature`` below 1 sharpens p towards its mode; 0 takes the mode.
        """
        if self.prediction == "endpoints":
            return tail
        logits = tail[:, : self.codebook.classes].float()
        points = torch.as_tensor(self.codebook.points[: self.codebook.classes], device=tail.device)
        if temperature == 0:
            return points[logits.argmax(1)].permute(0, 3, 1, 2)
        p = (logits / temperature).softmax(1)
        return torch.einsum("bkhw,kc->bchw", p, points)


class SemFlowField:
    """The velocity field v(z, t) of one direction, ``[B, C, H, W]`` → ``[B, C, H, W]``; t a Python float in [0, 1].

    Args:
        network: ``(z, τ [B]) → [B, out, H, W]`` with τ = 1000·t.
        head: how its answer is read.
        to_mask: direction of the run, which decides the end point that is trusted.
        temperature: sharpness of the class posterior (only for ``posterior``).
    """

    def __init__(self, network: nn.Module, head: SemFlowHead, to_mask: bool, temperature: float = 1.0) -> None:
        self.network, self.head, self.to_mask, self.temperature = network, head, to_mask, temperature

    def __call__(self, z: Tensor, t: float) -> Tensor:
        tau = torch.full((len(z),), TIME_SCALE * t, device=z.device)
        out = self.network(z, tau).float()
        if self.head.prediction == "velocity":
            return out
        image, tail = self.head.split(out)
        if self.to_mask:
            return (self.head.mask_estimate(tail, self.temperature) - z) / max(1 - t, NEAREST_TO_END)
        return (z - image) / max(t, NEAREST_TO_END)


def perturb(mask: Tensor, beta: float | Tensor, generator: torch.Generator | None = None) -> Tensor:
    """x₁ + ξ with ξ ~ U(-β, β) per pixel and channel.

    Args:
        mask: pseudo mask ``[B, 3, H, W]`` in [-1, 1].
        beta: half-width of the noise in grey levels, one number or ``[B, 1, 1, 1]``.
        generator: seeded source of the noise (on the CPU, so that every device draws the same).
    """
    noise = torch.rand(mask.shape, generator=generator).to(mask.device)
    return mask + (2 * noise - 1) * (beta / HALF_RANGE)


def paint(codebook: Codebook, labels: np.ndarray) -> Tensor:
    """Labels ``[B, H, W]`` → clean pseudo mask ``[B, 3, H, W]`` as a float tensor."""
    return torch.from_numpy(np.ascontiguousarray(codebook.paint(labels)))
