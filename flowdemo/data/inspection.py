"""Inspection sets: sound pictures to learn from, faulty ones with masks to find.

A set is a folder in one of three layouts (see :mod:`flowdemo.data.inspection_layouts`) or the name
``"drawn:surfaces"``, whose pictures are drawn on demand.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np

from flowdemo.data.inspection_layouts import SPLITS, Entry, HouseLayout, InspectionInfo, Layout, MvtecLayout, VisaLayout
from flowdemo.data.surface_defects import DEFECTS, add_defect
from flowdemo.data.surfaces import TEXTURES, draw_surface
from flowdemo.errors import DataError

DRAWN = "drawn:surfaces"
DRAWN_SIDE = 128
_NORMAL = "normal"
_SEED = 2606
_EACH = {"train": {_NORMAL: 500}, "val": {_NORMAL: 20}, "test": {_NORMAL: 20} | dict.fromkeys(DEFECTS, 10)}


@dataclass(frozen=True)
class InspectionSplit:
    """One split in memory; the tuples run in step.

    Args:
        info: the set's description.
        ids: ``<kind>/<name>``, sorted, each once.
        images: uint8 ``[H, W]``, or ``[H, W, 3]`` where ``info.colour``; sizes may differ.
        masks: bool ``[H, W]``, true on the defect; all false for sound pictures.
        kinds: the kind of each picture, ``info.normal`` for sound ones.
        groups: pictures of one group show the same part and are not independent; the id where nothing is known.
    """

    info: InspectionInfo
    ids: tuple[str, ...]
    images: tuple[np.ndarray, ...]
    masks: tuple[np.ndarray, ...]
    kinds: tuple[str, ...]
    groups: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.ids)


def is_inspection(root: str | Path) -> bool:
    """Whether this looks like an inspection set; reads no picture."""
    return str(root) == DRAWN or any(layout.fits(Path(root)) for layout in (HouseLayout, MvtecLayout, VisaLayout))


def read_inspection_info(root: str | Path) -> InspectionInfo:
    """Name, kinds and colour of a set; reads at most one picture.

    Raises:
        DataError: there is no such set, or it does not follow its layout.
    """
    return _layout(root).describe()


def inspection_length(root: str | Path, split: str) -> int:
    """Number of pictures of a split.

    Raises:
        DataError: set or split is missing or malformed.
    """
    return len(_entries(root, split))


def read_inspection(root: str | Path, split: str, limit: int | None = None) -> InspectionSplit:
    """Load one split.

    Args:
        root: a folder of one of the layouts, or ``"drawn:surfaces"``.
        split: ``"train"`` or ``"val"``, both sound only, or ``"test"``.
        limit: read only so many pictures, at least 1; they are spread evenly and, where there are enough of them, every
            kind occurs.

    Raises:
        DataError: set or split is missing or malformed, a picture or mask is missing or damaged.
    """
    return _load(read_inspection_info(root), _spread(_entries(root, split), limit))


def inspection_batches(
    root: str | Path, split: str, batch: int, limit: int | None = None
) -> Iterator[InspectionSplit]:
    """The same split, ``batch`` pictures at a time, so that a large set need not fit into memory.

    Raises:
        DataError: as :func:`read_inspection`.
    """
    info, entries = read_inspection_info(root), _spread(_entries(root, split), limit)
    for first in range(0, len(entries), batch):
        yield _load(info, entries[first : first + batch])


def _load(info: InspectionInfo, entries: Sequence[Entry]) -> InspectionSplit:
    read = [entry.read(info.colour) for entry in entries]
    return InspectionSplit(
        info,
        ids=tuple(entry.id for entry in entries),
        images=tuple(image for image, _ in read),
        masks=tuple(mask for _, mask in read),
        kinds=tuple(entry.kind for entry in entries),
        groups=tuple(entry.group for entry in entries),
    )


def _layout(root: str | Path) -> Layout:
    if str(root) == DRAWN:
        return DrawnSurfaces()
    for layout in (HouseLayout, MvtecLayout, VisaLayout):
        if layout.fits(Path(root)):
            return layout(Path(root))
    raise DataError(
        f"{Path(root).name!r} is no inspection set: it has neither classes.json with a normal kind, nor train/good "
        "and test, nor Data/Images/Normal."
    )


def _entries(root: str | Path, split: str) -> list[Entry]:
    """The pictures of a split, sorted, not empty, ids unique, no defect where only sound ones belong."""
    if split not in SPLITS:
        raise DataError(f"An inspection set has no split {split!r}; it has: {', '.join(SPLITS)}.")
    layout = _layout(root)
    entries = sorted(layout.entries(split), key=lambda entry: entry.id)
    if not entries:
        raise DataError(f"The split {split!r} of {Path(root).name!r} holds no picture.")
    faulty = next((entry.id for entry in entries if split != "test" and entry.kind != layout.normal), None)
    if faulty:
        raise DataError(f"The split {split!r} of {Path(root).name!r} must be sound only, but has {faulty!r}.")
    twice = next((a.id for a, b in pairwise(entries) if a.id == b.id), None)
    if twice:
        raise DataError(f"The split {split!r} of {Path(root).name!r} holds two pictures named {twice!r}.")
    return entries


def _spread(entries: list[Entry], limit: int | None) -> list[Entry]:
    """So many of them, every kind at least once where possible, otherwise in proportion, evenly over each kind."""
    if limit is None or limit >= len(entries):
        return entries
    if limit < 1:
        raise DataError("At least one picture must be read.")
    kinds: dict[str, list[Entry]] = {}
    for entry in entries:
        kinds.setdefault(entry.kind, []).append(entry)
    share = dict.fromkeys(kinds, 1 if limit >= len(kinds) else 0)
    while sum(share.values()) < limit:
        free = [kind for kind in kinds if share[kind] < len(kinds[kind])]
        share[max(free, key=lambda kind: len(kinds[kind]) / (share[kind] + 1))] += 1
    return [some[(2 * i + 1) * len(some) // (2 * share[k])] for k, some in kinds.items() for i in range(share[k])]


class DrawnSurfaces:
    """The drawn set: always the same pictures, four textures in equal parts, no seed used twice."""

    normal = _NORMAL

    def describe(self) -> InspectionInfo:
        return InspectionInfo("drawn-surfaces", DEFECTS, _NORMAL, colour=False)

    def entries(self, split: str) -> list[Entry]:
        each = _EACH[split].items()
        return [DrawnEntry(split, kind, texture, i) for kind, n in each for texture in TEXTURES for i in range(n)]


@dataclass(frozen=True)
class DrawnEntry:
    """One drawing, told by its place in the set."""

    split: str
    kind: str
    texture: str
    number: int

    @property
    def id(self) -> str:
        return f"{self.kind}/{self.texture}-{self.number:03d}"

    @property
    def group(self) -> str:
        return self.id

    def read(self, colour: bool) -> tuple[np.ndarray, np.ndarray]:
        place = SPLITS.index(self.split), (_NORMAL, *DEFECTS).index(self.kind), TEXTURES.index(self.texture)
        rng = np.random.default_rng((_SEED, *place, self.number))
        picture = draw_surface(self.texture, (DRAWN_SIDE, DRAWN_SIDE), rng)
        if self.kind == _NORMAL:
            return picture, np.zeros(picture.shape, bool)
        return add_defect(picture, self.kind, rng)
