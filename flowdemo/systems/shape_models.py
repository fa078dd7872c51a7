"""One object, one patch, one mask: a segmenter without a shape prior, and two with one.

A patch is brought to [0, 1] by its own lowest and highest value, x, and its network sees 2x − 1. The network answers
with the logit o of every pixel. From there

    unet    u = σ(o)
    cgpm    u = σ(o) after :mod:`~flowdemo.systems.convexity_projection`
    cfss    u = σ of what rounds of :mod:`~flowdemo.systems.contourflow` make of o, within the network itself

The mask is u ≥ ½. True objects are not quite convex, and a network that was trained on them knows how far they are. So
a prior of convexity is an inequality here, defect(u ≥ ½) ≤ d with d from true masks: a mask within it stays as it is,
another is moved until it is.

A run has two steps, the picture and the painted mask.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor

from flowdemo.codes import Codebook
from flowdemo.errors import InputError
from flowdemo.flow import Step
from flowdemo.systems.base import IMAGE_TO_MASK, Option, Watch, to_state, to_uint8
from flowdemo.systems.convexity import PACE, curvature_flow
from flowdemo.systems.convexity_measures import defect
from flowdemo.systems.convexity_projection import RECOMMENDED, Recipe, project
from flowdemo.systems.levelscan import line_scan

TIME = 0.0  # the network keeps its time input and is always told the same
NOISE = 0.4  # highest standard deviation of noise that such models are trained with
PROJECTION: Recipe = RECOMMENDED
USUAL = 0.0624  # d: of the true nuclei of the training split 95 % have a smaller defect
COUNTS = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192)  # of iterations after which the defect is looked at
REACH = 5  # of the line scan

Prior = Callable[[Tensor], Tensor]  # logits → u, [B, 1, H, W]
Move = Callable[[Tensor, int], Tensor]  # logits and a number of iterations → u


def evened(pictures: np.ndarray | Tensor) -> Tensor:
    """uint8 ``[B, H, W, 3]`` or ``[B, H, W]``, or float ``[B, 1, H, W]`` of any range → ``[B, 1, H, W]`` in [0, 1].

    Each patch is brought there by its own lowest and highest value; one of a single level becomes 0.
    """
    grey = pictures if isinstance(pictures, Tensor) and pictures.is_floating_point() else to_state(pictures, 1)
    low, high = grey.amin((1, 2, 3), keepdim=True), grey.amax((1, 2, 3), keepdim=True)
    return (grey - low) / (high - low).clamp(min=1e-6)


@torch.no_grad()
def repaired(logits: Tensor, move: Move, counts: Sequence[int] = COUNTS) -> Tensor:
    """u ``[B, 1, H, W]`` of logits: σ(o) where its mask's defect is :data:`USUAL` at most; else what ``move`` makes of
    o in the first of ``counts`` iterations that bring it there, or in the last.
    """
    u = logits.sigmoid()
    left = torch.arange(len(u))
    for count in counts:
        left = left[[defect(mask) > USUAL for mask in (u[left, 0] >= 0.5).cpu().numpy()]]
        if not len(left):
            break
        u[left] = move(logits[left], count)
    return u


PRIORS: dict[str, Prior] = {
    "none": torch.sigmoid,
    "curvature": lambda logits: repaired(logits, lambda o, count: curvature_flow(o.sigmoid(), count, PACE)),
    "line-scan": lambda logits: repaired(logits, lambda o, _: line_scan(o.sigmoid(), REACH), (1,)),
    "projection": lambda logits: repaired(logits, lambda o, count: project(o, count, PROJECTION).sigmoid()),
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
