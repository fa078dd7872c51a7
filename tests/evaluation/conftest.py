from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from flowdemo.codes import base_k
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.rendering.palette import ClassColour, Palette
from flowdemo.systems.base import to_uint8
from flowdemo.systems.semflow import SemFlow, SemFlowHead, paint
from flowdemo.zoo import Manifest, Model, save_model

BOOK = base_k(4, True)
SIZE = (20, 12)
N = 7


def write_painted(folder: Path, classes: int = 4) -> Path:
    """A set whose photos are its painted masks: a flow that stands still segments and synthesises it perfectly."""
    rng = np.random.default_rng(0)
    rows = [{"index": i, "name": f"c{i}", "color": [60 * i, 30, 200]} for i in range(classes)]
    rows.append({"index": classes, "name": "void", "color": [0, 0, 0]})
    text = {"name": "painted", "size": list(SIZE), "ignore_index": classes, "classes": rows}
    for kind in ("images", "masks"):
        (folder / kind / "test").mkdir(parents=True)
    (folder / "classes.json").write_text(json.dumps(text))
    for i in range(N):
        labels = rng.integers(0, 5, (3, 5)).repeat(4, 0).repeat(4, 1).astype(np.uint8)
        Image.fromarray(to_uint8(paint(BOOK, labels[None]))[0]).save(folder / "images" / "test" / f"{i}.png")
        Image.fromarray(labels).save(folder / "masks" / "test" / f"{i}.png")
    return folder


def manifest(system: str, network: dict, **changes) -> Manifest:
    classes = tuple(ClassColour(i, f"c{i}", (60 * i, 30, 200)) for i in range(4))
    plain = {
        "name": f"{system}-painted", "label": system, "system": system, "size": SIZE,
        "palette": Palette(classes, ClassColour(4, "void", (0, 0, 0))), "network": network, "prediction": "velocity",
        "beta": {"default": 30.0, "trained": 60.0}, "steps": {"image-to-mask": 5}, "space": {"kind": "pixels"},
        "data": {"name": "painted"}, "training": {}, "scores": {}, "files": {}, "parameters": 1, "licence": "MIT",
    }  # fmt: skip
    return Manifest(**plain | changes)


@pytest.fixture(scope="session")
def painted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_painted(tmp_path_factory.mktemp("painted") / "set")


@pytest.fixture
def flow() -> Callable[..., Model]:
    """A SemFlow model around any function ``(z, τ) → velocity``."""

    def make(answer=lambda z, tau: torch.zeros_like(z), **changes) -> Model:
        system = SemFlow(answer, SemFlowHead("velocity", BOOK))
        return Model(manifest("semflow", {}, **changes), system, torch.device("cpu"))

    return make


@pytest.fixture
def judge_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A discriminative model of the same data, findable."""
    torch.manual_seed(0)
    network = PatchUNet(UNetConfig(3, 4, 2, (8, 8), (False, False), 1, 8))
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.1)
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path / "zoo"))
    save_model(tmp_path / "zoo" / "judge", manifest("discriminative", network.config.to_json(), beta={}), network)
    return tmp_path / "zoo" / "judge"
