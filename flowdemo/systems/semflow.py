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
lands exactly on a prediction. Solvers that also ask at the arrival time, where that quotient is 0/0, get the other
one there, which is the same velocity seen from the other end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from flowdemo.autoencoders import Pixels
from flowdemo.codes import Codebook
from flowdemo.codes.codebook import HALF_RANGE
from flowdemo.errors import ModelError
from flowdemo.flow import Step, reversed_grid, solve, uniform, watched
from flowdemo.flow.paths import velocity_from_source, velocity_to_target
from flowdemo.systems.base import IMAGE_TO_MASK, MASK_TO_IMAGE, NEAREST_TO_END, Option, Watch, to_state, to_uint8
from flowdemo.systems.labels import add_uniform, paint, posterior_mean

TIME_SCALE = 1000.0  # SemFlow tells its network 1000·t
PREDICTIONS = ("velocity", "endpoints", "posterior")
Network = Callable[[Tensor, Tensor], Tensor]


class SemFlow:
    """Both directions from one network.

    Args:
        network: ``(z [B, C, h, w], τ [B]) → [B, out, h, w]`` with τ = 1000·t.
        head: how its answer is read.
        autoencoder: between pictures and states; :class:`~flowdemo.autoencoders.Pixels` for pixel space.
        device: where states live.
        temperature: sharpness of a class posterior where a run does not say otherwise.
    """

    name = "SemFlow"
    task = "segmentation and synthesis"
    directions = (IMAGE_TO_MASK, MASK_TO_IMAGE)
    time_symbol = "t"

    def __init__(
        self, network: Network, head: SemFlowHead, autoencoder=None, device: str | torch.device = "cpu",
        temperature: float = 1.0,
    ) -> None:  # fmt: skip
        self.network, self.head, self.device = network, head, torch.device(device)
        self.temperature = temperature
        self.autoencoder = autoencoder or Pixels()

    @property
    def codebook(self) -> Codebook:
        return self.head.codebook

    @property
    def options(self) -> tuple[Option, ...]:
        """The system's own options, beside steps, solver, β and seed."""
        if self.head.prediction != "posterior":
            return ()
        words = "Sharpness of the class posterior: 1 as trained, 0 its mode."
        return (Option("temperature", self.temperature, 0.0, 1.0, words),)

    def grid(self, direction: str, steps: int) -> tuple[float, ...]:
        """t_i = i/N, forwards to the mask, backwards to the image."""
        times = uniform(steps)
        return times if direction == IMAGE_TO_MASK else reversed_grid(times)

    def start(self, direction: str, given: np.ndarray, beta: float = 0.0, seeds: Sequence[int] = (0,)) -> Tensor:
        """The state that a run leaves from, ``[B, C, h, w]``.

        Args:
            direction: where the run goes.
            given: pictures uint8 ``[B, H, W, 3]``, or labels uint8 ``[B, H, W]``.
            beta: half-width of the perturbation in grey levels; used towards the image only.
            seeds: one per sample; sample k of a batch equals a run of its own with that seed.
        """
        if direction == IMAGE_TO_MASK:
            return self.autoencoder.encode(to_state(given).to(self.device))
        clean = paint(self.codebook, given)
        noisy = [perturb(m[None], beta, torch.Generator().manual_seed(s)) for m, s in zip(clean, seeds, strict=True)]
        return self.autoencoder.encode(torch.cat(noisy).to(self.device))

    def field(self, direction: str, temperature: float | None = None) -> SemFlowField:
        sharpness = self.temperature if temperature is None else temperature
        return SemFlowField(self.network, self.head, direction == IMAGE_TO_MASK, sharpness)

    @torch.no_grad()
    def steps(
        self, direction: str, start: Tensor, steps: int, solver: str = "euler", watch: Watch = None, **settings: float
    ) -> Iterator[Step]:
        """Integrate from ``start``; N + 1 steps, the first being the start itself."""
        field = watched(self.field(direction, **settings), watch)
        yield from solve(solver, field, start, self.grid(direction, steps))

    def picture(self, state: Tensor) -> np.ndarray:
        """State ``[B, C, h, w]`` → what it looks like, uint8 ``[B, H, W, 3]``."""
        return to_uint8(self._pixels(state))

    def classes(self, state: Tensor) -> np.ndarray:
        """Nearest class code of every pixel of a state, uint8 ``[B, H, W]``, void excluded."""
        return self.codebook.decode(self._pixels(state).float().cpu().numpy())

    def codes(self, state: Tensor) -> np.ndarray:
        """The state as points of code space, float32 ``[B, 3, H, W]``: what the pixel probe draws."""
        return self._pixels(state).float().cpu().numpy()

    def image_half(self, state: Tensor) -> None:
        """None: image and mask are the two ends of one state."""
        return None

    @torch.no_grad()
    def _pixels(self, state: Tensor) -> Tensor:
        return self.autoencoder.decode(state)


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
        return posterior_mean(logits, torch.from_numpy(self.codebook.points), temperature)


class SemFlowField:
    """The velocity field v(z, t) of one direction, ``[B, C, H, W]`` → ``[B, C, H, W]``; t a Python float in [0, 1].

    Args:
        network: ``(z, τ [B]) → [B, out, H, W]`` with τ = 1000·t.
        head: how its answer is read.
        to_mask: direction of the run, which decides the end point that is trusted.
        temperature: sharpness of the class posterior (only for ``posterior``).
    """

    def __init__(self, network: Network, head: SemFlowHead, to_mask: bool, temperature: float = 1.0) -> None:
        self.network, self.head, self.to_mask, self.temperature = network, head, to_mask, temperature

    def __call__(self, z: Tensor, t: float) -> Tensor:
        tau = torch.full((len(z),), TIME_SCALE * t, device=z.device)
        out = self.network(z, tau).float()
        if self.head.prediction == "velocity":
            return out
        image, tail = self.head.split(out)
        inside = NEAREST_TO_END < t < 1 - NEAREST_TO_END
        if self.to_mask if inside else t < 0.5:  # at an end of the path only the other end says something
            return velocity_to_target(self.head.mask_estimate(tail, self.temperature), z, t)
        return velocity_from_source(image, z, t)


def perturb(mask: Tensor, beta: float | Tensor, generator: torch.Generator | None = None) -> Tensor:
    """x₁ + ξ with ξ ~ U(-β, β) per pixel and channel.

    Args:
        mask: pseudo mask ``[B, 3, H, W]`` in [-1, 1].
        beta: half-width of the noise in grey levels, one number or ``[B, 1, 1, 1]``.
        generator: see :func:`~flowdemo.systems.labels.add_uniform`.
    """
    return add_uniform(mask, beta / HALF_RANGE, generator)
