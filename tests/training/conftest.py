from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from flowdemo.data.drawings import write_folder
from flowdemo.training.command import train

TINY = {"patch": "2", "channels": "8,16", "batch": "4", "warmup": "4", "bf16": "false", "head_channels": "8"}


@pytest.fixture(scope="session", autouse=True)
def one_thread() -> Iterator[None]:
    """Sums are then always taken in the same order, which bit-by-bit comparisons need."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="session")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "cells", 10, 32)


@pytest.fixture(scope="session")
def streets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_folder(tmp_path_factory.mktemp("data") / "streets", 6, (48, 32), kind="street")


@pytest.fixture(scope="session")
def trained(tmp_path_factory: pytest.TempPathFactory, cells: Path) -> tuple[Path, dict]:
    """One short but real training: the model folder and what ``train`` returned."""
    out = tmp_path_factory.mktemp("models") / "first"
    settings = TINY | {"ema": "0.9", "lr": "0.003", "channels": "16,24"}
    return out, train("semflow", cells, out, steps=70, device="cpu", seed=5, settings=settings, bar=False)


@pytest.fixture(scope="session")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Grey pictures of 12×12 with a bright bar whose row tells the class: an array set of 3 classes."""
    folder = tmp_path_factory.mktemp("arrays") / "bars"
    folder.mkdir()
    labels = (np.arange(60) % 3).astype(np.uint8)
    images = np.random.default_rng(0).integers(0, 60, (60, 12, 12), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[1 + 4 * label : 4 + 4 * label] += 180
    np.savez(folder / "bars.npz", train_images=images, train_labels=labels, test_images=images[:9],
             test_labels=labels[:9])
    return folder
