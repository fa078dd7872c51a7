"""Shapes of chosen classes made convex in a finished mask, part by part.

A prior on class probabilities moves their level sets, but of a finished mask only one level set is known: a class has
probability 1 or 0 at a pixel. So each part of a chosen class, pixels that touch at sides or corners, is a binary field
of its own, and several cells of one class are never joined into one hull:

    line scan       compares values only, so it takes the binary field as it is; its result is nearly the convex hull
    curvature flow  needs an edge some pixels wide: u = σ(φ/w) of the signed distance φ, run for a while, cut at ½

Both only add pixels. Who wins where a part grows:

* Classes in each other are declared (``nests``), not guessed; :class:`~flowdemo.systems.nests.Order` knows some by
  name. The shape of an outer one is that of all further in too: the cell is cytoplasm and nucleus. An inner shape keeps
  its pixels, and may take pixels of those around it but never leaves them, by the minimum of
  :func:`~flowdemo.systems.convexity.nested`.
* Other pixels are taken only from the ``ground``. Other classes, chosen or not, keep theirs, and so does a ground pixel
  that two shapes want. What comes out may then be less than convex.
* Pixels of the ignore label are never changed unless it is named as ground.

Parts of fewer than ``smallest`` pixels are left alone, and so are parts that would grow by more than the share
``most``: a part that lacks much of its hull is mostly not one convex thing with dents, but another shape, or two things
in contact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from scipy.ndimage import find_objects, label
from torch import Tensor

from flowdemo.errors import InputError
from flowdemo.systems.base import Watch
from flowdemo.systems.convexity import curvature_steps, nested
from flowdemo.systems.convexity_measures import TOUCHING
from flowdemo.systems.distance import signed_distance
from flowdemo.systems.levelscan import line_scan

METHODS = ("line-scan", "curvature")
SMALLEST = 32  # pixels
MOST = 0.05  # share of the area; with ITERATIONS chosen on validation pictures of blood cells, see docs/semflow.md
ITERATIONS = 50  # of the curvature flow
WIDTH = 2.0  # pixels, w
REACH = 5  # of the line scan: 40 directions
_MARGIN = 8  # pixels around a part, in which its softened edge ends


@dataclass(frozen=True)
class Shaped:
    """A mask and what became of the parts of the chosen shapes.

    Attributes:
        mask: uint8 ``[H, W]``.
        grown: parts that gained pixels, before others kept theirs.
        convex: parts that the method had nothing to add to.
        refused: parts left alone because they would have grown too much.
        specks: parts left alone because they are small.
    """

    mask: np.ndarray
    grown: int = 0
    convex: int = 0
    refused: int = 0
    specks: int = 0


@dataclass(frozen=True)
class Manner:
    """How parts are made convex.

    Args:
        method: one of :data:`METHODS`.
        most: share of its area by which a part may grow, 0 or more; infinite for no bound.
        smallest: parts of fewer pixels are left alone, 1 or more.
        iterations: of the curvature flow, 1 to 20000.

    Raises:
        InputError: one of them is out of bounds.
    """

    method: str = METHODS[0]
    most: float = MOST
    smallest: int = SMALLEST
    iterations: int = ITERATIONS

    def __post_init__(self) -> None:
        if self.method not in METHODS:
            raise InputError(f"The shape prior is one of {', '.join(METHODS)}.", field="method")
        if not self.most >= 0 or self.smallest < 1 or self.iterations < 1:
            raise InputError("Growth is 0 or more, a speck and the iterations 1 or more.", field="set")


def apply_prior(
    mask: np.ndarray, chosen: Sequence[int], ground: Sequence[int], nests: Sequence[Sequence[int]] = (),
    manner: Manner | None = None, watch: Watch = None,
) -> Shaped:  # fmt: skip
    """The mask with the shapes of the chosen classes made convex as the head of this module says.

    Args:
        mask: class indices uint8 ``[H, W]``; it is not changed.
        chosen: classes, at least one.
        ground: classes that yield their pixels.
        nests: chains of classes that lie in each other, outermost first; a class is in one of them at most.
        manner: the method and its bounds; the line scan with its own if None.
        watch: called before each part, and before each iteration of the curvature flow.

    Raises:
        InputError: no class is chosen, one is ground as well, or a class is in two nests.
    """
    chains = _chains(chosen, ground, nests)
    count, fields = Shaped(mask), []
    for chain in chains:
        shapes = np.stack([np.isin(mask, chain[i:]) for i in range(len(chain))])
        projected = shapes.copy()
        for i, index in enumerate(chain):
            if index in chosen:
                projected[i], count = _parts(shapes[i], manner or Manner(), watch, count)
        fields.append(nested(lambda u: u, torch.from_numpy(projected)[None].byte())[0].bool().numpy())
    return replace(count, mask=_taken(mask, chains, fields, ground))


def _chains(chosen: Sequence[int], ground: Sequence[int], nests: Sequence[Sequence[int]]) -> list[list[int]]:
    """Every nest with a chosen class, and every other chosen class on its own, in the order of their indices."""
    inside = [index for chain in nests for index in chain]
    if not chosen:
        raise InputError("Choose at least one class.", field="classes")
    if set(ground) & {*chosen, *inside}:
        raise InputError("A class that yields its pixels cannot have a shape.", field="classes")
    if len(set(inside)) < len(inside):
        raise InputError("A class lies in one nest at most.", field="classes")
    nested_ones = [list(chain) for chain in nests if set(chain) & set(chosen)]
    return sorted([*nested_ones, *([index] for index in set(chosen) - set(inside))])


def _parts(shape: np.ndarray, manner: Manner, watch: Watch, count: Shaped) -> tuple[np.ndarray, Shaped]:
    """A shape bool ``[H, W]`` with its parts made convex, and the count with these parts."""
    found, _ = label(shape, TOUCHING)
    result = shape.copy()
    for number, box in enumerate(find_objects(found), 1):
        part = found[box] == number
        area = int(part.sum())
        if area < manner.smallest:
            count = replace(count, specks=count.specks + 1)
            continue
        if watch:
            watch()
        after = _convex(part, manner, watch)
        gained = int(after.sum()) - area
        if not gained:
            count = replace(count, convex=count.convex + 1)
        elif gained > manner.most * area:
            count = replace(count, refused=count.refused + 1)
        else:
            result[box] |= after
            count = replace(count, grown=count.grown + 1)
    return result, count


def _convex(part: np.ndarray, manner: Manner, watch: Watch) -> np.ndarray:
    """One part, bool ``[h, w]`` of its bounding box, which no convex set around it leaves."""
    if manner.method == "line-scan":
        return line_scan(torch.from_numpy(part)[None, None].byte(), REACH)[0, 0].bool().numpy()
    u: Tensor = torch.sigmoid(signed_distance(part[None], margin=_MARGIN) / WIDTH)
    for step in curvature_steps(u, manner.iterations, watch=watch):
        u = step.x
    inner = u[0, 0, _MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return part | (inner >= 0.5).numpy()  # smoothing alone may cost a corner its pixel


def _taken(
    mask: np.ndarray, chains: Sequence[Sequence[int]], fields: Sequence[np.ndarray], ground: Sequence[int]
) -> np.ndarray:
    """The mask after every chain took its own pixels and those of the ground that no other chain wants."""
    free = np.isin(mask, list(ground)) & (np.sum([field[0] for field in fields], axis=0) == 1)
    result = mask.copy()
    for chain, field in zip(chains, fields, strict=True):
        for index, shape in zip(chain, field, strict=True):  # inwards, so that the innermost has the last word
            result[shape & (np.isin(mask, list(chain)) | free)] = index
    return result
