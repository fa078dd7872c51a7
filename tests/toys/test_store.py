"""Stored spirals: what is written is what is read, and nothing that is not vouched for is used."""

from __future__ import annotations

import hashlib
import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file, save

from flowdemo.errors import InputError, ModelError
from flowdemo.toys import store
from flowdemo.toys.folded import STATE_SHAPES, Folded
from flowdemo.zoo import available, read_manifest

Arrays = dict[str, np.ndarray]


def arrays(seed: int) -> Arrays:
    rng = np.random.default_rng(seed)
    return {name: rng.uniform(0.1, 1, shape).astype(np.float32) for name, shape in STATE_SHAPES.items()}


def run(seed: int) -> dict[str, Any]:
    return {"seed": seed, "steps": 5, "points": 9, "seconds": 1.5, "loss": 0.6, "command": "c", "device": "cpu",
            "torch": "2"}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A spiral of the seeds 4 and 2, at hand as 'mine'."""
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path))
    for seed in (4, 2):
        store.add_run(tmp_path / "mine", run(seed), arrays(seed), "mine")
    return tmp_path / "mine"


def edit(folder: Path, change: Callable[[dict], Any]) -> None:
    raw = json.loads((folder / "manifest.json").read_text("utf-8"))
    change(raw)
    (folder / "manifest.json").write_text(json.dumps(raw), "utf-8")


def vouch(folder: Path, data: bytes) -> None:
    """Other weights, with the manifest vouching for them."""
    (folder / store.WEIGHTS).write_bytes(data)
    entry = {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
    edit(folder, lambda raw: raw["files"].update({store.WEIGHTS: entry}))


def refused(folder: Path, words: str) -> None:
    with pytest.raises(ModelError, match=words) as caught:
        store.load_spiral(folder)
    assert caught.value.message.count(". ") == 0 and str(folder.parent) not in caught.value.message


def test_every_seed_keeps_its_own_weights(folder: Path) -> None:
    spiral = store.load_spiral("mine")
    assert spiral.manifest.seeds == (2, 4) and list(spiral.networks) == [2, 4]
    for seed, network in spiral.networks.items():
        assert network.to_json() == Folded.from_state(arrays(seed)).to_json()
    stored = load_file(folder / store.WEIGHTS)
    assert len(stored) == 2 * len(STATE_SHAPES) and {value.dtype for value in stored.values()} == {np.dtype("float32")}
    assert all(name.startswith(("seed2.", "seed4.")) for name in stored)
    assert store.read_manifest(folder) == spiral.manifest and store.load_spiral(folder).manifest == spiral.manifest


def test_a_seed_is_stored_once_and_old_scores_do_not_outlive_it(folder: Path) -> None:
    before = (folder / store.WEIGHTS).read_bytes()
    with pytest.raises(ModelError, match="holds seed 4 already"):
        store.add_run(folder, run(4), arrays(9))
    assert (folder / store.WEIGHTS).read_bytes() == before
    score = {"seeds": [2, 4], "n": 9, "seed": 0, "solver": "euler", "rows": [
        {"steps": 1, "evaluations": 1, "accuracy": 0.5, "per_seed": [0.5, 0.5], "seconds_per_item": 1e-6}]}  # fmt: skip
    edit(folder, lambda raw: raw["scores"].update(test=score))
    assert store.load_spiral(folder).manifest.scores == {"test": score}
    assert store.add_run(folder, run(7), arrays(7)).scores == {} and store.load_spiral(folder).manifest.name == "mine"


def test_the_zoo_passes_it_by_and_says_what_it_is(folder: Path) -> None:
    assert "mine" not in available() and store.at_hand()["mine"] == folder
    with pytest.raises(ModelError, match="'mine' is a toy"):
        read_manifest(folder)


def test_a_damaged_folder_hides_no_other(folder: Path) -> None:
    (folder.parent / "bad").mkdir()
    (folder.parent / "bad" / "manifest.json").write_text("{", "utf-8")
    assert store.at_hand()["mine"] == folder
    refused(folder.parent / "bad", "not valid JSON")
    with pytest.raises(ModelError, match="There is no spiral 'none'"):
        store.load_spiral("none")
    with pytest.raises(ModelError, match=r"There is no spiral '\.\./mine'"):
        store.load_spiral("../mine")


@pytest.mark.parametrize("text", ["[]", "null", "{}", '"symmflow-spiral"', "[" * 9000, "{" * 9, "9" * 5000, "\ud800"])
def test_a_manifest_that_is_none(folder: Path, text: str) -> None:
    (folder / "manifest.json").write_bytes(text.encode("utf-8", "surrogatepass"))
    refused(folder, "manifest")


@pytest.mark.parametrize(
    "change",
    [{"format": 2}, {"system": "semflow"}, {"name": "../x"}, {"name": 3}, {"label": "a\x1b[2J"}, {"label": ["a"]},
     {"runs": []}, {"runs": {}}, {"runs": [run(2), run(2)]}, {"runs": [run(n) for n in range(17)]},
     {"runs": [run(2) | {"seed": -1}]}, {"runs": [run(2) | {"seed": True}]}, {"runs": [run(2) | {"loss": "low"}]},
     {"runs": [run(2) | {"seconds": float("nan")}]}, {"runs": [run(2) | {"steps": 1e9}]}, {"runs": ["two"]},
     {"runs": [{"seed": 2}]}, {"files": {}}, {"files": []}, {"files": {"../weights": {"sha256": "0", "bytes": 1}}},
     {"files": {store.WEIGHTS: {"sha256": "0" * 64, "bytes": 1 << 40}}}, {"files": {store.WEIGHTS: 3}},
     {"files": {store.WEIGHTS: {"sha256": 7, "bytes": 1}}}, {"scores": []}, {"scores": {"test": {"rows": [{}]}}},
     {"scores": {"test": 3}}],
    ids=repr,
)  # fmt: skip
def test_a_hostile_manifest_is_refused_in_one_sentence(folder: Path, change: dict) -> None:
    edit(folder, lambda raw: raw.update(change))
    refused(folder, "manifest")
    assert "mine" not in store.at_hand()


def test_a_missing_entry_is_refused(folder: Path) -> None:
    for key in ("name", "label", "runs", "files", "scores"):
        text = (folder / "manifest.json").read_text("utf-8")
        edit(folder, lambda raw, key=key: raw.pop(key))
        refused(folder, "lacks an entry")
        (folder / "manifest.json").write_text(text, "utf-8")


def test_weights_that_were_changed_cut_or_lost(folder: Path) -> None:
    data = bytearray((folder / store.WEIGHTS).read_bytes())
    data[-1] ^= 1
    (folder / store.WEIGHTS).write_bytes(data)
    refused(folder, "not the one its manifest describes")
    (folder / store.WEIGHTS).write_bytes(data[:-9])
    refused(folder, "not the one its manifest describes")
    (folder / store.WEIGHTS).unlink()
    refused(folder, "lacks its file")


class Payload:
    """Writes a file when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.mark,)


def test_a_pickle_is_refused_unopened(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "executed"
    vouch(folder, pickle.dumps(Payload(mark)))
    refused(folder, "not a safetensors file")
    assert not mark.exists()
    pickle.loads((folder / store.WEIGHTS).read_bytes())
    assert mark.exists(), "the payload works, so its silence above means something"


def named(seeds: tuple[int, ...], kind: type = np.float32, **other: np.ndarray) -> bytes:
    return save({f"seed{s}.{k}": v.astype(kind) for s in seeds for k, v in (arrays(s) | other).items()})


@pytest.mark.parametrize(
    ("data", "words"),
    [(named((2,)), "seeds its manifest names"), (named((2, 4, 5)), "seeds its manifest names"),
     (named((2, 4), np.float16), "seeds its manifest names"), (named((2, 4), more=np.zeros(1)), "seeds"),
     (named((2, 4), **{"head.bias": np.zeros(4)}), "1576"),
     (named((2, 4), **{"head.bias": np.full(3, np.nan)}), "finite"),
     (named((2, 4), **{"blocks.0.norm.running_var": np.full(11, -1.0)}), "negative"), (b"", "wrong kind"),
     (b"\xff" * 64, "not a safetensors file")],
    ids=range(9),
)  # fmt: skip
def test_weights_that_are_not_those_of_a_spiral(folder: Path, data: bytes, words: str) -> None:
    vouch(folder, data)
    refused(folder, words)


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text('{"format": 1, "system": "semflow"}', "utf-8")
    with pytest.raises(ModelError, match="does not describe a spiral"):
        store.add_run(tmp_path, run(0), arrays(0))
    assert [path.name for path in tmp_path.iterdir()] == ["manifest.json"]


def test_scores_take_points_and_seeds_in_range(folder: Path) -> None:
    from flowdemo.toys.scores import evaluate

    spiral = store.load_spiral(folder)
    for wrong in ({"n": 1}, {"n": 100_001}, {"seed": -1}, {"steps": [0]}, {"steps": [1001]}, {"solver": "rk9"}):
        with pytest.raises(InputError):
            evaluate(spiral, **{"n": 20} | wrong)
