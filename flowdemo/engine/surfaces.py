"""Surfaces that come with a detector: drawn by code where it knows drawn ones, else pictures made for the project."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flowdemo.errors import InputError
from flowdemo.rendering.encoders import png
from flowdemo.zoo.manifest import Manifest

FOLDER = Path(__file__).resolve().parents[2] / "assets" / "surfaces"
DRAWN = "drawn-surfaces"  # name of the drawn set
SIDE = 128
SEED = 20_000  # beyond those of any split
# The drawn textures, each with the defect that one of its surfaces has.
FAULTS = {"weave": "scratch", "knit": "hole", "brushed": "blot", "tiles": "missing"}


@dataclass(frozen=True)
class Surface:
    """One surface: its name, a label for people, and whether it is known where it is defective."""

    name: str
    label: str
    truth: bool


def surfaces(manifest: Manifest) -> list[Surface]:
    """Those of a detector, the one to open with first."""
    if manifest.data.get("name") == DRAWN:
        faulty = [Surface(f"{texture}-{fault}", f"{texture}, {fault}", True) for texture, fault in FAULTS.items()]
        return faulty + [Surface(texture, f"{texture}, normal", False) for texture in FAULTS]
    found = sorted(path for path in (FOLDER / manifest.name).glob("*.png") if not path.stem.endswith("-truth"))
    labels = {path.stem: path.stem.replace("made-", "made by the model, ").replace("-", " ") for path in found}
    return [Surface(p.stem, labels[p.stem], p.with_name(f"{p.stem}-truth.png").is_file()) for p in found]


def surface(manifest: Manifest, name: str) -> tuple[bytes, bytes | None]:
    """Picture and truth (0 or 255) of one of :func:`surfaces`, as PNG.

    Raises:
        InputError: there is none of this name.
    """
    if name not in [known.name for known in surfaces(manifest)]:
        raise InputError("There is no such surface.", field="example")
    if manifest.data.get("name") != DRAWN:
        truth = FOLDER / manifest.name / f"{name}-truth.png"
        return (FOLDER / manifest.name / f"{name}.png").read_bytes(), truth.read_bytes() if truth.is_file() else None
    from flowdemo.data.surface_defects import add_defect  # imports scipy, which the page does without at its start
    from flowdemo.data.surfaces import draw_surface

    texture, _, fault = name.partition("-")
    rng = np.random.default_rng((SEED, list(FAULTS).index(texture)))
    picture = draw_surface(texture, (SIDE, SIDE), rng)
    if not fault:
        return png(picture), None
    picture, mask = add_defect(picture, fault, rng)
    return png(picture), png(mask.astype(np.uint8) * 255)
