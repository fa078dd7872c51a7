"""Model folders of FlowSeg: both heads, all codes, and manifests that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from flowdemo.codes import FAMILIES, codebook
from flowdemo.networks.pixelfield import PixelField, PixelFieldConfig
from flowdemo.systems.flowseg import STARTS
from flowdemo.zoo import load, read_manifest
from flowdemo.zoo import manifest as manifests

from .conftest import tiny_network
from .test_zoo import _edit, _refused

Make = Callable[..., Path]
FLOW = {"codes": "kronecker", "start": "image"}
PARTS = {"system": "flowseg", "prediction": "velocity", "beta": {}, "steps": {"image-to-mask": 10}}


def _field() -> PixelField:
    torch.manual_seed(0)
    return PixelField(PixelFieldConfig(6, 3, 2, (8, 16), (False, False), 1, 8, 4, width=4, frequencies=2)).eval()


@pytest.mark.parametrize("network", [_field, lambda: tiny_network(3, 6)], ids=["field", "unet"])
def test_either_head_is_loaded(make: Make, network: Callable[[], torch.nn.Module]) -> None:
    model = load(make("flowseg", network(), flow=FLOW, **PARTS), "cpu")
    width, height = model.manifest.size
    picture = np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)
    *_, last = model.trajectory(picture, steps=2)
    assert model.system.classes(last.x).shape == (1, height, width)
    np.testing.assert_array_equal(model.system.codebook.points, model.manifest.codebook.points)


@pytest.mark.parametrize("family", FAMILIES)
def test_codes_are_those_of_the_manifest(make: Make, family: str) -> None:
    folder = make("flowseg", _field(), flow=FLOW | {"codes": family}, **PARTS)
    manifest = read_manifest(folder)
    expected = codebook(family, len(manifest.palette.classes), manifest.palette.ignore is not None)
    np.testing.assert_array_equal(manifest.codebook.levels, expected.levels)


def test_only_a_gaussian_source_is_random(make: Make) -> None:
    image, noise = (read_manifest(make(s, _field(), flow=FLOW | {"start": s}, **PARTS)) for s in STARTS)
    assert image.kind.random == () and noise.kind.random == ("image-to-mask",)
    assert manifests.STARTS == STARTS


@pytest.mark.parametrize(
    "flow", [{}, {"codes": "kronecker"}, FLOW | {"codes": "morse"}, FLOW | {"start": "mask"}, FLOW | {"skip": 1.0}]
)
def test_a_manifest_that_cannot_be_is_refused(make: Make, flow: dict) -> None:
    folder = make("flowseg", _field(), flow=FLOW, **PARTS)
    _edit(folder, lambda raw: raw.update(flow=flow))
    _refused(folder, "describes a flow")
