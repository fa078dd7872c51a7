"""Model folders of Flow Mismatching: what their manifests must say, and the statistics beside the weights."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from mismatch_kit import (
    DETECTOR,
    FLOW,
    GLANCE,
    GLANCED,
    detector_manifest,
    patch_tensors,
    texture,
    tiny_flow,
    tiny_glance,
    write_tiny_detector,
    write_tiny_glance,
)
from safetensors.torch import save_file

from flowdemo.errors import ModelError
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.systems.patch_statistics import PatchStatistics
from flowdemo.zoo import available, load, read_manifest, save_model
from flowdemo.zoo.storage import PATCHES, read_patches

from .test_zoo import _edit, _refused


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_tiny_detector(tmp_path / DETECTOR)


@pytest.fixture
def glancing(tmp_path: Path) -> Path:
    return write_tiny_glance(tmp_path / DETECTOR)


@pytest.mark.parametrize("channels", [1, 3])
def test_a_detector_is_loaded_as_it_was_stored(tmp_path: Path, channels: int) -> None:
    flow = FLOW | {"exposure": "picture", "spread": 0.3}
    model = load(write_tiny_detector(tmp_path / "d", channels, flow=flow), "cpu")
    system = model.system
    assert (model.manifest.channels, system.channels, system.spread) == (channels, channels, 0.3)
    assert (system.exposure, system.largest, system.multiple) == ("picture", (48, 48), 4)
    assert model.folder == tmp_path / "d" and model.manifest.kind.detects
    state = torch.linspace(-1, 1, channels * 48 * 40).view(1, channels, 48, 40)
    with torch.no_grad():
        told = tiny_flow(channels)(state, torch.tensor([250.0]))
        found = system.network(state, torch.tensor([250.0]))
    torch.testing.assert_close(found, told, rtol=0.05, atol=0.02)  # stored in half precision


def test_the_statistics_come_back_as_they_were(folder: Path) -> None:
    manifest, stored = read_manifest(folder), patch_tensors()
    assert set(manifest.files) == {"weights.safetensors", PATCHES}
    found = read_patches(folder, manifest)
    assert found.keys() == stored.keys() and all(torch.equal(found[key], stored[key]) for key in stored)
    assert torch.equal(PatchStatistics.from_tensors(found).whitening, stored["whitening"])


def test_a_detector_without_statistics_runs_and_says_so_when_asked(tmp_path: Path) -> None:
    folder = write_tiny_detector(tmp_path / "bare", patches=False)
    assert load(folder, "cpu").manifest.files.keys() == {"weights.safetensors"}
    with pytest.raises(ModelError, match="no statistics of normal patches"):
        read_patches(folder, read_manifest(folder))


def test_changed_statistics_are_refused(folder: Path) -> None:
    save_file({k: v + 1 for k, v in patch_tensors().items()}, folder / PATCHES)
    with pytest.raises(ModelError, match="not the one its manifest describes"):
        load(folder, "cpu")
    (folder / PATCHES).unlink()
    with pytest.raises(ModelError, match="lacks its file"):
        load(folder, "cpu")


def test_statistics_that_are_no_safetensors_are_refused(folder: Path) -> None:
    (folder / PATCHES).write_bytes(b"\x80\x04pickle")
    with pytest.raises(ModelError, match="not a safetensors file"):
        read_patches(folder, read_manifest(folder))


RIM = {"columns": [2.0, 1.0], "rows": []}


def test_rims_are_read(folder: Path) -> None:
    _edit(folder, lambda raw: raw.update(flow=FLOW | {"rims": {"mismatch": RIM}}))
    assert read_manifest(folder).flow["rims"]["mismatch"] == RIM
    told = {"glance_weight": "velocity", "glance_rims": {"mismatch": RIM | {"cells": 48}}}
    _edit(folder, lambda raw: raw.update(flow=FLOW | told))
    assert read_manifest(folder).flow["glance_rims"]["mismatch"]["cells"] == 48


def _without(key: str) -> dict[str, Any]:
    return {name: value for name, value in FLOW.items() if name != key}


@pytest.mark.parametrize(
    "flow",
    [{}, *(_without(key) for key in FLOW), FLOW | {"more": 1}, FLOW | {"weight": "t"}, FLOW | {"weight": ["noise"]},
     FLOW | {"weight": {}}, FLOW | {"aggregation": "max"}, FLOW | {"aggregation": None}, FLOW | {"exposure": 3},
     FLOW | {"spread": 0.0}, FLOW | {"spread": float("nan")}, FLOW | {"spread": "1"}, FLOW | {"paths": 0},
     FLOW | {"paths": 33}, FLOW | {"paths": 2.5}, FLOW | {"paths": True}, FLOW | {"share": 0}, FLOW | {"share": 1.1},
     FLOW | {"smooth": -1}, FLOW | {"smooth": 17}, FLOW | {"margin": 65}, FLOW | {"margin": 1.5},
     FLOW | {"wide": 17}, FLOW | {"wide": "1"}, FLOW | {"glance_weight": "t"}, FLOW | {"glance_weight": ["noise"]},
     FLOW | {"glance_rims": []},
     *(FLOW | {"glance_rims": {"mismatch": RIM | {"cells": cells}}} for cells in (-1, 129, 2.0, "8")),
     *(FLOW | {"rims": rims} for rims in ([], {}, {"patches": RIM}, {"mismatch": [1.0]}, {"mismatch": {"rows": [1.0]}},
                                          *({"mismatch": RIM | {"rows": r}} for r in (2.0, [0], ["1"], [1.0] * 65))))],
    ids=repr,
)  # fmt: skip
def test_a_flow_that_cannot_be_is_refused(folder: Path, flow: dict[str, Any]) -> None:
    _edit(folder, lambda raw: raw.update(flow=flow))
    _refused(folder, "describes a flow")


def test_an_exposure_of_another_version_is_refused_when_loaded(folder: Path) -> None:
    _edit(folder, lambda raw: raw.update(flow=FLOW | {"exposure": "moonlight"}))
    with pytest.raises(ModelError, match="exposure"):
        load(folder, "cpu")


def test_a_network_must_answer_with_a_velocity_of_its_pictures(tmp_path: Path) -> None:
    network = PatchUNet(UNetConfig(1, 3, 2, (8, 16), (False, False), 1, 8))
    save_model(tmp_path / "d", detector_manifest(network), network)
    with pytest.raises(ModelError, match="does not answer"):
        load(tmp_path / "d", "cpu")


@pytest.mark.parametrize(("size", "words"), [((30, 32), "multiples of 4"), ((32, 4), "side outside")])
def test_crops_that_the_network_cannot_take_are_refused(tmp_path: Path, size: tuple[int, int], words: str) -> None:
    with pytest.raises(ModelError, match=words):
        load(write_tiny_detector(tmp_path / "d", size=size), "cpu")


def test_whole_labels_are_not_for_a_detector(folder: Path) -> None:
    _edit(folder, lambda raw: raw.update(flow=FLOW | {"labels": "global"}))
    _refused(folder, "describes a flow")


def test_a_damaged_detector_hides_no_other_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sound = write_tiny_detector(tmp_path / "sound", name="sound")
    broken = write_tiny_detector(tmp_path / "broken", name="broken")
    _edit(broken, lambda raw: raw.update(flow=FLOW | {"weight": ["noise"]}))
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path))
    found = available()
    assert found["sound"] == sound and "broken" not in found


# Two scales ------------------------------------------------------------------------------------------------------


@torch.no_grad()
def test_a_detector_of_two_scales_is_loaded_as_it_was_stored_and_runs(tmp_path: Path) -> None:
    model = load(write_tiny_glance(tmp_path / "d"), "cpu")
    system, stored = model.system, tiny_glance()
    assert system.glance.glance.to_json() == model.manifest.flow["glance"] == GLANCE
    cells, pixels, tau = torch.linspace(-1, 1, 192).view(1, 3, 8, 8), torch.ones(1, 1, 16, 16), torch.tensor([250.0])
    torch.testing.assert_close(system.glance.network(cells, tau), stored.glance(cells, tau), rtol=0.05, atol=0.02)
    torch.testing.assert_close(system.network(pixels, tau), stored(pixels, tau), rtol=0.05, atol=0.02)
    steps = list(system.steps("detect", (system.picture_state(texture(1)), 0), 2, paths=3))
    assert [step.x.shape for step in steps] == [(2, 3, 36, 40)] * 2
    assert all(step.x.isfinite().all() and (step.x >= 0).all() and step.x[1].std() > 0 for step in steps)


@pytest.mark.parametrize(
    ("network", "flow"), [(tiny_flow, GLANCED), (tiny_glance, FLOW)], ids=["flow alone", "network alone"]
)
def test_network_and_flow_have_two_scales_or_neither(tmp_path: Path, network: Any, flow: dict[str, Any]) -> None:
    _refused(write_tiny_detector(tmp_path / "d", network=network(), flow=flow), "does not answer")


def test_cells_must_fit_their_network(tmp_path: Path) -> None:
    odd = GLANCED | {"glance": GLANCE | {"side": 7}}
    _refused(write_tiny_glance(tmp_path / "odd", flow=odd), "not what its second network takes")
    _refused(write_tiny_glance(tmp_path / "grey", cells=1), "not what its second network takes")


def test_a_second_network_of_no_shape_is_refused(glancing: Path) -> None:
    _edit(glancing, lambda raw: raw["network"].pop("grid"))
    _refused(glancing, "glances")


@pytest.mark.parametrize(
    "flow",
    [*(GLANCED | {"glance": glance} for glance in (
        None, [], 8, {}, *({k: v for k, v in GLANCE.items() if k != key} for key in GLANCE),
        *(GLANCE | change for change in (
            {"more": 1}, {"side": 1}, {"side": 130}, {"side": 8.0}, {"side": True}, {"side": "8"},
            {"means": [0.0] * 2}, {"means": [0.0] * 4}, {"means": 0.0}, {"means": ["0", "1", "2"]},
            {"means": [0.0, 0.0, float("nan")]}, {"spreads": [1.0, 1.0, 0.0]}, {"spreads": [1.0, 1.0]},
            {"spreads": [1.0, 1.0, -1.0]}, {"spreads": [1.0, 1.0, float("inf")]}, {"spreads": "111"},
            {"coherence": 99}, {"coherence": -1}, {"coherence": None})))),
     *(GLANCED | change for change in ({"glance_share": 1e9}, {"glance_share": -1}, {"glance_share": "1"},
                                       {"glance_smooth": 17}, {"glance_smooth": None}))],
    ids=repr,
)  # fmt: skip
def test_a_glance_that_cannot_be_is_refused(glancing: Path, flow: dict[str, Any]) -> None:
    _edit(glancing, lambda raw: raw.update(flow=flow))
    _refused(glancing, "describes a flow")
