"""Which models can be compared: those that read the same classes from pictures of the same data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowdemo.engine import Engine
from flowdemo.request import IMAGE_TO_MASK
from flowdemo.zoo import Manifest

MOST = 4  # panes
# Order of offering; a plain flow of its data comes first.
_ORDER = ("flowseg", "semflow", "discriminative", "symmflow", "cfss", "cgpm", "unet")


@dataclass(frozen=True)
class Family:
    """Models of one data set with the same classes and the same shape of picture, in the order of offering."""

    title: str
    models: tuple[str, ...]

    @property
    def pair(self) -> tuple[str, str]:
        """What A and B begin with; the same model twice where there is one only."""
        return self.models[0], self.models[min(1, len(self.models) - 1)]

    @property
    def all(self) -> tuple[str, ...]:
        """What "through all" runs."""
        return self.models[:MOST]


def families(engine: Engine) -> dict[str, Family]:
    """Families of the models at hand by a key for controls, largest first; empty where none reads masks."""
    groups: dict[tuple[Any, ...], list[Manifest]] = {}
    for manifest in engine.manifests().values():
        if IMAGE_TO_MASK in manifest.kind.directions:
            groups.setdefault(_alike(manifest), []).append(manifest)
    found = {}
    for members in sorted(groups.values(), key=len, reverse=True):
        members.sort(key=_place)
        data = members[0].data
        title = str(data.get("title") or data.get("name") or members[0].name)
        title = title if title not in {f.title for f in found.values()} else f"{title}, {members[0].name}"
        found[members[0].name] = Family(title[:1].upper() + title[1:], tuple(m.name for m in members))
    return found


def names(manifests: Sequence[Manifest]) -> list[str]:
    """Short names of models of one family: what comes before the comma, where that tells them apart."""
    short = [manifest.label.split(",")[0] for manifest in manifests]
    known = {manifest.name: name for manifest, name in zip(manifests, short, strict=True)}
    clear = len(set(known.values())) == len(known)
    return short if clear else [manifest.label for manifest in manifests]


def choices(engine: Engine, family: Family) -> list[tuple[str, str]]:
    """Entries of a list of the family's models."""
    called = names([engine.manifest(model) for model in family.models])
    return list(zip(called, family.models, strict=True))


def _alike(manifest: Manifest) -> tuple[Any, ...]:
    width, height = manifest.size
    classes = tuple(entry.name for entry in manifest.palette.classes)
    return manifest.data.get("name"), classes, round(width / height, 2)


def _place(manifest: Manifest) -> tuple[int, str]:
    place = -1 if manifest.name.startswith("vanilla") else _ORDER.index(manifest.system)
    return place, manifest.name
