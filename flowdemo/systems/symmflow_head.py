"""How a SymmFlow network's channels are read, and what it is spared; equations (1) to (4) are in ``symmflow.py``.

The posterior of a whole label follows Bayes' rule: given its class, a label's noise knows nothing of the image, so that

    log p(c | x_t, y_t) = logits + log p(y_t | c) + const,                                              (5)

where the second term is known: what the label half itself tells. It is not left to be learned; the network answers with
what it sees in the image, and is shown the second term, normalised, as further channels.

Of either half the network may also be spared the part that a line knows (``skip``): where z = (1 − s) ξ + s·clean, the
clean half of spread σ and s of its way done, the best linear guess of clean − ξ is

    c(s)·z  with  c(s) = (s σ² − (1 − s)) / ((1 − s)² + s² σ²),                                         (6)

and the network answers with the rest. It need not copy the noise then, which small networks do badly.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from flowdemo.errors import ModelError
from flowdemo.flow.paths import linear_guess, velocity_to_target
from flowdemo.systems.base import NEAREST_TO_END
from flowdemo.systems.labels import Labels, posterior_mean

PREDICTIONS = ("velocity", "posterior", "endpoints")
LEAST_LEFT = 0.2  # of 1 − t; the image half then ends about as spread as the noise it stands for


@dataclass(frozen=True)
class SymmFlowHead:
    """How the network's channels are read.

    Args:
        prediction: one of :data:`PREDICTIONS`.
        labels: form of the label half.
        channels: ci, channels of the image half.
        label_channels: cl; the label form's own if None (a latent mask has the autoencoder's).
        time_scale: the network is told time_scale·t; 1 for the published weights.
        skip: σ of the image half in the linear skip (6); 0 for none, as in the published weights.
    """

    prediction: str
    labels: Labels
    channels: int = 3
    label_channels: int | None = None
    time_scale: float = 1.0
    skip: float = 0.0

    def __post_init__(self) -> None:
        if self.prediction not in PREDICTIONS:
            raise ModelError(f"SymmFlow predicts {' or '.join(PREDICTIONS)}, not {self.prediction!r}.")
        if self.rows and self.half != self.labels.channels:
            raise ModelError("A class posterior needs labels in pixels; a latent SymmFlow predicts velocity.")

    @property
    def half(self) -> int:
        """cl, channels of the label half."""
        return self.label_channels or self.labels.channels

    @property
    def state_channels(self) -> int:
        """Channels of the state."""
        return self.channels + self.half

    @property
    def rows(self) -> int:
        """Classes that a posterior speaks of, the void class included; 0 where there is none."""
        return 0 if self.prediction == "velocity" else len(self.labels.points)

    @property
    def in_channels(self) -> int:
        """Channels the network is shown."""
        return self.state_channels + (self.rows if self.labels.kind == "global" else 0)

    @property
    def out_channels(self) -> int:
        """Channels the network must answer with."""
        return self.state_channels + self.rows

    def shown(self, state: Tensor, t: float | Tensor) -> Tensor:
        """What the network is shown of a state, ``[B, in, H, W]``: beside it p(c | y_t), for a whole label's posterior.

        Args:
            state: ``[B, ci + cl, H, W]``.
            t: a number, or one per sample as ``[B, 1, 1, 1]``.
        """
        told = self._evidence(state, t)
        if told is None:
            return state
        return torch.cat([state, told.softmax(1).expand(-1, -1, *state.shape[2:])], 1)

    def split(self, out: Tensor, state: Tensor, t: float | Tensor) -> tuple[Tensor, Tensor, Tensor | None]:
        """``[B, out, H, W]`` → image part, v_y, and the unnormalised log p(c | x_t, y_t) of every label, or None.

        The image part is v_x, or for ``endpoints`` the clean image x̂; see :meth:`image_velocity`.

        Args:
            out: the network's answer at t.
            state, t: as for :meth:`shown`.
        """
        image, v_y = out[:, : self.channels], out[:, self.channels : self.state_channels]
        if self.skip:
            if self.prediction != "endpoints":
                image = image + linear_guess(t, self.skip) * state[:, : self.channels]
            v_y = v_y - linear_guess(1 - t, self._label_spread) * state[:, self.channels :]
        if not self.rows:
            return image, v_y, None
        logits, told = self.labels.pool(out[:, self.state_channels :]), self._evidence(state, t)
        return image, v_y, logits if told is None else logits + told  # (5)

    def image_velocity(self, image: Tensor, state: Tensor, t: float, to_label: bool) -> Tensor:
        """v_x from the image part of :meth:`split`: as it is, or (x̂ − x_t)/(1 − t), whose last Euler step lands on x̂.

        At t = 1 the state is the clean image, and nothing is known of its noise but the mean, so that v_x = x̂. Just
        below, where a run towards the label comes next, the quotient multiplies what x̂ misses by 1/(1 − t): the image
        half would swell and the label be read from what is no image any more. On that way 1 − t counts as
        :data:`LEAST_LEFT` at least, and the image dissolves a little later.
        """
        if self.prediction != "endpoints" or 1 - t < NEAREST_TO_END:
            return image
        return velocity_to_target(image, state[:, : self.channels], min(t, 1 - LEAST_LEFT) if to_label else t)

    def image_target(self, images: Tensor, noise: Tensor) -> Tensor:
        """What the image part should be: x, or x − ξ_x."""
        return images if self.prediction == "endpoints" else images - noise

    def label_estimate(self, logits: Tensor, temperature: float) -> Tensor:
        """ŷ from the logits of :meth:`split`. The void class is left out: it is never decoded, so no path should lead
        to it.
        """
        return posterior_mean(logits[:, : self.labels.classes], self.labels.points, temperature)

    def _evidence(self, state: Tensor, t: float | Tensor) -> Tensor | None:
        return self.labels.evidence(state[:, self.channels :], t) if self.rows else None

    @cached_property
    def _label_spread(self) -> float:
        return float(self.labels.points.square().mean().sqrt())
