"""The recipe ``mismatch``: its objective, its options, and whole trainings of a few steps on a tiny set."""

from __future__ import annotations

import json
import math
import shlex
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mismatch_kit import grain, save, texture

from flowdemo.data.inspection import read_inspection
from flowdemo.errors import DataError, InputError
from flowdemo.evaluation import detectors as detectors_room
from flowdemo.evaluation import reference as reference_room
from flowdemo.evaluation.detectors import NAMES, rims_of
from flowdemo.evaluation.inspection import evaluate_inspection
from flowdemo.evaluation.reference import grading_of, mismatches, reference, statistics_of
from flowdemo.systems.glance import Glance
from flowdemo.systems.rims import NO_RIM, Rim
from flowdemo.training import normality
from flowdemo.training.budget import Budget
from flowdemo.training.command import train
from flowdemo.training.matching import MismatchObjective
from flowdemo.training.normality import settled
from flowdemo.training.options import TrainingOptions
from flowdemo.zoo import load, read_manifest
from flowdemo.zoo.storage import PATCHES, read_patches

TINY = {"size": "16x16", "channels": "8,16", "batch": "4", "warmup": "2", "bf16": "false", "head_channels": "8"}
SOUND = 12  # training pictures, one of which is kept for validation


def write_set(root: Path, colour: bool = False) -> Path:
    """A set in MVTec-AD's layout; no side of a picture is that of another or of a crop."""

    def seen(seed: int) -> np.ndarray:
        grey = (0.3 * texture(seed, (40 + seed % 3, 36))).astype(np.uint8)
        grey += (70 + 40 * np.sin(np.arange(36) * 0.8 + seed)).astype(np.uint8)[:, None]
        return np.stack([grey, 255 - grey, grey // 2], -1) if colour else grey

    for i in range(SOUND):
        save(seen(i), root / "train" / "good" / f"{i:02d}.png")
    for i in range(2):
        save(seen(50 + i), root / "test" / "good" / f"{i}.png")
        picture, mask = seen(60 + i), np.zeros((36, 40 + (60 + i) % 3), np.uint8)
        mask[8:14, 9:20] = 255
        picture[mask > 0] = 250
        save(picture, root / "test" / "spot" / f"{i}.png")
        save(mask, root / "ground_truth" / "spot" / f"{i}_mask.png")
    return root


@pytest.fixture(scope="module")
def waves(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("data") / "waves")


@pytest.fixture(scope="module")
def trained_flow(waves: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, Any]]:
    """One short but real training."""
    out = tmp_path_factory.mktemp("models") / "first"
    chosen = TINY | {"ema": "0.9", "lr": "0.005", "smooth": "1", "margin": "3", "flip_y": "false",
                     "coherence": "0.5", "rim": "true"}  # fmt: skip
    return out, train("mismatch", waves, out, steps=60, device="cpu", seed=5, settings=chosen, bar=False)


def weights(out: Path) -> bytes:
    return (out / "weights.safetensors").read_bytes()


# Objective -------------------------------------------------------------------------------------------------------


class Silent(torch.nn.Module):
    """A network that adds nothing to what a line knows, or the same everywhere."""

    def __init__(self, answer: float = 0.0) -> None:
        super().__init__()
        self.answer = answer

    def forward(self, states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        assert times.shape == (len(states),) and (times >= 0).all() and (times <= 1000).all() and times.max() > 1
        return torch.full_like(states, self.answer)


@pytest.mark.parametrize("sigma", [0.25, 1.0])
def test_the_objective_of_gaussian_pixels_is_the_known_least_one(sigma: float) -> None:
    images = sigma * torch.randn(400, 1, 16, 16, generator=torch.Generator().manual_seed(0))

    def loss(answer: float) -> float:
        made = MismatchObjective(sigma)(Silent(answer), images, torch.zeros(400), torch.Generator().manual_seed(1))
        assert set(made) == {"matching"}
        return float(made["matching"])

    t = (np.arange(4000) + 0.5) / 4000
    expected = (sigma**2 / (t**2 * sigma**2 + (1 - t) ** 2)).mean()
    assert loss(0.0) == pytest.approx(expected, rel=0.1)
    assert loss(0.5) == pytest.approx(loss(0.0) + 0.25, rel=0.05) and loss(-0.5) > loss(0.0)


def test_the_objective_follows_its_generator_and_trains_the_network() -> None:
    images, network = torch.zeros(3, 1, 8, 8), torch.nn.Conv2d(1, 1, 1)
    objective = MismatchObjective(0.5, "arcsine")

    def asked(seed: int) -> torch.Tensor:
        return objective(lambda z, t: network(z), images, None, torch.Generator().manual_seed(seed))["matching"]

    assert asked(3) == asked(3) != asked(4)
    asked(3).backward()
    assert network.weight.grad is not None and float(network.weight.grad.abs().sum()) > 0


# Options ---------------------------------------------------------------------------------------------------------


def told(**settings: str) -> TrainingOptions:
    return settled(TrainingOptions().with_settings(settings))


def test_what_is_left_open_is_the_recipes_own() -> None:
    usual = told()
    assert (usual.size, usual.patch, usual.channels) == ((128, 128), 2, (32, 48, 64))
    assert usual.attention == (False, False, True) and (usual.flip_x, usual.flip_y) == (True, True)
    assert (usual.batch, usual.lr, usual.jitter) == (8, 6e-4, 0.0) and settled(usual) == usual


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [("flip_x", "false", False), ("flip_y", "false", False), ("batch", "3", 3), ("size", "64x32", (64, 32)),
     ("zoom", "0.8,1.2", (0.8, 1.2)), ("jitter", "0.1", 0.1), ("lr", "0.1", 0.1), ("patch", "4", 4)],
)  # fmt: skip
def test_what_is_chosen_stays(key: str, text: str, value: Any) -> None:
    assert getattr(told(**{key: text}), key) == value


def test_attention_follows_the_channels() -> None:
    assert told(channels="8,16").attention == (False, True)
    assert told(channels="8,16", attention="1,0").attention == (True, False)


@pytest.mark.parametrize("size", ["100x128", "128x12"])
def test_crops_must_fit_the_network(size: str) -> None:
    with pytest.raises(InputError, match="multiples of 8") as refused:
        told(size=size)
    assert refused.value.field == "size"


# A training ------------------------------------------------------------------------------------------------------


def test_the_flow_learns_what_is_normal(trained_flow: tuple[Path, dict[str, Any]], waves: Path) -> None:
    out, result = trained_flow
    rows = [json.loads(line) for line in (out / "training" / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 61)) and result["steps"] == 60
    system = load(out, "cpu").system
    seen = torch.stack([system.picture_state(p)[..., :16, :16] for p in read_inspection(waves, "train").images])

    def loss(network: Any) -> float:
        generator = torch.Generator().manual_seed(0)
        return float(MismatchObjective(system.spread)(network, seen.repeat(20, 1, 1, 1), None, generator)["matching"])

    assert loss(system.network) < 0.8 * loss(Silent())
    (row,) = evaluate_inspection(load(out, "cpu"), waves, times=(2,), settings={"paths": 2})["rows"]
    assert row["pixel_auroc"] > 0.9


def test_the_folder_is_a_whole_detector(trained_flow: tuple[Path, dict[str, Any]], waves: Path) -> None:
    out, result = trained_flow
    manifest = read_manifest(out)
    assert result["name"] == manifest.name == "mismatch-waves" and result["recipe"] == manifest.system == "mismatch"
    assert (manifest.size, manifest.channels, manifest.steps) == ((16, 16), 1, {"detect": 8})
    assert [entry.name for entry in manifest.palette.classes] == ["normal", "defect"]
    assert set(manifest.files) == {"weights.safetensors", PATCHES}
    training = manifest.training
    assert (training["steps"], training["samples"], training["seed"], training["pictures"]) == (60, 240, 5, SOUND - 1)
    flow = dict(manifest.flow)
    assert 0.03 < flow.pop("spread") < 0.5
    assert flow.pop("rims").keys() == set(NAMES)
    assert flow == {"exposure": "picture", "paths": 8, "weight": "noise", "aggregation": "min", "share": 0.2,
                    "smooth": 1.0, "margin": 3, "pooling": "peak", "coherence": 0.5, "wide": 0.0,
                    "glance_share": 0.0, "glance_smooth": 0.0, "glance_weight": ""}  # fmt: skip


def test_the_spread_is_that_of_the_pictures_as_they_are_seen(
    trained_flow: tuple[Path, dict[str, Any]], waves: Path
) -> None:
    system = load(trained_flow[0], "cpu").system
    seen = [system.picture_state(picture) for picture in read_inspection(waves, "train").images]
    expected = math.sqrt(np.mean([float(state.var(correction=0)) for state in seen]))
    assert system.spread == pytest.approx(expected, rel=0.01)


def test_normal_pictures_are_measured_with_what_was_stored(
    trained_flow: tuple[Path, dict[str, Any]], waves: Path
) -> None:
    out, _ = trained_flow
    model = load(out, "cpu")
    stored = model.manifest.scores
    assert set(stored) == {"reference"} and stored["reference"]["n"] == 1
    assert stored["reference"] == json.loads(json.dumps(reference(model, read_inspection(waves, "val"))))
    assert rims_of(model, read_inspection(waves, "train")).to_json() == {"rims": model.manifest.flow["rims"]}
    expected = statistics_of(read_inspection(waves, "train"), model.manifest).tensors()
    found = read_patches(out, model.manifest)
    assert found.keys() == expected.keys() and all(torch.equal(found[key], expected[key]) for key in expected)


def test_the_command_makes_the_same_options(trained_flow: tuple[Path, dict[str, Any]]) -> None:
    training = read_manifest(trained_flow[0]).training
    words = shlex.split(training["command"])
    assert words[:5] == ["python", "-m", "flowdemo", "train", "mismatch"]
    flags = dict(zip(words[5:-1:2], words[6::2], strict=False))
    assert (flags["--data"], flags["--steps"], flags["--seed"]) == ("DATA/waves", "60", "5")
    settings = dict(words[i + 1].split("=", 1) for i, word in enumerate(words) if word == "--set")
    assert told(**settings).to_json() == training["options"] and "lr" in settings and "patch" not in settings


def test_card_and_manifest_tell_no_place(trained_flow: tuple[Path, dict[str, Any]], waves: Path) -> None:
    out, _ = trained_flow
    card = (out / "README.md").read_text("utf-8")
    for text in (card, (out / "manifest.json").read_text("utf-8")):
        assert str(waves.parent) not in text and str(out.parent) not in text
    for words in ("Flow Mismatching", "16×16", "K = 8 paths, T = 8 times", "smoothed by 0.5 pixels",
                  "maps by 1 pixels", "**reference**", read_manifest(out).training["command"]):
        assert words in card


# A training of two scales ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def glancing(waves: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("models") / "glancing"
    chosen = TINY | {"ema": "0.9", "lr": "0.005", "flip_y": "false", "rim": "true", "glance": "8",
                     "glance_channels": "8", "glance_share": "0.5", "glance_smooth": "2",
                     "glance_weight": "velocity"}  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(detectors_room, "RIM_PICTURES", 2)
        train("mismatch", waves, out, steps=60, device="cpu", seed=5, settings=chosen, bar=False)
    return out


class SilentAtBoth(torch.nn.Module):
    def forward(self, *given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return torch.zeros_like(given[0]), torch.zeros_like(given[2])


def test_the_flow_of_grids_is_learnt_beside_that_of_pixels(glancing: Path, waves: Path) -> None:
    rows = [json.loads(line) for line in (glancing / "training" / "log.jsonl").read_text().splitlines()]
    assert len(rows) == 60 and all(math.isfinite(row["glance"]) and math.isfinite(row["matching"]) for row in rows)
    system = load(glancing, "cpu").system
    states = [system.picture_state(picture) for picture in read_inspection(waves, "train").images]
    crops = torch.stack([state[..., :16, :16] for state in states]).repeat(4, 1, 1, 1)
    objective = MismatchObjective(system.spread, grids=torch.stack([system.glance.grid(state) for state in states]))

    @torch.no_grad()
    def losses(network: Any) -> dict[str, float]:
        return {k: float(v) for k, v in objective(network, crops, None, torch.Generator().manual_seed(0)).items()}

    learnt, silent = losses(system.network), losses(SilentAtBoth())
    assert learnt.keys() == {"matching", "glance"}
    assert learnt["glance"] < 0.9 * silent["glance"] and learnt["matching"] < 0.9 * silent["matching"]


def test_the_folder_tells_of_both_scales(glancing: Path, waves: Path) -> None:
    model = load(glancing, "cpu")
    manifest, split = model.manifest, read_inspection(waves, "train")
    states = [model.system.picture_state(picture) for picture in split.images]
    assert manifest.flow["glance"] == Glance.of(states, 8, 1.5).to_json()
    assert [manifest.flow[f"glance_{key}"] for key in ("share", "smooth", "weight")] == [0.5, 2.0, "velocity"]
    assert manifest.network["kind"] == "glance" and manifest.network["grid"]["channels"] == [8]
    assert manifest.parameters == sum(weight.numel() for weight in model.system.network.parameters())
    assert manifest.flow["rims"].keys() == set(NAMES) == manifest.flow["glance_rims"].keys() | {"patches"}
    assert {rim["cells"] for rim in manifest.flow["glance_rims"].values()} == {8}
    words = shlex.split(manifest.training["command"])
    settings = dict(words[i + 1].split("=", 1) for i, word in enumerate(words) if word == "--set")
    assert told(**settings).to_json() == manifest.training["options"] and settings["glance"] == "8"


def test_a_detector_of_two_scales_is_measured_and_evaluated(glancing: Path, waves: Path) -> None:
    model = load(glancing, "cpu")
    stored = model.manifest.scores["reference"]
    assert stored == json.loads(json.dumps(reference(model, read_inspection(waves, "val"))))
    (row,) = evaluate_inspection(model, waves, times=(2,), settings={"paths": 2})["rows"]
    assert row["pixel_auroc"] > 0.9


def test_rims_are_measured_without_what_the_model_knows_and_shares_them(glancing: Path, waves: Path) -> None:
    model, split = load(glancing, "cpu"), read_inspection(waves, "val")
    flow, expected = model.manifest.flow, rims_of(model, split)
    for changes in ({"rims": {}, "glance_rims": {}}, {"glance_share": 100.0}, {"glance_smooth": 9.0}):
        changed = replace(model, manifest=replace(model.manifest, flow=flow | changes))
        assert rims_of(changed, split) == expected
    (picture,) = split.images
    grading = replace(grading_of(model.manifest), rim=NO_RIM, glance_rim=NO_RIM, glance_smooth=0.0)
    found = grading.map(mismatches(model.system, picture, seed=0))
    assert expected.pixels["mismatch"] == Rim.of([found[0]])
    cells = torch.nn.functional.adaptive_avg_pool2d(found[1][None], 8)[0]
    assert expected.cells["mismatch"] == Rim.of([cells], 8)


def test_the_glance_alone_is_trained_on_within_its_model(glancing: Path, waves: Path, tmp_path: Path) -> None:
    chosen = TINY | {"init": str(glancing), "part": "glance", "lr": "0.005", "ema": "0.5", "flip_y": "false",
                     "glance": "8", "glance_channels": "8", "glance_share": "0.7"}  # fmt: skip
    train("mismatch", waves, tmp_path / "on", steps=5, device="cpu", seed=6, settings=chosen, bar=False)
    rows = [json.loads(line) for line in (tmp_path / "on" / "training" / "log.jsonl").read_text().splitlines()]
    assert len(rows) == 5 and all("matching" not in row and math.isfinite(row["glance"]) for row in rows)
    before, after = load(glancing, "cpu"), load(tmp_path / "on", "cpu")
    assert after.manifest.flow["glance_share"] == 0.7
    assert after.manifest.training["begun_from"]["model"] == before.name
    assert after.manifest.training["samples"] == 5 * 4 * 2  # whole pictures, two for each crop of a batch
    assert "only the flow of whole pictures" in (tmp_path / "on" / "README.md").read_text("utf-8")
    old = before.system.network.state_dict()
    moved = {name for name, weight in after.system.network.state_dict().items() if not torch.equal(weight, old[name])}
    assert moved and all(name.startswith("glance.") for name in moved)


@pytest.mark.parametrize("settings", [{}, {"glance": "8", "glance_channels": "8"}, {"init": "normalflow-magtile"}])
def test_a_glance_alone_needs_a_model_that_has_one(settings: dict[str, str]) -> None:
    with pytest.raises(InputError, match="name it with init") as refused:
        told(part="glance", **settings)
    assert refused.value.field == "part"


@pytest.mark.parametrize(
    ("settings", "multiple"), [({"glance": "12"}, 8), ({"glance": "7", "glance_channels": "8"}, 2)]
)
def test_cells_must_fit_the_second_network(settings: dict[str, str], multiple: int) -> None:
    with pytest.raises(InputError, match=f"multiple of {multiple}") as refused:
        told(**settings)
    assert refused.value.field == "glance"


@pytest.mark.parametrize(
    "settings", [{"glance": "-8"}, {"glance": "136"}, {"glance_channels": "12"}, {"glance_channels": "8," * 6 + "8"},
                 {"glance_share": "-1"}, {"glance_coherence": "17"}, {"glance_smooth": "nan"}, {"glance_weight": "t"},
                 {"part": "pixels"}],
    ids=repr,
)  # fmt: skip
def test_a_glance_outside_its_bounds_is_refused(settings: dict[str, str]) -> None:
    with pytest.raises(InputError):
        told(**settings)


# Resuming --------------------------------------------------------------------------------------------------------


def _interrupting(monkeypatch: pytest.MonkeyPatch, after: int) -> None:
    """Let the next training be stopped in its step ``after``, as by Ctrl-C."""
    calls = iter(range(1, 10**6))

    class Stopped(MismatchObjective):
        def __call__(self, *given: Any) -> dict[str, torch.Tensor]:
            if next(calls) == after:
                signal.raise_signal(signal.SIGINT)
            return super().__call__(*given)

    monkeypatch.setattr(normality, "MismatchObjective", Stopped)


def test_a_resumed_training_equals_an_unbroken_one_bit_by_bit(
    waves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {"steps": 6, "device": "cpu", "seed": 4, "bar": False}
    chosen = TINY | {"jitter": "0.1", "zoom": "0.9,1.3"}
    train("mismatch", waves, tmp_path / "straight", settings=chosen, **asked)
    with monkeypatch.context() as patch:
        _interrupting(patch, 3)
        half = train("mismatch", waves, tmp_path / "broken", settings=chosen, **asked)
    assert half["interrupted"] and half["steps"] == 3 and not (tmp_path / "broken" / "manifest.json").exists()
    torch.manual_seed(99)  # whatever else happens in between
    asked["seed"] = 0  # the state's own counts
    whole = train("mismatch", waves, tmp_path / "broken", resume=True, **asked)
    assert (whole["interrupted"], whole["steps"]) == (False, 6)
    assert weights(tmp_path / "broken") == weights(tmp_path / "straight")
    logs = [(tmp_path / name / "training" / "log.jsonl").read_text().splitlines() for name in ("straight", "broken")]
    straight, broken = ([(row["step"], row["matching"]) for row in map(json.loads, log)] for log in logs)
    assert straight == broken and [step for step, _ in broken] == [1, 2, 3, 4, 5, 6]
    straight, broken = (read_manifest(tmp_path / name) for name in ("straight", "broken"))
    assert straight.scores == broken.scores and straight.training["options"] == broken.training["options"]
    other = train("mismatch", waves, tmp_path / "other", settings=chosen, **asked)
    assert other["steps"] == 6 and weights(tmp_path / "other") != weights(tmp_path / "straight")


def test_a_spent_budget_only_exports(trained_flow: tuple[Path, dict[str, Any]], waves: Path) -> None:
    out, _ = trained_flow
    before = weights(out)
    result = train("mismatch", waves, out, steps=60, resume=True, device="cpu", bar=False)
    assert result["steps"] == 60 and weights(out) == before
    assert read_manifest(out).training["options"]["ema"] == 0.9


def test_a_state_is_resumed_with_its_own_set_alone(
    trained_flow: tuple[Path, dict[str, Any]], tmp_path: Path, waves: Path, cells: Path
) -> None:
    other = write_set(tmp_path / "others")
    with pytest.raises(InputError, match="not 'others'") as refused:
        train("mismatch", other, trained_flow[0], steps=80, resume=True, device="cpu", bar=False)
    assert refused.value.field == "data"
    with pytest.raises(InputError, match="not 'semflow'") as refused:
        train("semflow", cells, trained_flow[0], steps=80, resume=True, device="cpu", bar=False)
    assert refused.value.field == "recipe"


def test_an_existing_state_is_never_overwritten(trained_flow: tuple[Path, dict[str, Any]], waves: Path) -> None:
    with pytest.raises(InputError, match="resume it"):
        train("mismatch", waves, trained_flow[0], steps=1, device="cpu", bar=False)


# Data and time ---------------------------------------------------------------------------------------------------


def test_pictures_in_colour_are_learnt_in_colour(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    colours = write_set(tmp_path / "colours", colour=True)
    monkeypatch.setattr(reference_room, "PICTURES", 1)
    train("mismatch", colours, tmp_path / "m", steps=1, device="cpu", settings=TINY | {"exposure": "plain"}, bar=False)
    model = load(tmp_path / "m", "cpu")
    assert (model.manifest.channels, model.system.channels, model.system.exposure) == (3, 3, "plain")
    assert read_patches(tmp_path / "m", model.manifest)["mean"].shape[0] == 3


def test_without_pictures_to_measure_nothing_is_trained(tmp_path: Path) -> None:
    few = tmp_path / "few"
    for i in range(5):
        save(texture(i), few / "train" / "good" / f"{i}.png")
    (few / "test").mkdir()
    with pytest.raises(DataError, match="'val'"):
        train("mismatch", few, tmp_path / "m", steps=1, device="cpu", settings=TINY, bar=False)
    assert not (tmp_path / "m").exists()


def test_the_drawn_set_needs_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowdemo.data import inspection

    monkeypatch.setattr(inspection, "_EACH", {"train": {"normal": 1}, "val": {"normal": 1}})
    monkeypatch.setattr(reference_room, "PICTURES", 1)
    result = train("mismatch", "drawn:surfaces", tmp_path / "m", steps=1, device="cpu", settings=TINY, bar=False)
    manifest = read_manifest(tmp_path / "m")
    assert result["name"] == manifest.name == "mismatch-drawn-surfaces" and manifest.scores["reference"]["n"] == 1
    assert "--data drawn:surfaces" in manifest.training["command"]


class Watched:
    """What a trainer must know to say how long its ending takes, with a clock that a test turns."""

    def __init__(self, call: float, monkeypatch: pytest.MonkeyPatch) -> None:
        from types import SimpleNamespace

        self.now = 0.0
        self.options = SimpleNamespace(size=(16, 16), rim=False)
        self.accelerator = SimpleNamespace(device=torch.device("cpu"))
        self.call = call
        monkeypatch.setattr(normality, "time", SimpleNamespace(monotonic=lambda: self.now))

    def spend(self, states: torch.Tensor) -> None:
        self.now += len(states) * self.call / 4  # pictures of 40 × 36 pixels are seen in four tiles


class Slow(torch.nn.Module):
    """A network that turns that clock, once for each tile."""

    def __init__(self, clock: Watched) -> None:
        from types import SimpleNamespace

        super().__init__()
        self.config, self.told = SimpleNamespace(multiple=4), [clock.spend]

    def __deepcopy__(self, memo: Any) -> Slow:
        return self

    def forward(self, states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        self.told[0](states)
        return torch.zeros_like(states)


@pytest.mark.parametrize(("pictures", "counted"), [(3, 3), (10_000, normality.PICTURES)])
def test_time_is_kept_for_measuring_normal_pictures(
    waves: Path, monkeypatch: pytest.MonkeyPatch, pictures: int, counted: int
) -> None:
    split, trainer = read_inspection(waves, "train"), Watched(0.01, monkeypatch)
    monkeypatch.setattr(normality, "inspection_length", lambda data, part: pictures)
    ending = normality._ending(Slow(trainer), trainer, split, waves)
    tiles = round(trainer.now / 2 / 0.0025)  # two calls were timed
    assert tiles > 1 and ending == pytest.approx(normality.FIXED + normality.SLOWER * (tiles * 0.0025) * 64 * counted)


def test_half_of_the_minutes_stay_and_steps_are_steps() -> None:
    left = normality._without(Budget(minutes=30), 66.0)
    assert left.minutes == pytest.approx(30 - 1.1) and left.steps is None
    assert normality._without(Budget(minutes=4, steps=9), 600.0) == Budget(9, 2.0)
    assert normality._without(Budget(steps=9), 600.0) == Budget(steps=9)


def test_minutes_end_a_training(waves: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(normality, "FIXED", 0.0)
    begin = time.monotonic()
    result = train("mismatch", waves, tmp_path / "m", minutes=0.04, device="cpu", settings=TINY, bar=False)
    assert result["steps"] > 1 and 0.5 * 0.04 * 60 <= result["seconds"] <= result["wall_seconds"]
    assert result["wall_seconds"] <= time.monotonic() - begin
    assert read_manifest(tmp_path / "m").scores["reference"]["n"] == 1


def test_levels_are_those_of_the_state_within_its_range() -> None:
    levels = normality._levels(torch.tensor([[[-1.0, 0.0, 1.0, 3.0]]]))
    assert levels.tolist() == [[0, 128, 255, 255]] and levels.dtype == np.uint8
    assert normality._levels(torch.zeros(3, 2, 5)).shape == (2, 5, 3)
    assert normality._variance(grain(1, 0.2, (200, 200))) == pytest.approx(0.04, rel=0.03)
    assert replace(Budget(steps=2), minutes=1).minutes == 1


def test_a_training_goes_on_from_a_model(
    trained_flow: tuple[Path, dict[str, Any]], waves: Path, tmp_path: Path
) -> None:  # fmt: skip
    first, out = trained_flow[0], tmp_path / "on"
    chosen = TINY | {"init": str(first), "lr": "1e-5", "flip_y": "false"}
    train("mismatch", waves, out, steps=1, device="cpu", seed=6, settings=chosen, bar=False)
    before, after = load(first, "cpu"), load(out, "cpu")
    spent = {key: before.manifest.training[key] for key in ("steps", "samples", "seconds")}
    assert after.manifest.training["begun_from"] == {"model": before.name} | spent
    assert after.manifest.flow["spread"] == before.manifest.flow["spread"]
    weights = before.system.network.state_dict()
    for name, value in after.system.network.state_dict().items():
        assert torch.allclose(value, weights[name], atol=2e-3)
