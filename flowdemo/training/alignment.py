"""Alignment of a network's inner features with those of a trained one, as in REPA (arXiv 2410.06940).

A flow learns what it needs to see from a target of three numbers a pixel; a model that was trained to tell the classes
apart knows more. While the flow trains, the map before its last level is drawn towards that of the teacher for the
same picture. Nothing of it remains in the trained network.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from flowdemo.errors import InputError
from flowdemo.networks.unet import PatchUNet, caught
from flowdemo.systems.discriminative import DISCRIMINATIVE_TIME
from flowdemo.zoo import load

PLACE = -2  # of the blocks on the way up: the last one stays free


class Alignment:
    """1 − cosine between standardised features of student and teacher, averaged over places.

    The teacher's channels are brought to the student's number by a fixed random matrix with orthonormal rows.

    Args:
        teacher: name or folder of a discriminative model of the same size of pictures and patches.
        size: (w, h) of the pictures.
        patch: of the student.
        width: channels of the student's features, no more than the teacher's.

    Raises:
        InputError: the teacher does not fit.
        ModelError: there is no such model.
    """

    def __init__(self, teacher: str, size: tuple[int, int], patch: int, width: int) -> None:
        model = load(teacher, "cpu")
        self.teacher = getattr(model.system, "network", None)
        if model.manifest.system != "discriminative" or not isinstance(self.teacher, PatchUNet):
            raise InputError(f"The teacher {teacher!r} must be a discriminative model.", field="set")
        wide = self.teacher.unet.config.block_out_channels[1]
        if (model.manifest.size, self.teacher.config.patch) != (size, patch) or wide < width:
            raise InputError(f"The teacher {teacher!r} has other pictures, patches or widths than the flow.", "set")
        self.teacher.requires_grad_(False)
        square = torch.randn(wide, wide, generator=torch.Generator().manual_seed(0))
        self._down = torch.linalg.qr(square)[0][:width]

    @contextmanager
    def watching(self, network: nn.Module) -> Iterator[list[Tensor]]:
        """Collect the student's features ``[B, C, h, w]`` of each call while the context is open."""
        with caught(getattr(network, "module", network).unet.up_blocks[PLACE]) as seen:
            yield seen

    def __call__(self, features: Tensor, images: Tensor) -> Tensor:
        """The loss, 0 to 2, of the student's features and the pictures ``[B, 3, H, W]`` in [-1, 1] it saw."""
        told = torch.einsum("dc,bchw->bdhw", self._down.to(images.device), standardised(self._told(images)))
        return 1 - nn.functional.cosine_similarity(standardised(features), standardised(told), dim=1).mean()

    @torch.no_grad()
    def _told(self, images: Tensor) -> Tensor:
        self.teacher.to(images.device)
        with caught(self.teacher.unet.up_blocks[PLACE]) as seen:
            self.teacher(images, torch.full((len(images),), DISCRIMINATIVE_TIME, device=images.device))
        return seen[-1]


def standardised(features: Tensor) -> Tensor:
    """Mean 0 and standard deviation 1 of each channel of ``[B, C, h, w]`` over batch and places, in float32."""
    features = features.float()
    mean, deviation = features.mean((0, 2, 3), keepdim=True), features.std((0, 2, 3), keepdim=True)
    return (features - mean) / (deviation + 1e-5)
