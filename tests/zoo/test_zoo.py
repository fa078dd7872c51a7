from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file

import flowdemo
from flowdemo.errors import ModelError
from flowdemo.zoo import available, find, load, read_manifest
from flowdemo.zoo.manifest import Manifest
from flowdemo.zoo.storage import WEIGHTS, file_hash

from .conftest import tiny_manifest, tiny_network

Make = Callable[..., Path]


def _edit(folder: Path, change: Callable[[dict], None]) -> None:
    raw = json.loads((folder / "manifest.json").read_text("utf-8"))
    change(raw)
    (folder / "manifest.json").write_text(json.dumps(raw), "utf-8")


def _vouch(folder: Path, name: str = WEIGHTS) -> None:
    """Make the manifest agree with a file that was changed."""
    entry = {"sha256": file_hash(folder / name), "bytes": (folder / name).stat().st_size}
    _edit(folder, lambda raw: raw["files"].update({name: entry}))


def _refused(folder: Path, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        load(folder, "cpu")
    assert caught.value.message.count(". ") == 0 and str(folder.parent) not in caught.value.message


def test_half_precision_round_trip(make: Make) -> None:
    network = tiny_network(seed=3)
    folder = make(network=network)
    loaded = load(folder, "cpu")
    for name, weight in network.state_dict().items():
        got = loaded.system.network.state_dict()[name]
        assert got.dtype == torch.float32
        torch.testing.assert_close(got, weight, rtol=2**-10, atol=1e-6)
    assert {v.dtype for v in load_file(folder / WEIGHTS).values()} == {torch.float16}
    z, tau = torch.randn(2, 3, 24, 16), torch.tensor([0.0, 900.0])
    torch.testing.assert_close(loaded.system.network(z, tau), network(z, tau), rtol=0.02, atol=0.02)


def test_description_survives_the_file(make: Make) -> None:
    folder = make(scores={"val": {"n": 3}}, name="other.name-2")
    manifest = read_manifest(folder)
    assert manifest == tiny_manifest(tiny_network(), scores={"val": {"n": 3}}, name="other.name-2",
                                     files=manifest.files)
    assert Manifest.from_json(json.loads(json.dumps(manifest.to_json()))) == manifest
    assert manifest.bytes == (folder / WEIGHTS).stat().st_size
    assert (manifest.codebook.classes, manifest.codebook.void) == (3, None)


def test_a_model_runs(make: Make) -> None:
    model = flowdemo.load(make(), device="cpu")
    photo = np.random.default_rng(0).integers(0, 256, (24, 16, 3)).astype(np.uint8)
    assert [step.index for step in model.trajectory(photo, steps=3)] == [0, 1, 2, 3]
    labels = np.zeros((24, 16), np.uint8)
    given = ((None, 1), (20.0, 1), (0, 1))
    starts = [next(model.trajectory(labels, "mask-to-image", beta=b, seed=s)).x for b, s in given]
    assert torch.equal(starts[0], starts[1]) and not torch.equal(starts[0], starts[2])


def test_damaged_weights_are_refused(make: Make) -> None:
    folder = make()
    data = bytearray((folder / WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / WEIGHTS).write_bytes(data)
    _refused(folder, "not the one its manifest describes")
    (folder / WEIGHTS).write_bytes(data[:-5])
    _refused(folder, "not the one its manifest describes")
    _vouch(folder)
    _refused(folder, "not a safetensors file")


def test_changed_hash_is_refused(make: Make) -> None:
    folder = make()
    _edit(folder, lambda raw: raw["files"][WEIGHTS].update(sha256="0" * 64))
    _refused(folder, "not the one its manifest describes")


def test_pickles_are_never_opened(make: Make, tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self):
            return (Path.touch, (tmp_path / "opened",))

    folder = make()
    (folder / WEIGHTS).write_bytes(pickle.dumps({"unet.conv_in.weight": Bomb()}))
    _vouch(folder)
    _refused(folder, "not a safetensors file")
    (folder / "model.pt").write_bytes(pickle.dumps(Bomb()))
    _edit(folder, lambda raw: raw.update(files={"model.pt": {"sha256": file_hash(folder / "model.pt"), "bytes": 9}}))
    _refused(folder, "only safetensors")
    assert not (tmp_path / "opened").exists()


def test_missing_files(make: Make, tmp_path: Path) -> None:
    folder = make()
    (folder / WEIGHTS).unlink()
    _refused(folder, "lacks its file")
    with pytest.raises(ModelError, match="no model"):
        load(tmp_path / "nowhere", "cpu")
    with pytest.raises(ModelError, match="not a model"):
        read_manifest(tmp_path)


def test_weights_of_another_network(make: Make) -> None:
    folder = make()
    weights = load_file(folder / WEIGHTS)
    save_file(dict(list(weights.items())[1:]), folder / WEIGHTS)
    _vouch(folder)
    _refused(folder, "do not fit")
    save_file({k: v[..., None] for k, v in weights.items()}, folder / WEIGHTS)
    _vouch(folder)
    _refused(folder, "do not fit")


@pytest.mark.parametrize(
    ("words", "changes"),
    [
        ("does not know the system", {"system": "teleport"}),
        ("small letters", {"name": "../../etc"}),
        ("small letters", {"name": ""}),
        ("side outside", {"size": [16, 100_000]}),
        ("wrong kind", {"size": [16]}),
        ("wrong kind", {"size": [16.5, 16]}),
        ("wrong kind", {"size": "16x16"}),
        ("wrong kind", {"name": 7}),
        ("wrong kind", {"palette": {"classes": []}}),
        ("wrong kind", {"palette": None}),
        ("wrong kind", {"files": []}),
        ("wrong kind", {"files": {WEIGHTS: "abc"}}),
        ("wrong kind", {"files": {WEIGHTS: {"sha256": 1, "bytes": 2}}}),
        ("wrong kind", {"beta": {"default": "much"}}),
        ("wrong kind", {"beta": {"default": float("inf")}}),
        ("wrong kind", {"parameters": -1}),
        ("wrong kind", {"steps": {"image-to-mask": 2.5}}),
        ("outside its folder", {"files": {"../weights.safetensors": {"sha256": "", "bytes": 1}}}),
        ("outside its folder", {"files": {"/etc/passwd": {"sha256": "", "bytes": 1}}}),
        ("outside its folder", {"files": {"autoencoder/../../x": {"sha256": "", "bytes": 1}}}),
        ("outside its folder", {"files": {"other/x.safetensors": {"sha256": "", "bytes": 1}}}),
        ("outside its folder", {"files": {"a\\b": {"sha256": "", "bytes": 1}}}),
        ("outside its folder", {"files": {".hidden": {"sha256": "", "bytes": 1}}}),
        ("state space", {"space": {"kind": "dreams"}}),
        ("state space", {"space": {}}),
        ("format", {"format": 99}),
        ("entries this version", {"network": {"in_channels": 3}}),
        ("sizes", {"network": {"in_channels": 3, "out_channels": 10**12}}),
        ("do not fit", {"network": {"in_channels": 3, "out_channels": 6, "patch": 2, "channels": [2048] * 6,
                                    "attention": [True] * 6}}),
        ("SemFlow predicts", {"prediction": "fortune"}),
        ("does not answer", {"prediction": "velocity"}),
        ("multiples of", {"size": [18, 24]}),
        ("neither grey nor in colour", {"network": {"in_channels": "3"}}),
        ("neither grey nor in colour", {"network": {}}),
        ("default number of steps", {"steps": {"image-to-mask": 0}}),
        ("default number of steps", {"steps": {"image-to-mask": 51}}),
        ("default β", {"beta": {"default": 200.0}}),
    ],
)  # fmt: skip
def test_hostile_manifests(make: Make, words: str, changes: dict) -> None:
    folder = make()
    _edit(folder, lambda raw: raw.update(changes))
    _refused(folder, words)


@pytest.mark.parametrize("key", ["name", "size", "files", "palette", "licence", "space"])
def test_entries_must_be_there(make: Make, key: str) -> None:
    folder = make()
    _edit(folder, lambda raw: raw.pop(key))
    _refused(folder, "lacks an entry")


@pytest.mark.parametrize("text", ["", "[1]", "{", '"x"', "[" * 5000])
def test_manifests_that_are_no_json(make: Make, text: str) -> None:
    folder = make()
    (folder / "manifest.json").write_text(text)
    _refused(folder, "manifest")


def test_models_are_found_by_name_and_folder(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("zoo/b", name="b-flow")
    make("zoo/a", network=tiny_network(3), name="a-judge", system="discriminative", prediction="logits", beta={})
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path / "zoo"))
    assert [n for n in available() if n in ("a-judge", "b-flow")] == ["b-flow", "a-judge"]  # flows come first
    assert find("b-flow") == tmp_path / "zoo" / "b"
    assert load("a-judge", "cpu").system.name == "Discriminative"
    with pytest.raises(ModelError, match="b-flow"):
        find("c-flow")


def test_a_damaged_model_hides_no_other(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make("zoo/good", name="good")
    (make("zoo/bad", name="bad") / "manifest.json").write_text("{")
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path / "zoo"))
    assert "good" in available() and "bad" not in available()
    with pytest.raises(ModelError, match="not valid JSON"):
        load("bad", "cpu")


@pytest.mark.parametrize("name", ["../models/x", "/etc", "x" * 5000, "a\0b", "a/b/c", "", "owner/", "a b/c"])
def test_odd_names_are_no_model(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(ModelError):
        find(name)


def test_hub_models_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(ModelError, match="could not be fetched") as caught:
        load("someone/some-model", "cpu")
    assert caught.value.message.endswith(".") and "\n" not in caught.value.message


def test_models_can_be_moved(make: Make, tmp_path: Path) -> None:
    folder = make()
    shutil.move(folder, tmp_path / "elsewhere")
    assert load(tmp_path / "elsewhere", "cpu").name == "tiny"
