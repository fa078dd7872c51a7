"""The folder layouts of inspection sets: the house's own, MVTec-AD's and VisA's."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Protocol

import numpy as np
from PIL import Image

from flowdemo.data.folders import PICTURES
from flowdemo.errors import DataError

SPLITS = ("train", "val", "test")  # the first two hold sound pictures only
TENTH = 10  # without a split of its own, every tenth sound training picture is kept for "val"
_DAMAGE = (OSError, ValueError, SyntaxError, Image.DecompressionBombError)  # all of them raised by Pillow


@dataclass(frozen=True)
class InspectionInfo:
    """Name of the set, its kinds of defect, the name of the sound kind, and whether pictures have colour."""

    name: str
    kinds: tuple[str, ...]
    normal: str
    colour: bool


class Entry(Protocol):
    """One picture of a set, not yet read."""

    id: str
    kind: str
    group: str

    def read(self, colour: bool) -> tuple[np.ndarray, np.ndarray]:
        """Picture uint8 ``[H, W]``, or ``[H, W, 3]`` with colour, and mask bool ``[H, W]``; DataError if damaged."""


class Layout(Protocol):
    """One way in which a set is kept."""

    normal: str

    def describe(self) -> InspectionInfo: ...

    def entries(self, split: str) -> list[Entry]: ...


@dataclass(frozen=True)
class FileEntry:
    """A picture file and its mask file; None for a sound picture."""

    id: str
    kind: str
    group: str
    picture: Path
    mask: Path | None

    def read(self, colour: bool) -> tuple[np.ndarray, np.ndarray]:
        image = _open(self.picture, "RGB" if colour else "L")
        if self.mask is None:
            return image, np.zeros(image.shape[:2], bool)
        mask = _open(self.mask, None) > 0
        mask = mask.any(axis=-1) if mask.ndim == 3 else mask
        if mask.shape != image.shape[:2]:
            raise DataError(f"The mask {self.mask.name!r} of {self.id!r} differs in size from its picture.")
        return image, mask


class HouseLayout:
    """``classes.json`` with ``normal_kind`` and ``kinds``; ``images/<split>/<kind>``, ``masks/<split>/<kind>``."""

    def __init__(self, root: Path) -> None:
        self.root = root
        try:
            raw = json.loads((root / "classes.json").read_text("utf-8"))
            self.name, self.normal, self.mode = str(raw["name"]), str(raw["normal_kind"]), raw.get("mode")
            self.kinds = tuple(kind for kind in raw["kinds"] if kind != self.normal)
            if not isinstance(raw["kinds"], list) or not all(isinstance(kind, str) for kind in self.kinds):
                raise TypeError("kinds must be a list of names")
        except (*_DAMAGE, KeyError, TypeError, AttributeError) as error:
            raise DataError(f"classes.json of {root.name!r} does not follow the layout: {error}.") from error

    @staticmethod
    def fits(root: Path) -> bool:
        try:
            raw = json.loads((root / "classes.json").read_text("utf-8"))
        except (OSError, ValueError):
            return False
        return isinstance(raw, dict) and "normal_kind" in raw and "kinds" in raw

    def describe(self) -> InspectionInfo:
        colour = self.mode != "grey" and _has_colour(self.entries("train"))
        return InspectionInfo(self.name, self.kinds, self.normal, colour)

    def entries(self, split: str) -> list[Entry]:
        folder, groups, found = self.root / "images" / split, self._groups(), []
        for kind in _folders(folder):
            if kind not in (self.normal, *self.kinds):
                raise DataError(f"The set {self.name!r} holds pictures of {kind!r}, which classes.json does not name.")
            for picture in _pictures(folder / kind):
                name = f"{kind}/{picture.stem}"
                mask = None if kind == self.normal else self.root / "masks" / split / kind / f"{picture.stem}.png"
                found.append(FileEntry(name, kind, groups.get(f"{split}/{name}", name), picture, mask))
        return found

    def _groups(self) -> dict[str, str]:
        """Which pictures show the same part, by ``<split>/<kind>/<stem>``; empty without a ``meta.csv``."""
        path = self.root / "meta.csv"
        rows = _rows(path) if path.is_file() else []
        return {row["id"]: row["tile_group"] for row in rows if row.get("id") and row.get("tile_group")}


class MvtecLayout:
    """``train/good``, ``test/<kind>``, ``ground_truth/<kind>/<stem>_mask.png``."""

    normal = "good"

    def __init__(self, root: Path) -> None:
        self.root, self.name = root, root.absolute().name

    @staticmethod
    def fits(root: Path) -> bool:
        return (root / "train" / "good").is_dir() and (root / "test").is_dir()

    def describe(self) -> InspectionInfo:
        kinds = tuple(kind for kind in _folders(self.root / "test") if kind != "good")
        return InspectionInfo(self.name, kinds, "good", _has_colour(self.entries("train")))

    def entries(self, split: str) -> list[Entry]:
        if split != "test":
            found = [self._entry("good", picture) for picture in _pictures(self.root / "train" / "good")]
            return _without_tenth(found, split)
        folder = self.root / "test"
        return [self._entry(kind, picture) for kind in _folders(folder) for picture in _pictures(folder / kind)]

    def _entry(self, kind: str, picture: Path) -> FileEntry:
        name = f"{kind}/{picture.stem}"
        mask = None if kind == "good" else self.root / "ground_truth" / kind / f"{picture.stem}_mask.png"
        return FileEntry(name, kind, name, picture, mask)


class VisaLayout:
    """One object of VisA; ``../split_csv/1cls.csv`` says which picture belongs to which split."""

    normal = "normal"
    LABELS = (normal, "anomaly")

    def __init__(self, root: Path) -> None:
        root = root.absolute()
        self.name, self.base = root.name, root.parent

    @staticmethod
    def fits(root: Path) -> bool:
        return (root / "Data" / "Images" / "Normal").is_dir()

    def describe(self) -> InspectionInfo:
        return InspectionInfo(self.name, ("anomaly",), "normal", _has_colour(self.entries("train")))

    def entries(self, split: str) -> list[Entry]:
        path, wanted = self.base / "split_csv" / "1cls.csv", "test" if split == "test" else "train"
        if not path.is_file():
            raise DataError(f"The set {self.name!r} has no split_csv/1cls.csv beside it, which names its splits.")
        rows = [row for row in _rows(path) if row.get("object") == self.name and row.get("split") == wanted]
        found = sorted((self._entry(row) for row in rows), key=lambda entry: entry.id)
        return found if split == "test" else _without_tenth(found, split)

    def _entry(self, row: dict[str, str]) -> FileEntry:
        label, image, mask = (row.get(key) or "" for key in ("label", "image", "mask"))
        if label not in self.LABELS or not image or (label == "anomaly" and not mask):
            raise DataError(f"1cls.csv has a row of {self.name!r} without a known label, picture or mask: {image!r}.")
        name = f"{label}/{Path(image).stem}"
        return FileEntry(name, label, name, self._inside(image), self._inside(mask) if label == "anomaly" else None)

    def _inside(self, text: str) -> Path:
        path = PureWindowsPath(text)  # knows both slashes and drive letters
        if path.anchor or ".." in path.parts:
            raise DataError(f"1cls.csv names {text!r}, which lies outside the data folder.")
        return self.base.joinpath(*path.parts)


def _without_tenth(found: list[Entry], split: str) -> list[Entry]:
    return [entry for i, entry in enumerate(found) if (i % TENTH == TENTH - 1) == (split == "val")]


def _folders(folder: Path) -> list[str]:
    return sorted(p.name for p in folder.iterdir() if p.is_dir()) if folder.is_dir() else []


def _pictures(folder: Path) -> list[Path]:
    return sorted(p for p in folder.iterdir() if p.suffix.lower() in PICTURES)


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(csv.DictReader(file))
    except (OSError, ValueError, csv.Error) as error:
        raise DataError(f"The table {path.name!r} cannot be read; it may be damaged.") from error


def _has_colour(entries: list[Entry]) -> bool:
    """Whether the first picture's channels differ."""
    first = entries[0].read(True)[0] if entries else np.zeros((1, 1, 3), np.uint8)
    return bool((first != first[..., :1]).any())


def _open(path: Path, mode: str | None) -> np.ndarray:
    """Pixels, converted to ``mode``; an index picture stays as it is without one."""
    try:
        with Image.open(path) as image:
            if image.mode not in ("1", "L", "P", "RGB") and (mode is None or image.mode[0] in "IF"):
                raise DataError(f"The file {path.name!r} is not an 8-bit picture.")
            return np.array(image.convert(mode) if mode else image)
    except _DAMAGE as error:
        why = "cannot be read; it may be damaged" if path.is_file() else "is missing"
        raise DataError(f"The file {path.name!r} in {path.parent.name!r} {why}.") from error
