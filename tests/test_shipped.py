"""The shipped models on pictures drawn in code: they load verified, stay small, and do what they were trained for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw
from scipy.ndimage import gaussian_filter

from flowdemo.data.drawings import draw_cell, draw_street
from flowdemo.rendering.digits import prepare_digit
from flowdemo.zoo import available, read_manifest

CHECKPOINTS = Path(__file__).resolve().parents[1] / "checkpoints"
FOLDERS = sorted(p.parent for p in CHECKPOINTS.glob("*/manifest.json"))
PICTURES = [folder for folder in FOLDERS if folder in available().values()]  # toys have tests of their own
DETECTORS = [folder for folder in PICTURES if read_manifest(folder).kind.detects]
MASKS = [folder for folder in PICTURES if read_manifest(folder).labels == "pixel" and folder not in DETECTORS]
LABELS = [folder for folder in PICTURES if read_manifest(folder).labels == "global"]
# Strokes in a square of 100: what a person draws for these digits.
STROKES = {
    0: [(50, 12), (28, 30), (24, 55), (34, 82), (54, 88), (72, 72), (76, 44), (66, 18), (50, 12)],
    1: [(52, 10), (50, 90)],
    4: [(34, 12), (26, 52), (74, 50), (66, 14), (64, 90)],
    7: [(24, 16), (76, 16), (44, 90)],
}
# The best constant answer (all background, all road) scores 0.80 on these cells and 0.42 on these streets.
# Of a patch with one nucleus about a fifth is nucleus.
LEAST = {"wbc": 0.85, "camvid": 0.5, "nuclei-patches": 0.95}


def drawn(data: str, size: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    if data == "nuclei-patches":
        return draw_nucleus(size, seed)
    return draw_cell(size, seed) if data == "wbc" else draw_street(size, seed)


def draw_nucleus(size: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A dim ellipse in the middle of a dark patch under a little noise."""
    rng, (y, x) = np.random.default_rng(seed), np.mgrid[: size[1], : size[0]]
    long, short = size[0] / 3.4, rng.uniform(12, 18)  # such patches are 1.7 times as wide as their nucleus
    inside = ((x - size[0] / 2) / long) ** 2 + ((y - size[1] / 2) / short) ** 2 <= 1
    grey = np.clip(20 + 60 * gaussian_filter(inside.astype(float), 1.0) + rng.normal(0, 3, inside.shape), 0, 255)
    return np.repeat(grey.astype(np.uint8)[..., None], 3, 2), inside.astype(np.uint8)


def test_the_checkpoints_stay_small() -> None:
    sizes = {folder.name: sum(f.stat().st_size for f in folder.iterdir()) for folder in FOLDERS}
    assert sizes and max(sizes.values()) <= 6_000_000
    assert sum(sizes.values()) <= 45_000_000


@pytest.mark.parametrize("folder", MASKS, ids=lambda folder: folder.name)
def test_drawn_pictures_are_segmented(folder: Path) -> None:
    from flowdemo.zoo import load

    model = load(folder, "cpu")
    agreement = []
    for seed in range(6):
        picture, labels = drawn(model.manifest.data["name"], model.manifest.size, seed)
        *_, last = model.trajectory(picture, steps=1)
        known = labels < len(model.manifest.palette.classes)
        agreement.append(float((model.system.classes(last.x)[0] == labels)[known].mean()))
    assert np.mean(agreement) >= LEAST[model.manifest.data["name"]], agreement


@pytest.mark.parametrize("folder", [f for f in FOLDERS if f.name.startswith("semflow")], ids=lambda folder: folder.name)
def test_beta_buys_variety(folder: Path) -> None:
    """β = 0 leaves no randomness; β > 0 gives another picture for every seed."""
    from flowdemo.zoo import load

    model = load(folder, "cpu")
    _, labels = drawn(model.manifest.data["name"], model.manifest.size, 3)

    def picture(beta: float, seed: int) -> np.ndarray:
        *_, last = model.trajectory(labels, "mask-to-image", steps=2, beta=beta, seed=seed)
        return model.system.picture(last.x)[0].astype(float)

    assert np.array_equal(picture(0, 0), picture(0, 1))
    assert np.abs(picture(30, 0) - picture(30, 1)).mean() > 1


def drawn_digit(digit: int, size: tuple[int, int]) -> np.ndarray:
    sheet = Image.new("RGB", (100, 100))
    ImageDraw.Draw(sheet).line(STROKES[digit], fill=(255, 255, 255), width=9, joint="curve")
    return prepare_digit(np.asarray(sheet), size, drawn=True).picture


@pytest.mark.parametrize("folder", [f for f in LABELS if f.name.endswith("mnist")], ids=lambda folder: folder.name)
def test_drawn_digits_are_read(folder: Path) -> None:
    from flowdemo.zoo import load

    model = load(folder, "cpu")
    for steps in (1,) if model.manifest.kind.one_step else (1, 10):
        for digit in STROKES:
            picture = drawn_digit(digit, model.manifest.size)
            *_, last = model.trajectory(picture, direction="image-to-label", steps=steps)
            assert model.system.category(last.x).tolist() == [digit], f"{digit} in {steps} steps"


@pytest.mark.parametrize("folder", [f for f in LABELS if f.name.startswith("symmflow")], ids=lambda folder: folder.name)
def test_a_class_becomes_pictures_that_differ_and_digits_read_as_it(folder: Path) -> None:
    from flowdemo.zoo import load

    model = load(folder, "cpu")
    system, right = model.system, 0
    for label in range(4):
        start = system.start("label-to-image", np.array([label, label], np.uint8), 0.0, (1, 2))
        *_, last = system.steps("label-to-image", start, 10)
        pictures = system.picture(last.x)
        assert np.abs(pictures[0].astype(int) - pictures[1]).mean() > 4, "two seeds, two pictures"
        back = system.start("image-to-label", pictures, 0.0, (3, 4))
        *_, read = system.steps("image-to-label", back, 1)
        right += int((system.category(read.x) == label).sum())
    if folder.name == "symmflow-cifar10":  # its pictures have colours of a class and nothing else, as its card says
        return
    assert right >= 6, f"the model reads {right} of its own 8 pictures as what they were made from"


@pytest.mark.parametrize("folder", DETECTORS, ids=lambda folder: folder.name)
def test_an_evaluation_of_a_detector_stays_cheap(folder: Path) -> None:
    """At most 20 GFLOP for a picture of 256×256 pixels, the overlap of tiles included."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    from flowdemo.zoo import load

    model = load(folder, "cpu")
    surface = torch.zeros(model.manifest.channels, 256, 256)
    with FlopCounterMode(display=False) as counted:
        list(model.system.steps("detect", (surface, 0), 1, paths=1))
    assert 0 < counted.get_total_flops() <= 20e9


def test_a_band_that_is_polished_otherwise_stands_out_at_both_scales() -> None:
    from flowdemo.evaluation.reference import grading_of, mismatches
    from flowdemo.zoo import load

    model, made = load("normalflow-magtile", "cpu"), Path(__file__).parents[1] / "assets" / "surfaces"
    sound = np.asarray(Image.open(made / "normalflow-magtile" / "made-3.png").convert("L"))
    first = int(0.6 * len(sound))
    bright, band = gaussian_filter(sound.astype(float), 4), sound.copy()
    band[first:] = (1.2 * bright + 2 * (sound - bright)).clip(0, 255)[first:]
    maps = [grading_of(model.manifest).map(mismatches(model.system, p, times=4, paths=4)) for p in (sound, band)]
    before, after = (found[:, first:].mean((1, 2)) / found[:, :first].mean((1, 2)) for found in maps)
    assert (after > 1.15 * before).all(), (before, after)


def test_drawn_defects_stand_out_in_maps_and_mostly_in_scores() -> None:
    from flowdemo.data.surface_defects import add_defect
    from flowdemo.data.surfaces import TEXTURES, draw_surface
    from flowdemo.evaluation.reference import grading_of, mismatches
    from flowdemo.zoo import load

    model = load("normalflow-weave", "cpu")
    grading, gaps = grading_of(model.manifest), []
    for index, texture in enumerate(TEXTURES):
        rng = np.random.default_rng((77, index))
        normal = draw_surface(texture, (128, 128), rng)
        faulty, mask = add_defect(normal, "scratch", rng)
        maps = [grading.map(mismatches(model.system, p, times=4, paths=4))[0].numpy() for p in (normal, faulty)]
        gaps.append(grading.score(maps[1]) / grading.score(maps[0]))
        assert maps[1][mask].mean() > 3 * maps[1][~mask].mean(), texture
    assert sorted(gaps)[1] > 2, gaps  # a sound surface of tiles may score as high: scratches rank with an AUROC of 0.96
