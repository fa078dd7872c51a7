"""Judges of made pictures: one-step models of the same data, which label pictures anew and give features of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import torch
from PIL import Image
from torch import Tensor, nn

from flowdemo.networks.convnet import ConvNet
from flowdemo.systems.base import to_state
from flowdemo.systems.classifier import Classifier
from flowdemo.systems.discriminative import Discriminative
from flowdemo.zoo import Model, available, load, read_manifest


class Judge:
    """A discriminative model or a classifier of the same data.

    Args:
        system: the model's system.
        size: (w, h) it works at; pictures of another size are resized to it.
        classes: number of classes.
    """

    def __init__(self, system: Discriminative | Classifier, size: tuple[int, int], classes: int) -> None:
        self.system, self.size, self.classes = system, size, classes

    def __call__(self, pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Pictures uint8 ``[B, H, W, 3]`` → labels uint8 at the judge's size, ``[B, h, w]`` (or ``[B]`` from a
        classifier), and features ``[B, F]``.

        The features are the penultimate ones: what enters the output layer, averaged over the map.
        """
        network = self.system.network
        state = to_state(resized(pictures, self.size), network.config.in_channels).to(self.system.device)
        with _penultimate(network.head if isinstance(network, ConvNet) else network.unet.conv_out) as caught:
            logits = self.system.logits(state)
        features = caught[-1].float().flatten(2).mean(2) if caught[-1].ndim == 4 else caught[-1].float()
        return logits.argmax(1).to(torch.uint8).cpu().numpy(), features.double().cpu().numpy()


def find_judge(model: Model) -> Judge | None:
    """The judge of a model's pictures among the models at hand: of the same data and classes, one of the same size
    first; None if there is none.
    """
    fitting = model.manifest.judges(read_manifest(folder) for folder in available().values())
    if not fitting:
        return None
    judge = load(fitting[0].name, model.device)
    return Judge(judge.system, judge.manifest.size, len(judge.manifest.palette.classes))


def data_of(model: Model) -> str | None:
    """Name of the set that a model was trained on."""
    return model.manifest.data.get("name")


def resized(pictures: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Pictures uint8 ``[B, H, W, 3]`` to (w, h) by Lanczos, where they are not that size."""
    if pictures.shape[2:0:-1] == size:
        return pictures
    return np.stack([np.asarray(Image.fromarray(p).resize(size, Image.Resampling.LANCZOS)) for p in pictures])


@contextmanager
def _penultimate(layer: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what enters the output layer."""
    caught: list[Tensor] = []
    hook = layer.register_forward_pre_hook(lambda _, given: caught.append(given[0].detach()))
    try:
        yield caught
    finally:
        hook.remove()
