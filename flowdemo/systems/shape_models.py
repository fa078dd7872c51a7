"""One object, one patch, one mask: a segmenter without a shape prior, and two with one.

A patch is brought to [0, 1] by its own lowest and highest value, x, and its network sees 2x − 1. The network answers
with the logit o of every pixel. From there

    unet    u = σ(o)
    cgpm    u = σ(o) after :mod:`~flowdemo.systems.convexity_projection`
    cfss    u = σ of what rounds of :mod:`~flowdemo.systems.contourflow` make of o, within the network itself

The mask is u ≥ ½. Priors of convexity fill dents, and so enlarge every mask a little. They make all level sets convex,
those at other levels too: the one that covers as many pixels as the mask did before becomes u ≥ ½.

A run has two steps, the picture and the painted mask; what a prior does on its way is told by
:meth:`ShapeSegmenter.iterations`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook
from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.systems import contourflow
from flowdemo.systems.base import IMAGE_TO_MASK, Option, Watch, to_state, to_uint8
from flowdemo.systems.convexity import PACE, curvature_flow, curvature_steps, line_scan_steps
from flowdemo.systems.convexity_projection import RECOMMENDED, Recipe, logits_of, project, projection_steps
from flowdemo.systems.levelscan import line_scan

TIME = 0.0  # the network keeps its time input and is always told the same
NOISE = 0.4  # highest standard deviation of noise that such models are trained with
PROJECTION: Recipe = RECOMMENDED
# How far the priors go was chosen on validation patches with noise: further, and they fill dents of true nuclei too.
ITERATIONS = 5  # of the projection
FLOW = 12  # iterations of the curvature flow
REACH = 5  # of the line scan

Prior = Callable[[Tensor], Tensor]  # logits → u, [B, 1, H, W]


def evened(pictures: np.ndarray | Tensor) -> Tensor:
    """uint8 ``[B, H, W, 3]`` or ``[B, H, W]``, or float ``[B, 1, H, W]`` of any range → ``[B, 1, H, W]`` in [0, 1].

    Each patch is brought there by its own lowest and highest value; one of a single level becomes 0.
    """
    grey = pictures if isinstance(pictures, Tensor) and pictures.is_floating_point() else to_state(pictures, 1)
    low, high = grey.amin((1, 2, 3), keepdim=True), grey.amax((1, 2, 3), keepdim=True)
    return (grey - low) / (high - low).clamp(min=1e-6)


def as_large(u: Tensor, logits: Tensor) -> Tensor:
    """u ``[B, 1, H, W]`` with its grey levels moved so that u ≥ ½ covers as many pixels as logits ≥ 0; more where
    levels are equal. Level sets stay what they are. Without a pixel of logits ≥ 0 nothing is moved.
    """
    count = (logits >= 0).sum((1, 2, 3))
    falling = logits_of(u).flatten(1).sort(1, descending=True).values
    level = falling.gather(1, (count - 1).clamp(min=0)[:, None]) * (count > 0)[:, None]
    return (logits_of(u) - level[:, :, None, None]).sigmoid()


PRIORS: dict[str, Prior] = {
    "none": torch.sigmoid,
    "curvature": lambda logits: as_large(curvature_flow(logits.sigmoid(), FLOW, PACE), logits),
    "line-scan": lambda logits: as_large(line_scan(logits.sigmoid(), REACH), logits),
    "projection": lambda logits: as_large(project(logits, ITERATIONS, PROJECTION).sigmoid(), logits),
}
OWN = {"unet": "none", "cgpm": "projection", "cfss": "none"}  # prior that belongs to the model


class ShapeSegmenter:
    """A one-step segmenter of two classes behind the same face as the flows.

    Args:
        network: ``(x [B, 1, H, W] in [-1, 1], τ [B]) → logits [B, 1, H, W]``.
        codebook: codes in which its answer is painted.
        device: where states live.
        prior: key of :data:`PRIORS`, what is done to the network's logits.
    """

    name = "Shape segmenter"
    task = "segmentation"
    directions = (IMAGE_TO_MASK,)
    time_symbol = "t"
    options: tuple[Option, ...] = ()

    def __init__(
        self, network: Callable[[Tensor, Tensor], Tensor], codebook: Codebook, device="cpu", prior: str = "none"
    ) -> None:
        self.network, self.codebook, self.device, self.prior = network, codebook, torch.device(device), prior

    def grid(self, direction: str, steps: int) -> tuple[float, ...]:
        return (0.0, 1.0)

    def start(self, direction: str, given: np.ndarray, beta: float = 0.0, seeds: Sequence[int] = (0,)) -> Tensor:
        """Pictures uint8 ``[B, H, W, 3]`` → ``[B, 3, H, W]`` in [-1, 1], as they are."""
        return to_state(given, 3).to(self.device)

    def steps(
        self, direction: str, start: Tensor, steps: int = 1, solver: str = "euler", watch: Watch = None
    ) -> Iterator[Step]:
        """Two steps: the picture, and the painted mask after one evaluation.

        Raises:
            InputError: more than one step is asked for.
        """
        if steps != 1:
            raise InputError("This model has one step only; set the steps to 1.", field="steps")
        yield Step(0, 0.0, 0.0, start, None, 0)
        if watch:
            watch()
        inside = (self.soft(evened(start.mean(1, keepdim=True))) >= 0.5).long()[:, 0]
        end = torch.as_tensor(self.codebook.points, device=start.device)[inside].permute(0, 3, 1, 2)
        yield Step(1, 1.0, 1.0, end, end - start, 1)

    @torch.no_grad()
    def logits(self, levels: Tensor) -> Tensor:
        """Logits ``[B, 1, H, W]`` of patches ``[B, 1, H, W]`` in [0, 1], beyond which noise may lead."""
        tau = torch.full((len(levels),), TIME, device=levels.device)
        return self.network(2 * levels - 1, tau).float()

    def soft(self, levels: Tensor, prior: str | None = None) -> Tensor:
        """u ``[B, 1, H, W]`` in [0, 1] of the same patches.

        Args:
            levels: patches as :func:`evened` makes them, noise added or not.
            prior: key of :data:`PRIORS`; the model's own if None.

        Raises:
            InputError: there is no such prior.
        """
        return prior_of(self.prior if prior is None else prior)(self.logits(levels))

    def iterations(self, levels: Tensor, watch: Watch = None) -> Iterator[Step]:
        """What the model's own prior does, as steps whose x is u; of a model without one, u alone.

        At most 51 steps; t counts iterations of the projection, or rounds of contour flow.
        """
        if self.prior == "projection":
            yield from projection_steps(self.logits(levels), ITERATIONS, PROJECTION, watch)
        elif hasattr(self.network, "rounds"):
            yield from self._rounds(levels, watch)
        else:
            yield Step(0, 0.0, 0.0, self.soft(levels), None, 1)

    @torch.no_grad()
    def _rounds(self, levels: Tensor, watch: Watch) -> Iterator[Step]:
        network = self.network
        tau = torch.full((len(levels),), TIME, device=levels.device)
        seen, tangent, _ = network.parts(2 * levels - 1, tau)
        epsilon, strength, sigma = (float(value) for value in network.constants())
        settings = contourflow.Settings(epsilon, strength, network.config.share, network.config.side, sigma)
        yield from contourflow.steps(seen, tangent, network.rounds, settings, watch)

    def picture(self, state: Tensor) -> np.ndarray:
        return to_uint8(state)

    def classes(self, state: Tensor) -> np.ndarray:
        return self.codebook.decode(self.codes(state))

    def codes(self, state: Tensor) -> np.ndarray:
        return state.float().cpu().numpy()

    def image_half(self, state: Tensor) -> None:
        return None


def prior_of(name: str) -> Prior:
    """A prior by name.

    Raises:
        InputError: there is none of that name.
    """
    if name not in PRIORS:
        raise InputError(f"There is no prior {name!r}; there are: {', '.join(PRIORS)}.", field="set")
    return PRIORS[name]


def prior_steps(logits: Tensor, name: str, watch: Watch = None) -> Iterator[Step]:
    """A prior at work on logits ``[B, 1, H, W]``, as at most 51 steps whose x is u."""
    begun: dict[str, Callable[..., Iterator[Step]]] = {
        "curvature": partial(curvature_steps, logits.sigmoid(), FLOW, PACE),
        "line-scan": partial(line_scan_steps, logits.sigmoid(), REACH),
        "projection": partial(projection_steps, logits, ITERATIONS, PROJECTION),
    }
    prior_of(name)
    if name in begun:
        yield from begun[name](watch=watch)
    else:
        yield Step(0, 0.0, 0.0, logits.sigmoid(), None, 0)
