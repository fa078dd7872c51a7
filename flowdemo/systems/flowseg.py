"""FlowSeg (arXiv 2603.19218): segmentation as a conditional flow whose vector field is reshaped by its codes.

Shapes: image I, source x₀, clean pseudo mask x₁ and state x_t are ``[B, 3, H, W]`` in about [-1, 1]. A run's state
carries the image beside x_t, ``[B, 6, H, W]``; the image stays as it is.

    codes           x₁(p) = μ_y(p), a Kronecker sequence                    (``codes.families``)
    path            x_t = (1 − t) x₀ + t x₁                                 (1)
    velocity        v_θ(x_t, t, I) ≈ x₁ − x₀                                (2)
    reshaped        ṽ = (x₁ − x₀) − η ∇Φ(x̂₁, y),  x̂₁ = x_t + (1 − t) v_θ    (3)
    loss            E‖v_θ − sg[ṽ]‖² over the pixels that have a class       (4)

Φ is the potential of :mod:`flowdemo.systems.potential`; η = 0 is plain flow matching. With the target held fixed, (4)
has the gradient of ‖v_θ − (x₁ − x₀)‖² + 2η/(1 − t) Φ(x̂₁, y): flow matching and a cross-entropy of distances. Nothing
is corrected at inference: t runs 0 → 1 and the nearest code is read out.

The source is the image itself (``start="image"``, nothing is drawn) or Gaussian noise (``start="gaussian"``).

Two forms of the network's answer:

    velocity    out = v but for the part of it that a line knows, −I from the image and c(t)·x_t from noise
                (``flow.paths.linear_guess``), so that the network need not copy what it is given:
                v = out − I   or   v = out + c(t) x_t                       (5)
    posterior   out = class logits; from the image only
                v = Σ_c p(c) μ_c − I                                        (6)

From the image, N Euler steps end at the mean of the N predictions of x₁.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook
from flowdemo.errors import ModelError
from flowdemo.flow import Step, solve, uniform, watched
from flowdemo.flow.paths import linear_guess
from flowdemo.systems.base import IMAGE_TO_MASK, Option, Watch, gaussian, to_state, to_uint8
from flowdemo.systems.labels import posterior_mean

TIME_SCALE = 1000.0  # diffusers' time embedding is made for 0 to 1000
CHANNELS = 3
PREDICTIONS = ("velocity", "posterior")
STARTS = ("image", "gaussian")
Network = Callable[[Tensor, Tensor], Tensor]


@dataclass(frozen=True)
class FlowSegHead:
    """How the network's answer is read.

    Args:
        prediction: one of :data:`PREDICTIONS`.
        start: one of :data:`STARTS`.
        codebook: category codes.
    """

    prediction: str
    start: str
    codebook: Codebook

    def __post_init__(self) -> None:
        if self.prediction not in PREDICTIONS:
            raise ModelError(f"FlowSeg predicts {' or '.join(PREDICTIONS)}, not {self.prediction!r}.")
        if self.start not in STARTS:
            raise ModelError(f"FlowSeg starts from {' or '.join(STARTS)}, not {self.start!r}.")
        if (self.prediction, self.start) == ("posterior", "gaussian"):
            raise ModelError("FlowSeg's class posterior is for paths from the image; from noise it predicts velocity.")

    @property
    def out_channels(self) -> int:
        """Channels the network must answer with."""
        return self.codebook.classes if self.prediction == "posterior" else CHANNELS

    @cached_property
    def points(self) -> Tensor:
        """μ of classes and void, ``[rows, 3]``."""
        return torch.from_numpy(self.codebook.points)

    @cached_property
    def _spread(self) -> float:
        return float(self.points[: self.codebook.classes].square().mean().sqrt())

    def velocity(self, out: Tensor, x: Tensor, image: Tensor, t: float | Tensor) -> Tensor:
        """v ``[B, 3, H, W]`` from the network's answer at (x, t), by (5) or (6).

        Args:
            out: ``[B, out, H, W]``.
            x, image: ``[B, 3, H, W]``.
            t: a number, or one per sample as ``[B, 1, 1, 1]``.
        """
        if self.prediction == "posterior":
            return posterior_mean(out, self.points[: self.codebook.classes]) - image
        return out - image if self.start == "image" else out + linear_guess(t, self._spread) * x


class FlowSeg:
    """Image to mask.

    Args:
        network: ``([x_t, I] [B, 6, H, W], τ [B]) → [B, out, H, W]`` with τ = 1000·t.
        head: how its answer is read.
        device: where states live.
    """

    name = "FlowSeg"
    task = "segmentation"
    directions = (IMAGE_TO_MASK,)
    time_symbol = "t"
    options: tuple[Option, ...] = ()

    def __init__(self, network: Network, head: FlowSegHead, device: str | torch.device = "cpu") -> None:
        self.network, self.head, self.device = network, head, torch.device(device)

    @property
    def codebook(self) -> Codebook:
        return self.head.codebook

    def grid(self, direction: str, steps: int) -> tuple[float, ...]:
        """t_i = i/N, from the source to the mask."""
        return uniform(steps)

    def start(self, direction: str, given: np.ndarray, beta: float = 0.0, seeds: Sequence[int] = (0,)) -> Tensor:
        """Pictures uint8 ``[B, H, W, 3]`` → (x₀, I), ``[B, 6, H, W]``.

        Args:
            beta: not used; the codes are not perturbed.
            seeds: one per sample, for a Gaussian source.
        """
        image = to_state(given, CHANNELS)
        sources = [torch.Generator().manual_seed(seed) for seed in seeds]
        source = image if self.head.start == "image" else gaussian(CHANNELS, image.shape[-2:], sources)
        return torch.cat([source, image], 1).to(self.device)

    def field(self, direction: str = IMAGE_TO_MASK) -> FlowSegField:
        return FlowSegField(self.network, self.head)

    @torch.no_grad()
    def steps(
        self, direction: str, start: Tensor, steps: int, solver: str = "euler", watch: Watch = None
    ) -> Iterator[Step]:
        """Integrate from ``start``; N + 1 steps, the first being the start itself."""
        yield from solve(solver, watched(self.field(direction), watch), start, self.grid(direction, steps))

    def picture(self, state: Tensor) -> np.ndarray:
        return to_uint8(state[:, :CHANNELS])

    def classes(self, state: Tensor) -> np.ndarray:
        """Nearest class code of every pixel of x_t, uint8 ``[B, H, W]``, void excluded."""
        return self.codebook.decode(self.codes(state))

    def codes(self, state: Tensor) -> np.ndarray:
        """x_t, float32 ``[B, 3, H, W]``."""
        return state[:, :CHANNELS].float().cpu().numpy()

    def image_half(self, state: Tensor) -> None:
        """None: the image beside x_t is a condition and does not move."""
        return None


class FlowSegField:
    """The velocity of a state (x_t, I), ``[B, 6, H, W]`` → the same; 0 for the image. t is a Python float in [0, 1]."""

    def __init__(self, network: Network, head: FlowSegHead) -> None:
        self.network, self.head = network, head

    def __call__(self, state: Tensor, t: float) -> Tensor:
        x, image = state.split(CHANNELS, 1)
        out = self.network(state, torch.full((len(state),), TIME_SCALE * t, device=state.device)).float()
        v = self.head.velocity(out, x, image, t)
        return torch.cat([v, torch.zeros_like(image)], 1)

    def target(self, state: Tensor, t: float) -> Tensor:
        """x̂₁ = x_t + (1 − t) v, ``[B, 3, H, W]``: where the run would end if it went straight on."""
        return state[:, :CHANNELS] + (1 - t) * self(state, t)[:, :CHANNELS]
