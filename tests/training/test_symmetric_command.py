"""From an array set to a model folder, by the recipes for labelled pictures; and SymmFlow from a folder of masks."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import flowdemo
from flowdemo.evaluation import evaluate
from flowdemo.request import LABEL_TO_IMAGE
from flowdemo.training.budget import Budget
from flowdemo.training.command import train
from flowdemo.training.export import export_state
from flowdemo.training.loop import Trainer
from flowdemo.training.options import TrainingOptions
from flowdemo.training.recipes import build, plan
from flowdemo.training.sheets import ROWS, SampleSheets, calls
from flowdemo.zoo import read_manifest

from .conftest import TINY
from .test_loop import _StopAfter as StopAfter
from .test_loop import _weights as weights_of

SMALL = TINY | {"batch": "16", "ema": "0.9", "lr": "0.004", "channels": "16,24", "shift": "0", "zoom": "1,1"}


@pytest.fixture(scope="module")
def flow(tmp_path_factory: pytest.TempPathFactory, bars: Path) -> Path:
    out = tmp_path_factory.mktemp("models") / "symmflow-bars"
    train("symmflow", bars, out, steps=90, device="cpu", seed=1, settings=SMALL, bar=False)
    return out


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory, bars: Path) -> Path:
    out = tmp_path_factory.mktemp("judges") / "classifier-bars"
    train("classifier", bars, out, steps=30, device="cpu", settings=SMALL, bar=False)
    return out


def _losses(out: Path) -> list[dict]:
    return [json.loads(line) for line in (out / "training" / "log.jsonl").read_text().splitlines()]


def test_every_loss_goes_down(flow: Path) -> None:
    rows = _losses(flow)
    for loss, share in (("image", 0.85), ("label", 0.95), ("classes", 0.6)):
        first, last = (np.mean([row[loss] for row in part]) for part in (rows[:8], rows[-8:]))
        assert last < share * first, loss


def test_both_learn_the_bars(flow: Path, judge: Path, bars: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLOWDEMO_MODELS", str(judge.parent))
    read, made = flowdemo.load(flow, device="cpu"), flowdemo.load(judge, device="cpu")
    assert evaluate(made, bars)["rows"][0]["accuracy"] == 1.0
    assert evaluate(read, bars, steps=(1,))["rows"][0]["accuracy"] > 0.8
    row = evaluate(read, bars, steps=(8,), direction=LABEL_TO_IMAGE, samples=4)["rows"][0]
    assert row["label_agreement"] > 0.8


def test_the_folder_tells_all_that_is_needed(flow: Path, judge: Path, bars: Path) -> None:
    manifest = read_manifest(flow)
    assert manifest.flow == {"labels": "global", "amplitude": 2.0, "time_scale": 1000.0, "skip": 0.5}
    assert manifest.settings == {"temperature": 0.0} and flowdemo.load(flow, "cpu").system.temperature == 0.0
    assert (manifest.name, manifest.size, manifest.beta["trained"]) == ("symmflow-bars", (12, 12), 0.25)
    assert manifest.training["pictures"] == 57 and manifest.scores["val"]["n"] == 3
    assert [row["steps"] for row in manifest.scores["val"]["rows"]] == [1, 5]
    assert len({c.color for c in manifest.palette.classes}) == 3
    words = shlex.split(manifest.training["command"])
    settings = dict(words[i + 1].split("=", 1) for i, word in enumerate(words) if word == "--set")
    again = plan("symmflow", bars, TrainingOptions().with_settings(settings)).options
    assert again.to_json() == manifest.training["options"]
    assert read_manifest(judge).beta == {} and read_manifest(judge).prediction == "logits"


def test_cards_speak_of_labels(flow: Path, judge: Path) -> None:
    text = (flow / "README.md").read_text("utf-8")
    for words in ("image-classification", "SymmFlow", "0.25 level spacings", "1000·t", "| accuracy |", "Accuracy per"):
        assert words in text
    assert "judge" in (judge / "README.md").read_text("utf-8")


def test_sheets_show_one_row_for_each_label(flow: Path, judge: Path) -> None:
    made = Image.open(next((flow / "training" / "samples").glob("*.png")))
    read = Image.open(next((judge / "training" / "samples").glob("*.png")))
    assert made.width > 3 * 160 and made.height > 3 * 160  # picture and two syntheses, three labels
    assert read.width < 2 * 200 + 64 and read.height == made.height


def test_a_state_becomes_the_same_folder(flow: Path, bars: Path, tmp_path: Path) -> None:
    export_state(flow / "training", bars, tmp_path / "copy", limit=0)
    assert (tmp_path / "copy" / "weights.safetensors").read_bytes() == (flow / "weights.safetensors").read_bytes()
    assert read_manifest(tmp_path / "copy").training["options"] == read_manifest(flow).training["options"]


@pytest.mark.parametrize("recipe", ["symmflow", "classifier"])
def test_a_resumed_run_equals_an_unbroken_one_bit_by_bit(bars: Path, tmp_path: Path, recipe: str) -> None:
    options = TrainingOptions().with_settings(SMALL | {"shift": "2", "zoom": "0.9,1.2", "flip_x": "true"})

    def trainer(name: str) -> Trainer:
        return build(plan(recipe, bars, options), tmp_path / name, 3, "cpu")

    straight, first = trainer("straight"), trainer("broken")
    straight.run(Budget(steps=5), bar=False)
    first.objective = StopAfter(first.objective, 2)
    first.run(Budget(steps=5), bar=False)
    torch.manual_seed(99)
    second = trainer("broken")
    second.resume()
    assert (first.interrupted, second.step) == (True, 2)
    second.run(Budget(steps=5), bar=False)
    assert all(torch.equal(a, b) for a, b in zip(weights_of(straight), weights_of(second), strict=True))


def test_masks_are_learned_too(cells: Path, tmp_path: Path) -> None:
    result = train("symmflow", cells, tmp_path / "m", steps=6, device="cpu", settings=TINY, bar=False)
    manifest = read_manifest(tmp_path / "m")
    assert result["name"] == "symmflow-drawn-cell" and manifest.labels == "pixel"
    assert {"miou", "pixel_accuracy"} <= manifest.scores["val"]["rows"][0].keys()
    assert set(manifest.steps) == {"image-to-mask", "mask-to-image"}
    assert "grey levels" in (tmp_path / "m" / "README.md").read_text("utf-8")


def test_calls_of_a_sheet_are_counted(bars: Path, cells: Path, tmp_path: Path) -> None:
    for recipe, data in (("symmflow", bars), ("classifier", bars), ("symmflow", cells), ("semflow", cells)):
        chosen, seen = plan(recipe, data, TrainingOptions().with_settings(TINY)), []
        network = chosen.network().eval()
        network.register_forward_pre_hook(lambda _, given, seen=seen: seen.append(len(given[0])))
        SampleSheets(chosen, data, tmp_path)(network, 0)
        rows = 3 if data == bars else 2
        assert sum(seen) == calls(chosen) * rows // (3 if data == bars else ROWS)
