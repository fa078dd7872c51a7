"""A patch set of ellipses drawn in code, and a shape model around any function."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import torch

from flowdemo.codes import base_k
from flowdemo.rendering.palette import ClassColour, Palette
from flowdemo.systems.shape_models import OWN, ShapeSegmenter
from flowdemo.zoo import Manifest, Model

SIDE = 32
NAMES = ("background", "nucleus")


def draw(n: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """``n`` dim ellipses in the middle, some with a neighbour in the corner, which the masks call 2."""
    rng, (y, x) = np.random.default_rng(seed), np.mgrid[:SIDE, :SIDE] - (SIDE - 1) / 2
    images, masks = np.zeros((n, SIDE, SIDE), np.uint8), np.zeros((n, SIDE, SIDE), np.uint8)
    for image, mask in zip(images, masks, strict=True):
        a, b, turn = rng.uniform(6, 10), rng.uniform(6, 10), rng.uniform(0, np.pi)
        along, across = x * np.cos(turn) + y * np.sin(turn), y * np.cos(turn) - x * np.sin(turn)
        inside = (along / a) ** 2 + (across / b) ** 2 <= 1
        other = (np.hypot(x - 15, y - 15) < 5) & (rng.random() < 0.5)
        mask[other], mask[inside] = 2, 1
        image[:] = np.clip(10 + 60 * (mask > 0) + rng.normal(0, 3, mask.shape), 0, 255)
    return images, masks


def write_patches(folder: Path) -> Path:
    """40 patches to train on, 8 each of val and test."""
    folder.mkdir(parents=True)
    rows = [{"index": i, "name": name, "color": [0, 90 * i, 200 * i]} for i, name in enumerate(NAMES)]
    told = {"name": "drawn-nuclei", "size": [SIDE, SIDE], "ignore_index": None, "classes": rows}
    (folder / "classes.json").write_text(json.dumps(told))
    arrays = {}
    for seed, (split, n) in enumerate((("train", 40), ("val", 8), ("test", 8))):
        arrays[f"{split}_images"], arrays[f"{split}_masks"] = draw(n, seed)
    np.savez(folder / "patches.npz", **arrays)
    return folder


def shape_model(answer, system: str = "unet") -> Model:
    """A model whose network is any function ``(x, τ) → logits``."""
    classes = tuple(ClassColour(i, name, (0, 90 * i, 200 * i)) for i, name in enumerate(NAMES))
    manifest = Manifest(
        name=f"{system}-tiny", label=system, system=system, size=(SIDE, SIDE), palette=Palette(classes),
        network={"in_channels": 1}, prediction="logits", beta={}, steps={"image-to-mask": 1}, space={"kind": "pixels"},
        data={"name": "drawn-nuclei"}, training={}, scores={}, files={}, parameters=1, licence="MIT",
    )  # fmt: skip
    return Model(manifest, ShapeSegmenter(answer, base_k(2, False), prior=OWN[system]), torch.device("cpu"))
