"""Drawn defects on normal validation pictures of a detector's set: how gradings of its maps rank them.

    python tools/tile_trial.py MODEL DATA [--grading KEY=VALUE,… …]

Even pictures of the split stay sound. Of the odd ones, all get a band that is polished otherwise than the rest, and
every third of them each fault of ``flowdemo.data.surface_defects``. For the model's own grading, and for each that is
given as changes to it, the table tells image AUROC / pixel AUROC by kind, their means, and in how many of the scratched
pictures over half of the hottest 1 % of the map lie within 4 px of the scratch. This is how the values of
``normalflow-magtile`` were chosen; defective pictures of the test split have no part in it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import torch
from scipy.ndimage import gaussian_filter, gaussian_filter1d
from scratch_trial import share_near
from torch import Tensor
from tqdm import tqdm

from flowdemo import load
from flowdemo.data.inspection import read_inspection
from flowdemo.data.surface_defects import DEFECTS, add_defect
from flowdemo.evaluation.ranking import auroc
from flowdemo.evaluation.reference import APART, grading_of, mismatches
from flowdemo.systems.grading import Grading

SOUND, BAND = "sound", "polished"
EVERY = 3  # of the odd pictures, for each drawn fault
THIN = 2  # pixels are ranked on every second row and column


class Case(NamedTuple):
    kind: str
    mask: np.ndarray
    found: list[Tensor]


def polished(picture: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """A band along the top or bottom, or a corner, whose stripes have another contrast and brightness.

    Picture uint8 ``[H, W]`` → the same, and the mask bool ``[H, W]``.
    """
    grey = picture.astype(float)
    height, width = grey.shape
    y, x = np.mgrid[:height, :width]
    y, x = (y + 0.5) / height, (x + 0.5) / width
    y, x = (1 - y if rng.random() < 0.5 else y), (1 - x if rng.random() < 0.5 else x)
    depth, tilt, curve = rng.uniform(0.12, 0.5), rng.uniform(-0.25, 0.25), rng.uniform(-0.3, 0.3)
    edge = depth + tilt * (x - 0.5) + curve * ((x - 0.5) ** 2 - 1 / 12)
    if rng.random() < 0.3:
        edge = 1.6 * depth * (1 - x / rng.uniform(0.4, 0.9))
    cover = np.clip(0.5 + (edge - y) / (2 * rng.uniform(0.005, 0.03)), 0, 1)
    low = gaussian_filter1d(gaussian_filter(grey, 2), 6, axis=1)
    stripes, contrast, light = grey - low, rng.uniform(1.2, 2.3), rng.uniform(0.95, 1.35)
    if rng.random() < 0.5:
        stripes = np.roll(stripes, int(rng.integers(4, 20)), 1)
    changed = grey + (low * light + stripes * contrast - grey) * cover
    return np.clip(changed, 0, 255).round().astype(np.uint8), cover >= 0.5


def drawn(pictures: list[np.ndarray]) -> list[tuple[str, int, np.ndarray, np.ndarray]]:
    """(kind, number of the picture, picture, mask) of every case."""
    cases = [(SOUND, i, p, np.zeros(p.shape, bool)) for i, p in enumerate(pictures) if i % 2 == 0]
    odd = [i for i in range(len(pictures)) if i % 2]
    cases += [(BAND, i, *polished(pictures[i], np.random.default_rng((7, i)))) for i in odd]
    for place, kind in enumerate(DEFECTS, 1):
        draws = ((i, np.random.default_rng((11, place, i))) for i in odd[::EVERY])
        cases += [(kind, i, *add_defect(pictures[i], kind, rng)) for i, rng in draws]
    return cases


def ranked(cases: list[Case], grading: Grading) -> dict[str, tuple[float, float]]:
    """(image AUROC, pixel AUROC) of each kind against the sound pictures, and scratches found of all as ``"found"``."""
    scores: dict[str, list[float]] = {}
    pixels: dict[str, list[np.ndarray]] = {}
    sound: list[np.ndarray] = []
    near = []
    for case in cases:
        shown = grading.shown(grading.map(case.found))
        scores.setdefault(case.kind, []).append(grading.score(shown))
        levels = grading.comparable(shown).numpy()
        thin, mask = levels[::THIN, ::THIN], case.mask[::THIN, ::THIN]
        sound.append(thin[~mask])
        pixels.setdefault(case.kind, []).append(thin[mask])
        if case.kind == "scratch":
            near.append(share_near(levels, case.mask) > 0.5)
    normal = np.concatenate(sound)
    told = {kind: (auroc(np.array(scores[SOUND]), np.array(scores[kind])), auroc(normal, np.concatenate(pixels[kind])))
            for kind in scores if kind != SOUND}  # fmt: skip
    return told | {"found": (float(sum(near)), float(len(near)))}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--grading", action="append", default=[], metavar="KEY=VALUE,…")
    asked = parser.parse_args()
    model, split = load(asked.model), read_inspection(asked.data, "val")
    cases = [Case(kind, mask, mismatches(model.system, picture, seed=APART * number))
             for kind, number, picture, mask in tqdm(drawn(split.images), disable=not sys.stderr.isatty())]  # fmt: skip
    for text in ["", *asked.grading]:
        changes = dict(part.split("=") for part in text.split(",")) if text else {}
        told = ranked(cases, grading_of(model.manifest, **{key: _value(value) for key, value in changes.items()}))
        found, of = told.pop("found")
        image, pixel = (float(np.mean([row[i] for row in told.values()])) for i in (0, 1))
        rows = "  ".join(f"{kind} {a:.3f}/{b:.3f}" for kind, (a, b) in told.items())
        print(f"{text or 'own grading':44} mean {image:.3f}/{pixel:.3f}  {rows}  scratches {found:.0f} of {of:.0f}")


def _value(text: str) -> float | int | str:
    try:
        return int(text) if text.isdigit() else float(text)
    except ValueError:
        return text


if __name__ == "__main__":
    with torch.no_grad():
        main()
