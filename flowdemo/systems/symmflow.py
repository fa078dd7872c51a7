"""SymmFlow (Caetano et al., arXiv 2506.10634): images from labels and labels from images, by one field, both ways.

Shapes: image x and its noise ξ_x ``[B, ci, H, W]``, label y and its noise ξ_y ``[B, cl, H, W]``, in about [-1, 1]
(labels of whole pictures in [-2, 2]). The state is both at once, ``[B, ci + cl, H, W]``, image channels first.

    dequantisation  y = μ_c + U(−β, β),  β below half the spacing of the codes      (1)
    path            x_t = (1 − t) ξ_x + t x,   y_t = (1 − t) y + t ξ_y              (2)
    velocity        v = (x − ξ_x, ξ_y − y)                                          (3)
    loss            E[w ‖v̂_x − v_x‖² + (1 − w) ‖v̂_y − v_y‖²]                        (4)

t = 0 is noise beside a clean label, t = 1 a clean image beside noise: as one half forms, the other dissolves. From a
label to an image t runs 0 → 1 and starts at (ξ_x, y); from an image to its label it runs 1 → 0 and starts at (x, ξ_y).
So both directions are random here, and several samples of one input differ. (The published code also keeps 10⁻⁴ of the
noise at the clean ends of the path; here, as in the paper, nothing is kept.)

The label is a mask in code colours (cl = 3), or one channel that holds the level of a class at every pixel (cl = 1)
and is read by its mean: see :mod:`flowdemo.systems.labels`.

Three forms of the network's answer, and what it is told beside the state: see :mod:`flowdemo.systems.symmflow_head`.

    velocity    out = (v_x, v_y)                     (the paper; published weights)
    posterior   out = (v_x, v_y, class logits); towards the label v_y = (y_t − ŷ)/t with ŷ = Σ_c p(c) μ_c, which lands
                exactly on a prediction at t = 0; towards the image v_y as it is answered
    endpoints   out = (x̂, v_y, class logits); as before, and v_x = (x̂ − x_t)/(1 − t), which lands on x̂ at t = 1
                (towards the label 1 − t counts as 0.2 at least, see ``SymmFlowHead.image_velocity``)

The network is told ``time_scale``·t. The published weights take t as it is (scale 1). diffusers' time embedding, made
for 0 to 1000, hardly varies on [0, 1], so the networks trained here are told 1000·t, as SemFlow's are; each model's
manifest says which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from flowdemo.flow import Step, reversed_grid, solve, uniform, watched
from flowdemo.flow.paths import velocity_from_source
from flowdemo.systems.base import NEAREST_TO_END, Option, Watch, gaussian
from flowdemo.systems.joint import JointState
from flowdemo.systems.labels import add_uniform
from flowdemo.systems.symmflow_head import SymmFlowHead

Network = Callable[[Tensor, Tensor], Tensor]


class SymmFlow(JointState):
    """Both directions from one network.

    Args:
        network: ``([B, in, h, w], τ [B]) → [B, out, h, w]`` with τ = time_scale·t; what it is shown says the head.
        head: how its answer is read.
        size: (w, h) of the pictures; a label of a whole picture does not tell.
        autoencoder, device: see :class:`~flowdemo.systems.joint.JointState`.
        temperature: sharpness of a class posterior where a run does not say otherwise. 0, the mode, is right for labels
            of whole pictures, where the mean of two levels is the level of a third class.
    """

    name = "SymmFlow"
    time_symbol = "t"

    def __init__(
        self, network: Network, head: SymmFlowHead, size: tuple[int, int], autoencoder=None,
        device: str | torch.device = "cpu", temperature: float = 1.0,
    ) -> None:  # fmt: skip
        super().__init__(head.labels, head.channels, size, autoencoder, device)
        self.network, self.head, self.temperature = network, head, temperature

    @property
    def task(self) -> str:
        return "segmentation and synthesis" if self.labels.kind == "pixel" else "classification and generation"

    @property
    def directions(self) -> tuple[str, ...]:
        return self.labels.directions

    @property
    def options(self) -> tuple[Option, ...]:
        """The system's own options, beside steps, solver, β and seed."""
        if not self.head.rows:
            return ()
        words = "Sharpness of the class posterior: 1 as trained, 0 its mode."
        return (Option("temperature", self.temperature, 0.0, 1.0, words),)

    def grid(self, direction: str, steps: int) -> tuple[float, ...]:
        """t_i = i/N, forwards to the image, backwards to the label."""
        times = uniform(steps)
        return reversed_grid(times) if self._to_label(direction) else times

    def start(self, direction: str, given: np.ndarray, beta: float = 0.0, seeds: Sequence[int] = (0,)) -> Tensor:
        """The state that a run leaves from, ``[B, ci + cl, h, w]``: what is given beside Gaussian noise.

        Args:
            direction: where the run goes.
            given: pictures uint8 ``[B, H, W, 3]`` or ``[B, H, W]``; masks uint8 ``[B, H, W]``; or labels ``[B]``.
            beta: half-width of the dequantisation, in the label form's unit; used towards the image only.
            seeds: one per sample; sample k of a batch equals a run of its own with that seed.

        Raises:
            InputError: a label has no code.
        """
        sources = [torch.Generator().manual_seed(seed) for seed in seeds]
        if self._to_label(direction):
            image = self.encoded(given)
            noise = gaussian(self.head.half, image.shape[-2:], sources).to(self.device)
            return torch.cat([image, noise], 1)
        width, height = self.size
        size = (height // self.autoencoder.factor, width // self.autoencoder.factor)
        noise = gaussian(self.channels, size, sources).to(self.device)
        clean = self.labels.encode(given, (height, width))
        half_width = self.labels.half_width(beta)
        noisy = [add_uniform(y[None], half_width, source) for y, source in zip(clean, sources, strict=True)]
        label = torch.cat(noisy).to(self.device)
        return torch.cat([noise, self.autoencoder.encode(label) if self.labels.kind == "pixel" else label], 1)

    def field(self, direction: str, temperature: float | None = None) -> SymmFlowField:
        sharpness = self.temperature if temperature is None else temperature
        return SymmFlowField(self.network, self.head, self._to_label(direction), sharpness)

    @torch.no_grad()
    def steps(
        self, direction: str, start: Tensor, steps: int, solver: str = "euler", watch: Watch = None, **settings: float
    ) -> Iterator[Step]:
        """Integrate from ``start``; N + 1 steps, the first being the start itself."""
        field = watched(self.field(direction, **settings), watch)
        yield from solve(solver, field, start, self.grid(direction, steps))

    def _to_label(self, direction: str) -> bool:
        return direction == self.labels.directions[0]


class SymmFlowField:
    """The velocity field v(state, t) of one direction, in the shape of the state; t a Python float in [0, 1].

    Args:
        network, head: as for :class:`SymmFlow`.
        to_label: direction of the run; towards the label a posterior says where the label half goes.
        temperature: sharpness of the class posterior, where there is one.
    """

    def __init__(self, network: Network, head: SymmFlowHead, to_label: bool, temperature: float = 1.0) -> None:
        self.network, self.head, self.to_label, self.temperature = network, head, to_label, temperature

    def __call__(self, state: Tensor, t: float) -> Tensor:
        tau = torch.full((len(state),), self.head.time_scale * t, device=state.device)
        out = self.network(self.head.shown(state, t), tau).float()
        image, v_y, logits = self.head.split(out, state, t)
        if self.to_label and logits is not None and t > NEAREST_TO_END:  # at t = 0 the label is there already
            estimate = self.head.label_estimate(logits, self.temperature)
            v_y = velocity_from_source(estimate, state[:, self.head.channels :], t)
        return torch.cat([self.head.image_velocity(image, state, t, self.to_label), v_y], 1)
