"""What the recipes for joint states minimise: SymmFlow with either form of labels, and the classifier beside it."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from flowdemo.systems.labels import add_uniform
from flowdemo.systems.symmflow import SymmFlowHead
from flowdemo.training.objectives import cross_entropy, generator_on, sample_times, varied


@dataclass(frozen=True)
class SymmFlowObjective:
    """Loss of :mod:`flowdemo.systems.symmflow` for all of its predictions and both forms of labels.

    Args:
        head: prediction form, labels and time scale.
        beta: largest half-width of the dequantisation, in the label form's unit; each picture draws its own, see
            :func:`~flowdemo.training.objectives.varied`. 0 is the ablation without dequantisation and nothing else: the
            labels of all training pictures are then a few isolated points, which the flow only has to memorise.
        times: see :func:`~flowdemo.training.objectives.sample_times`; one t for both halves.
        image_weight: w, weight of the image half, 0 to 1; the label half has 1 − w.
        class_weights: weight of each class in the cross-entropy of a posterior, ``[rows]``, or None.
        clean_share: share of the pictures that are shown at t = 1 itself, where a run towards the label starts: the
            clean image beside nothing but noise. The mean of a label channel gives its label away at nearly every other
            t, so that without them a network learns to read it there and hardly ever from the image.
    """

    head: SymmFlowHead
    beta: float
    times: str = "uniform"
    image_weight: float = 0.9
    class_weights: Tensor | None = None
    clean_share: float = 0.0

    def __call__(self, network: nn.Module, images: Tensor, labels: Tensor, gen: torch.Generator) -> dict[str, Tensor]:
        """Images ``[B, ci, H, W]`` in [-1, 1]; labels ``[B, H, W]`` or ``[B]``, int64."""
        head, here = self.head, generator_on(images.device, gen)
        beta = varied(self.beta, len(images), gen).to(images.device)
        clean = head.labels.encode(labels, images.shape[-2:])
        noisy = add_uniform(clean, head.labels.half_width(beta), here)
        noise_x, noise_y = (torch.randn(half.shape, generator=here, device=half.device) for half in (images, noisy))
        t = sample_times(len(images), self.times, gen)
        t[: round(self.clean_share * len(images))] = 1
        t = t.to(images.device)
        state = torch.cat([(1 - t) * noise_x + t * images, (1 - t) * noisy + t * noise_y], 1)
        out = network(head.shown(state, t), head.time_scale * t.flatten()).float()
        image, v_y, logits = head.split(out, state, t)
        weight = self.image_weight
        losses = {"image": weight * F.mse_loss(image, head.image_target(images, noise_x)),
                  "label": (1 - weight) * F.mse_loss(v_y, noise_y - noisy)}
        if logits is None:
            return losses
        return losses | {"classes": cross_entropy(logits, head.labels.targets(labels), self.class_weights)}


def classifier_loss(
    network: nn.Module, images: Tensor, labels: Tensor, gen: torch.Generator
) -> dict[str, Tensor]:
    """Cross-entropy of the one-step classifier; labels ``[B]``."""
    return {"classes": F.cross_entropy(network(images).float(), labels)}
