"""Model folders of systems with joint states: SymmFlow with either form of labels, and the classifier."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL

from flowdemo.networks.convnet import ConvNet, ConvNetConfig
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.request import IMAGE_TO_LABEL, IMAGE_TO_MASK, LABEL_TO_IMAGE, MASK_TO_IMAGE
from flowdemo.zoo import load, read_manifest, save_model
from flowdemo.zoo.manifest import Manifest

from .conftest import tiny_manifest, tiny_network
from .test_zoo import _edit, _refused

Make = Callable[..., Path]
GLOBAL = {"labels": "global", "amplitude": 3.0, "time_scale": 1.0}
PIXEL = {"labels": "pixel", "amplitude": 2.0, "time_scale": 1000.0}
MASKS = {"system": "symmflow", "flow": PIXEL, "prediction": "posterior"}
LABELS = {"system": "symmflow", "flow": GLOBAL, "prediction": "velocity", "beta": {"default": 0.2, "trained": 0.25}}
JUDGE = {"system": "classifier", "flow": GLOBAL, "prediction": "logits", "beta": {}}


@pytest.fixture
def masks(make: Make) -> Path:
    return make("masks", tiny_network(6 + 3, 6), **MASKS)


@pytest.fixture
def labels(make: Make) -> Path:
    return make("labels", tiny_network(2, 2), **LABELS)


@pytest.fixture
def judge(make: Make) -> Path:
    torch.manual_seed(0)
    return make("judge", ConvNet(ConvNetConfig(1, 3, (8, 16))).eval(), **JUDGE)


def test_masks_both_ways(masks: Path) -> None:
    model = load(masks, "cpu")
    manifest = model.manifest
    assert (model.system.name, model.system.directions) == ("SymmFlow", (IMAGE_TO_MASK, MASK_TO_IMAGE))
    assert manifest.kind.random == model.system.directions == manifest.kind.directions
    assert (manifest.beta_bound, manifest.beta_unit) == (127.0, "grey levels")
    assert model.system.head.time_scale == 1000.0 and model.system.channels == 3
    for given in (np.zeros((24, 16, 3), np.uint8), np.zeros((24, 16), np.uint8)):
        direction = IMAGE_TO_MASK if given.ndim == 3 else MASK_TO_IMAGE
        steps = list(model.trajectory(given, direction, steps=3))
        assert steps[-1].x.shape == (1, 6, 24, 16) and steps[-1].evaluations == 3
        assert model.system.classes(steps[-1].x).shape == (1, 24, 16)
    assert (steps[0].t, steps[-1].t) == (0.0, 1.0)


def test_labels_both_ways(labels: Path) -> None:
    model = load(labels, "cpu")
    manifest = model.manifest
    assert (manifest.labels, manifest.task) == ("global", "classification and generation")
    assert (manifest.beta_bound, manifest.beta_unit) == (0.5, "level spacings")
    assert (manifest.codebook.name, manifest.codebook.classes) == ("levels", 3)
    assert model.system.labels.amplitude == 3.0 and model.system.head.time_scale == 1.0
    *_, read = model.trajectory(np.zeros((24, 16, 3), np.uint8), IMAGE_TO_LABEL, steps=2)
    *_, made = model.trajectory(1, LABEL_TO_IMAGE, steps=2)
    assert model.system.category(read.x).shape == (1,) and model.system.distances(read.x).shape == (1, 3)
    assert model.system.picture(made.x).shape == (1, 24, 16, 3)
    assert (model.system.picture(made.x).std(-1) == 0).all()  # grey


def test_a_classifier(judge: Path) -> None:
    model = load(judge, "cpu")
    assert (model.system.name, model.system.directions) == ("Classifier", (IMAGE_TO_LABEL,))
    assert model.manifest.kind.one_step and model.manifest.beta_bound == 0.0
    *_, last = model.trajectory(np.zeros((24, 16, 3), np.uint8), steps=1)
    assert model.system.category(last.x)[0] == model.system.logits(last.x[:, :1]).argmax()


@pytest.mark.parametrize(
    ("words", "changes"),
    [("sizes", {"channels": [10**9]}), ("sizes", {"channels": [True]}), ("levels", {"channels": [8] * 9}),
     ("levels", {"channels": [9]}), ("levels", {"blocks": 99}), ("entries", {"depth": 2}), ("multiples", {"patch": 5}),
     ("do not fit", {"channels": [8, 8]}), ("does not answer", {"classes": 4}),
     ("neither grey nor in colour", {"in_channels": 2})],
)  # fmt: skip
def test_hostile_classifiers(judge: Path, words: str, changes: dict) -> None:
    manifest = read_manifest(judge)
    shape = manifest.network | changes
    if words in ("does not answer", "neither grey nor in colour", "multiples"):  # with weights that fit
        save_model(judge, replace(manifest, network=shape), ConvNet(ConvNetConfig.from_json(shape)))
    _edit(judge, lambda raw: raw.update(network=shape))
    _refused(judge, words)


def test_logits_of_the_whole_picture_come_from_the_deepest_map(make: Make) -> None:
    torch.manual_seed(0)
    network = PatchUNet(UNetConfig(2 + 3, 2, 2, (8, 8), (False, True), 1, 8, classes=3)).eval()
    with torch.no_grad():
        network.head.linear.bias[1] = 5.0
    model = load(make("deep", network, **LABELS | {"prediction": "posterior"}), "cpu")
    *_, last = model.trajectory(np.zeros((24, 16, 3), np.uint8), steps=4)
    assert model.system.category(last.x).tolist() == [1]


def test_descriptions_survive_the_file(masks: Path, labels: Path) -> None:
    for folder in (masks, labels):
        manifest = read_manifest(folder)
        assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    assert "flow" not in tiny_manifest(tiny_network()).to_json()  # older models keep their form


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("cannot use", {"flow": {"labels": "spoken", "amplitude": 2.0, "time_scale": 1.0}}),
        ("cannot use", {"flow": GLOBAL | {"amplitude": 0}}),
        ("cannot use", {"flow": GLOBAL | {"time_scale": float("inf")}}),
        ("cannot use", {"flow": GLOBAL | {"time_scale": True}}),
        ("cannot use", {"flow": GLOBAL | {"skip": -1}}),
        ("cannot use", {"flow": {"amplitude": 2.0}}),
        ("cannot use", {"flow": GLOBAL | {"more": 1}}),
        ("wrong kind", {"flow": ["global"]}),
        ("system does not have", {"system": "semflow"}),
        ("system does not have", {"system": "classifier", "flow": PIXEL}),
        ("neither grey nor in colour", {"prediction": "posterior"}),
        ("predicts", {"prediction": "luck"}),
        ("neither grey nor in colour", {"flow": PIXEL}),
    ],
)
def test_hostile_descriptions(labels: Path, words: str, changes: dict) -> None:
    _edit(labels, lambda raw: raw.update(changes))
    _refused(labels, words)


def test_a_symmflow_must_say_how_it_reads_labels_and_time(labels: Path, judge: Path) -> None:
    for folder in (labels, judge):
        _edit(folder, lambda raw: raw.pop("flow"))
        _refused(folder, "cannot use")


def test_one_class_is_no_choice(labels: Path) -> None:
    def keep_one(raw: dict) -> None:
        raw["palette"]["classes"] = raw["palette"]["classes"][:1]

    _edit(labels, keep_one)
    _refused(labels, "labels that its system")


def test_latent_masks(make: Make) -> None:
    torch.manual_seed(1)
    autoencoder = AutoencoderKL(3, 3, ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 16),
                                latent_channels=4, norm_num_groups=4).eval()
    latent = {"space": {"kind": "latents"}, "size": (16, 32), "prediction": "velocity"}
    model = load(make(network=tiny_network(8, 8), autoencoder=autoencoder, **MASKS | latent), "cpu")
    *_, last = model.trajectory(np.zeros((32, 16, 3), np.uint8), steps=2)
    assert last.x.shape == (1, 8, 16, 8) and model.system.classes(last.x).shape == (1, 32, 16)
