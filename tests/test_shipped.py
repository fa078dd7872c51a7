"""The shipped models on pictures drawn in code: they load verified, stay small, and do what they were trained for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from flowdemo.data.drawings import draw_cell, draw_street
from flowdemo.zoo import available

CHECKPOINTS = Path(__file__).resolve().parents[1] / "checkpoints"
FOLDERS = sorted(p.parent for p in CHECKPOINTS.glob("*/manifest.json"))
PICTURES = [folder for folder in FOLDERS if folder in available().values()]  # toys have tests of their own
# The best constant answer (all background, all road) scores 0.80 on these cells and 0.42 on these streets.
LEAST = {"wbc": 0.9, "camvid": 0.5}


def drawn(data: str, size: tuple[int, int], seed: int) -> tuple[np.ndarray, np.ndarray]:
    return draw_cell(size, seed) if data == "wbc" else draw_street(size, seed)


def test_the_checkpoints_stay_small() -> None:
    sizes = {folder.name: sum(f.stat().st_size for f in folder.iterdir()) for folder in FOLDERS}
    assert sizes and max(sizes.values()) <= 6_000_000
    assert sum(sizes.values()) <= 45_000_000


@pytest.mark.parametrize("folder", PICTURES, ids=lambda folder: folder.name)
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
