"""What the recipes for masks minimise, for one batch of images ``[B, 3, H, W]`` in [-1, 1] and labels ``[B, H, W]``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.systems.discriminative import DISCRIMINATIVE_TIME
from flowdemo.systems.labels import PixelLabels
from flowdemo.systems.semflow import TIME_SCALE, SemFlowHead, perturb

Objective = Callable[[nn.Module, Tensor, Tensor, torch.Generator], dict[str, Tensor]]


def sample_times(n: int, how: str, generator: torch.Generator) -> Tensor:
    """t ``[n, 1, 1, 1]`` in [0, 1]: ``uniform``; ``arcsine`` (Beta(½, ½)), which visits both ends more often; or
    ``early`` (Beta(½, 1)), which visits the source more often.

    Stratified over the batch, which lowers the variance of the loss at no cost.
    """
    u = (torch.randperm(n, generator=generator) + torch.rand(n, generator=generator)) / n
    t = {"uniform": u, "arcsine": torch.sin(u * (torch.pi / 2)) ** 2, "early": u**2}[how]
    return t.view(n, 1, 1, 1)


def varied(beta: float, n: int, generator: torch.Generator) -> Tensor:
    """Half-widths ``[n, 1, 1, 1]`` up to β: half of them β itself, half uniformly below it, so that one network serves
    the whole slider.
    """
    return beta * (2 * torch.rand(n, 1, 1, 1, generator=generator)).clamp(max=1)


@dataclass(frozen=True)
class SemFlowObjective:
    """Loss of :mod:`flowdemo.systems.semflow` for any of its three predictions.

    Args:
        head: prediction form and codes.
        beta: largest half-width of the perturbation, in grey levels; each picture draws its own, see :func:`varied`.
        times: see :func:`sample_times`.
        image_weight: weight of the image end against the mask end.
        class_weights: weight of each class in the cross-entropy of a posterior, ``[rows]``, or None.
        rollout: share of the pictures whose path leads to the network's own first guess of the mask instead of the
            true one, while the targets stay true. A run towards the mask meets such states and no others from its
            second step on; without them the network learns to confirm what it finds in z.
    """

    head: SemFlowHead
    beta: float
    times: str = "uniform"
    image_weight: float = 1.0
    class_weights: Tensor | None = None
    rollout: float = 0.0

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor, gen: torch.Generator) -> dict[str, Tensor]:
        clean = PixelLabels(self.head.codebook).encode(labels)
        beta = varied(self.beta, len(images), gen)
        noisy = perturb(clean, beta.to(images.device), generator_on(images.device, gen))
        if self.rollout and self.head.prediction != "velocity":
            guessed = self._guess(network, images[: round(self.rollout * len(images))])
            noisy = torch.cat([guessed, noisy[len(guessed) :]])
        t = sample_times(len(images), self.times, gen).to(images.device)
        z = (1 - t) * images + t * noisy
        out = network(z, TIME_SCALE * t.flatten()).float()
        if self.head.prediction == "velocity":
            return {"velocity": F.mse_loss(out, noisy - images)}
        image, tail = self.head.split(out)
        losses = {"image": self.image_weight * F.mse_loss(image, images)}
        if self.head.prediction == "endpoints":
            return losses | {"mask": F.mse_loss(tail, clean)}
        return losses | {"classes": cross_entropy(tail, labels, self.class_weights)}

    @torch.no_grad()
    def _guess(self, network: nn.Module, images: Tensor) -> Tensor:
        """Where one Euler step from t = 0 would lead; no perturbation, as in a run towards the mask."""
        out = network(images, torch.zeros(len(images), device=images.device)).float()
        return self.head.mask_estimate(self.head.split(out)[1])


@dataclass(frozen=True)
class DiscriminativeObjective:
    """Cross-entropy of the one-step yardstick; the void label is left out.

    Args:
        classes: number of classes.
        class_weights: as above, ``[classes]``.
    """

    classes: int
    class_weights: Tensor | None = None

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor, gen: torch.Generator) -> dict[str, Tensor]:
        tau = torch.full((len(images),), DISCRIMINATIVE_TIME, device=images.device)
        logits = network(images, tau).float()
        return {"classes": cross_entropy(logits, labels, self.class_weights, ignore=self.classes)}


def class_weights(labels: Tensor, rows: int, power: float) -> Tensor | None:
    """Weights ∝ frequency^(−power), scaled to mean 1 over pixels; None at power 0."""
    if power == 0:
        return None
    share = torch.bincount(labels.flatten().long(), minlength=rows).float().clamp(min=1) / labels.numel()
    weights = share[:rows] ** -power
    return weights / (weights * share[:rows]).sum()


def generator_on(device: torch.device, generator: torch.Generator) -> torch.Generator:
    """A generator of the device, seeded by the given one: noise the size of a batch is drawn where it is used."""
    seed = int(torch.randint(2**62, (1,), generator=generator))
    return torch.Generator(device).manual_seed(seed)


def cross_entropy(logits: Tensor, labels: Tensor, weights: Tensor | None, ignore: int = -100) -> Tensor:
    """Of logits ``[B, K, H, W]`` and labels ``[B, H, W]``, the mean over all of them.

    Weighted by pixels, not by the sum of weights, so that rare classes in a batch do not shrink the others.
    """
    if weights is not None:
        weights = weights.to(logits.device)
    loss = F.cross_entropy(logits, labels, weight=weights, ignore_index=ignore, reduction="none")
    return loss.mean()
