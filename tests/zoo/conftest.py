from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count
from flowdemo.rendering.palette import ClassColour, Palette
from flowdemo.zoo import Manifest, save_model

NAMES = ("background", "cytoplasm", "nucleus")


def tiny_network(out: int = 6, channels: int = 3, seed: int = 0) -> PatchUNet:
    torch.manual_seed(seed)
    network = PatchUNet(UNetConfig(channels, out, 2 if channels == 3 else 1, (8, 8), (False, True), 1, 8))
    with torch.no_grad():
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.05)
    return network.eval()


def tiny_manifest(network: PatchUNet, **changes) -> Manifest:
    plain = {
        "name": "tiny", "label": "Tiny", "system": "semflow", "size": (16, 24),
        "palette": Palette(tuple(ClassColour(i, n, (40 * i, 80, 200)) for i, n in enumerate(NAMES))),
        "network": network.config.to_json(), "prediction": "endpoints", "beta": {"default": 20.0, "trained": 114.3},
        "steps": {"image-to-mask": 5, "mask-to-image": 25}, "space": {"kind": "pixels"},
        "data": {"name": "drawn-cell", "terms": "None."}, "training": {"command": "…"}, "scores": {}, "files": {},
        "parameters": parameter_count(network), "licence": "MIT",
    }  # fmt: skip
    return Manifest(**plain | changes)


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Path]:
    """Write a tiny model folder; keyword arguments change its manifest."""

    def write(folder: str = "tiny", network: PatchUNet | None = None, autoencoder=None, **changes) -> Path:
        network = network or tiny_network()
        save_model(tmp_path / folder, tiny_manifest(network, **changes), network, autoencoder)
        return tmp_path / folder

    return write
