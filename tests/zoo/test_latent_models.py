from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL

from flowdemo.errors import ModelError
from flowdemo.zoo import load
from flowdemo.zoo.storage import AUTOENCODER_CONFIG, AUTOENCODER_WEIGHTS

from .conftest import tiny_network
from .test_zoo import _edit, _refused, _vouch

Make = Callable[..., Path]
LATENT = {"space": {"kind": "latents"}, "prediction": "velocity", "size": (16, 32)}


@pytest.fixture
def autoencoder() -> AutoencoderKL:
    torch.manual_seed(1)
    return AutoencoderKL(3, 3, ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 16), latent_channels=4,
                         norm_num_groups=4, scaling_factor=0.3).eval()


@pytest.fixture
def folder(make: Make, autoencoder: AutoencoderKL) -> Path:
    return make(network=tiny_network(4, 4), autoencoder=autoencoder, **LATENT)


@torch.no_grad()
def test_round_trip(folder: Path, autoencoder: AutoencoderKL) -> None:
    model = load(folder, "cpu")
    assert set(model.manifest.files) == {"weights.safetensors", AUTOENCODER_CONFIG, AUTOENCODER_WEIGHTS}
    photo = np.random.default_rng(0).integers(0, 256, (32, 16, 3)).astype(np.uint8)
    first, *_, last = model.trajectory(photo, steps=2)
    pictures = torch.from_numpy(photo)[None].permute(0, 3, 1, 2).float() / 127.5 - 1
    expected = autoencoder.encode(pictures).latent_dist.mode() * 0.3
    torch.testing.assert_close(first.x, expected, rtol=0.02, atol=0.005)  # the stored weights are halves
    assert last.x.shape == (1, 4, 16, 8)
    assert model.system.classes(last.x).shape == (1, 32, 16)


def test_the_autoencoder_is_verified(folder: Path) -> None:
    config = json.loads((folder / AUTOENCODER_CONFIG).read_text())
    (folder / AUTOENCODER_CONFIG).write_text(json.dumps(config | {"scaling_factor": 9.0}))
    _refused(folder, "config.json.*not the one")


def test_the_manifest_must_vouch_for_it(folder: Path) -> None:
    _edit(folder, lambda raw: raw["files"].pop(AUTOENCODER_WEIGHTS))
    _refused(folder, "names no autoencoder")


@pytest.mark.parametrize(
    "change",
    [{"block_out_channels": [10**9, 10**9]}, {"scaling_factor": 0}, {"scaling_factor": "1"},
     {"layers_per_block": 10**6}, {"latent_channels": -4}, {"in_channels": 30}],
)
def test_hostile_sizes(folder: Path, change: dict) -> None:
    config = json.loads((folder / AUTOENCODER_CONFIG).read_text())
    (folder / AUTOENCODER_CONFIG).write_text(json.dumps(config | change))
    _vouch(folder, AUTOENCODER_CONFIG)
    _refused(folder, "sizes that this version")


@pytest.mark.parametrize("change", [{"block_out_channels": [8, 32]}, {"down_block_types": ["Nothing"]}])
def test_configurations_that_do_not_fit(folder: Path, change: dict) -> None:
    config = json.loads((folder / AUTOENCODER_CONFIG).read_text())
    (folder / AUTOENCODER_CONFIG).write_text(json.dumps(config | change))
    _vouch(folder, AUTOENCODER_CONFIG)
    _refused(folder, "do not fit")


@pytest.mark.parametrize("text", ["", "[]", "{"])
def test_configurations_that_are_no_json(folder: Path, text: str) -> None:
    (folder / AUTOENCODER_CONFIG).write_text(text)
    _vouch(folder, AUTOENCODER_CONFIG)
    _refused(folder, "no usable")


def test_channels_of_network_and_latents_must_agree(make: Make, autoencoder: AutoencoderKL) -> None:
    folder = make(network=tiny_network(4, 3), autoencoder=autoencoder, **LATENT)
    with pytest.raises(ModelError, match="does not answer"):
        load(folder, "cpu")
