"""States that hold image and label side by side, ``[B, ci + cl, h, w]``, image channels first; how they are read."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from flowdemo.autoencoders import Pixels
from flowdemo.codes import Codebook
from flowdemo.errors import InputError
from flowdemo.systems.base import to_state, to_uint8
from flowdemo.systems.labels import GlobalLabels, Labels


class JointState:
    """Reads both halves of a state; base of the systems that have such states.

    Args:
        labels: form of the label half.
        channels: ci, channels of the image half; 1 for grey pictures, 3 for colour, the autoencoder's for latents.
        size: (w, h) of the pictures.
        autoencoder: between pictures and states; pixels as they are if None. In latent space the painted mask is
            encoded like a picture.
        device: where states live.
    """

    def __init__(
        self, labels: Labels, channels: int, size: tuple[int, int], autoencoder=None, device: str | torch.device = "cpu"
    ) -> None:
        self.labels, self.channels, self.size = labels, channels, size
        self.autoencoder, self.device = autoencoder or Pixels(), torch.device(device)

    @property
    def codebook(self) -> Codebook:
        return self.labels.codebook

    def encoded(self, pictures: np.ndarray) -> Tensor:
        """Pictures uint8 ``[B, H, W, 3]`` or ``[B, H, W]`` → image half ``[B, ci, h, w]``."""
        colours = self.channels if isinstance(self.autoencoder, Pixels) else 3
        return self.autoencoder.encode(to_state(pictures, colours).to(self.device))

    @torch.no_grad()
    def image(self, state: Tensor) -> Tensor:
        """The image half in pixels, ``[B, 1 or 3, H, W]`` in about [-1, 1]."""
        return self.autoencoder.decode(state[:, : self.channels])

    @torch.no_grad()
    def label(self, state: Tensor) -> Tensor:
        """The label half in pixels, ``[B, 3, H, W]`` for masks, ``[B, 1, H, W]`` for whole labels."""
        half = state[:, self.channels :]
        return self.autoencoder.decode(half) if self.labels.kind == "pixel" else half

    def picture(self, state: Tensor) -> np.ndarray:
        """What the image half looks like, uint8 ``[B, H, W, 3]``; grey is repeated over the colours."""
        return to_uint8(self.image(state))

    def image_half(self, state: Tensor) -> np.ndarray:
        """The image half in pixels, float32 ``[B, 1 or 3, H, W]``, not clipped."""
        return self.image(state).float().cpu().numpy()

    def codes(self, state: Tensor) -> np.ndarray:
        """The label half as points of code space, float32 ``[B, 3, H, W]``: what the pixel probe draws."""
        return self.labels.codes(self.label(state)).float().cpu().numpy()

    def classes(self, state: Tensor) -> np.ndarray:
        """Nearest class of every pixel of the label half, uint8 ``[B, H, W]``, void excluded."""
        return self.codebook.decode(self.codes(state))

    def distances(self, state: Tensor) -> np.ndarray:
        """Distance of the label channel's mean to the level of each class, float32 ``[B, K]`` in level spacings.

        Raises:
            InputError: the labels are masks, which have no one class.
        """
        if not isinstance(self.labels, GlobalLabels):
            raise InputError("Only labels of whole pictures have distances; a mask is read pixel by pixel.", "label")
        return self.labels.distances(self.label(state))

    def category(self, state: Tensor) -> np.ndarray:
        """Class of the whole picture, uint8 ``[B]``: the level nearest to the label channel's mean.

        Raises:
            InputError: as :meth:`distances`.
        """
        return self.distances(state).argmin(1).astype(np.uint8)
