"""Scores of detectors, with a network that knows the closed form of the flow of independent Gaussian pixels."""

from __future__ import annotations

import math
import shutil
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from mismatch_kit import FLOW, SIZE, detector_manifest, grain, save, tiny_flow, write_tiny_detector

from flowdemo.data.inspection import read_inspection
from flowdemo.errors import DataError, InputError, ModelError
from flowdemo.evaluation import inspection, ranking
from flowdemo.evaluation import reference as reference_room
from flowdemo.evaluation.detectors import METHOD, NAMES, ODE_STEPS, there_and_back
from flowdemo.evaluation.inspection import evaluate_inspection
from flowdemo.evaluation.protocol import evaluate
from flowdemo.evaluation.reference import APART, THRESHOLD, grading_of, mismatches, reference, statistics_of
from flowdemo.flow.gradings import AGGREGATIONS, WEIGHTS, inner_times
from flowdemo.flow.paths import linear_guess
from flowdemo.systems.grading import image_score
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.training.export import add_scores
from flowdemo.zoo import Model, save_model
from flowdemo.zoo.storage import write_manifest

SIGMA = 0.12
SOUND, EACH = 8, 5  # pictures of the test split, and of each kind of defect
STRONG, FAINT = 7.0, 1.2  # by how many standard deviations a defect lies apart
PLACE = (slice(10, 16), slice(20, 27))
HALVES = {"paths": 2}  # K that tests run with


def write_set(root: Path) -> Path:
    """A set of independent Gaussian pixels, some of them with a square that lies apart."""
    for i in range(20):
        save(grain(i, SIGMA), root / "train" / "good" / f"{i:02d}.png")
    for i in range(SOUND):
        save(grain(100 + i, SIGMA), root / "test" / "good" / f"{i:02d}.png")
    for kind, apart in (("strong", STRONG), ("faint", FAINT)):
        for i in range(EACH):
            picture, mask = grain(200 + i, SIGMA), np.zeros((40, 40), np.uint8)
            mask[PLACE] = 255
            picture[PLACE] = np.clip(picture[PLACE] + apart * SIGMA * 127.5, 0, 255).astype(np.uint8)
            save(picture, root / "test" / kind / f"{i}.png")
            save(mask, root / "ground_truth" / kind / f"{i}_mask.png")
    return root


@pytest.fixture(scope="module")
def squares(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_set(tmp_path_factory.mktemp("sets") / "squares")


@pytest.fixture(autouse=True)
def few_draws(monkeypatch: pytest.MonkeyPatch) -> None:
    """An interval from fewer draws, which is what takes most of the time."""
    for name in ("grouped_interval", "difference_interval"):
        monkeypatch.setattr(inspection, name, partial(getattr(ranking, name), rounds=100))


def silent(states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
    """What a line knows of independent pixels of mean 0 is all there is to know: the network adds nothing."""
    return torch.zeros_like(states)


@pytest.fixture(scope="module")
def exact(squares: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Model]:
    """Makes a detector of these pictures around any network; keyword arguments change its flow."""
    folder = write_tiny_detector(tmp_path_factory.mktemp("models") / "exact", patches=False)
    stored = detector_manifest(name="exact", flow=FLOW | {"spread": SIGMA})
    patches = statistics_of(read_inspection(squares, "train"), stored).tensors()
    manifest = save_model(folder, stored, tiny_flow(), patches=patches)

    def make(network: Callable = silent, **flow: Any) -> Model:
        told = replace(manifest, flow=manifest.flow | flow)
        system = FlowMismatching(network, 1, SIGMA, SIZE, multiple=4)
        return Model(told, system, torch.device("cpu"), folder)

    return make


def scored(model: Model, data: str | Path, **asked: Any) -> dict[str, Any]:
    return evaluate_inspection(model, data, **{"times": (3,), "settings": HALVES} | asked)


def untimed(result: dict[str, Any]) -> dict[str, Any]:
    rows = [{key: value for key, value in row.items() if key != "seconds_per_item"} for row in result["rows"]]
    return result | {"rows": rows}


# The closed form -------------------------------------------------------------------------------------------------


def test_the_exact_flow_disagrees_as_its_closed_form_says(exact: Callable[..., Model]) -> None:
    picture = grain(7, SIGMA, (40, 40))
    z2 = float(((picture / 127.5 - 1) ** 2).mean())
    for found, t in zip(mismatches(exact().system, picture, 4, 32), inner_times(4), strict=True):
        spread = t**2 * SIGMA**2 + (1 - t) ** 2
        expected = ((1 - t) ** 2 * z2 + t**2 * SIGMA**4) / spread**2
        assert float(found.mean()) == pytest.approx(expected, rel=0.03)


def test_there_and_back_is_the_ode(exact: Callable[..., Model]) -> None:
    still = FlowMismatching(lambda x, tau: -linear_guess(float(tau[0]) / 1000, SIGMA) * x, 1, SIGMA, SIZE)
    picture = exact().system.picture_state(grain(7, SIGMA))
    assert float(there_and_back(still, picture).max()) < 1e-10
    grid = [i / ODE_STEPS for i in range(ODE_STEPS + 1)]
    down = [1 - linear_guess(t, SIGMA) / ODE_STEPS for t in reversed(grid[1:])]
    up = [1 + linear_guess(t, SIGMA) / ODE_STEPS for t in grid[:-1]]
    expected = (math.prod(down) * math.prod(up) - 1) ** 2 * picture[0] ** 2
    torch.testing.assert_close(there_and_back(exact().system, picture)[0], expected, rtol=1e-3, atol=1e-8)


# Scores ----------------------------------------------------------------------------------------------------------


def test_planted_defects_rank_above_sound_pictures(exact: Callable[..., Model], squares: Path) -> None:
    (row,) = scored(exact(smooth=1.5), squares)["rows"]
    assert row["image_auroc"] > 0.8 and row["pixel_auroc"] > 0.8 and row["aupro"] > 0.5
    strong, faint = row["per_kind"]["strong"], row["per_kind"]["faint"]
    assert strong["image_auroc"] == 1 and strong["pixel_auroc"] > 0.98 and strong["aupro"] > 0.9
    for score in ("image_auroc", "pixel_auroc", "aupro"):
        assert strong[score] > faint[score] or score == "image_auroc"
    assert strong["pictures"] == faint["pictures"] == EACH


def test_a_network_that_knows_nothing_ranks_worse(exact: Callable[..., Model], squares: Path) -> None:
    def lost(states: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
        return 30 * torch.randn(states.shape, generator=torch.Generator().manual_seed(int(1e6 * states.sum()) % 2**31))

    (row,) = scored(exact(lost), squares)["rows"]
    assert 0.4 < row["pixel_auroc"] < 0.6 and row["per_kind"]["strong"]["aupro"] < 0.35


def test_a_result_says_what_was_measured_and_how(exact: Callable[..., Model], squares: Path) -> None:
    result = scored(exact(share=0.5, margin=2), squares, times=(2, 4, 2), seed=3)
    n = SOUND + 2 * EACH
    rows = result.pop("rows")
    assert result == {
        "model": "exact", "data": "squares", "split": "test", "n": n, "direction": "detect", "seed": 3,
        "settings": {"paths": 2}, "size": "native",
        "grading": {"weight": "noise", "aggregation": "min", "share": 0.5, "smooth": 0.0, "margin": 2,
                    "pooling": "peak", "wide": 0.0, "glance_share": 0.0, "glance_smooth": 0.0,
                    "glance_weight": ""},
    }  # fmt: skip
    assert [(row["steps"], row["evaluations"]) for row in rows] == [(2, 4), (4, 8)]
    for row in rows:
        low, high = row["interval"]
        assert 0 <= low <= row["image_auroc"] <= high <= 1 and low < high
        assert set(row["per_kind"]) == {"strong", "faint"} and len(row["defective_scores"]) == 2 * EACH
        assert row["roc"][0] == [0, 0] and row["roc"][-1] == [1, 1] and row["roc"] == sorted(row["roc"])
        area = np.trapezoid(*np.array(row["roc"]).T[::-1])
        assert area == pytest.approx(row["image_auroc"], abs=0.005) and row["seconds_per_item"] > 0


def test_baselines_are_scored_on_the_same_pictures(exact: Callable[..., Model], squares: Path) -> None:
    (row,) = scored(exact(smooth=1.0), squares)["rows"]
    assert set(row["baselines"]) == set(NAMES) - {METHOD}
    for name, found in row["baselines"].items():
        low, high = found["difference"]
        assert low <= row["image_auroc"] - found["image_auroc"] <= high, name
        assert set(found["per_kind"]) == {"strong", "faint"} and found["interval"][0] <= found["image_auroc"]
        assert found["per_kind"]["strong"]["pixel_auroc"] > 0.9, name
    assert len({found["pixel_auroc"] for found in (row, *row["baselines"].values())}) == 4


def test_one_shot_is_the_method_under_another_weight(exact: Callable[..., Model], squares: Path) -> None:
    (plain,), (other,) = (scored(exact(**flow), squares)["rows"] for flow in ({}, {"weight": "reconstruction"}))
    shared = ("image_auroc", "interval", "pixel_auroc", "aupro", "per_kind")
    told = [{key: row[key] for key in shared} for row in (other, other["baselines"]["one-shot"])]
    assert told[0] == told[1] == {key: plain["baselines"]["one-shot"][key] for key in shared}
    assert other["baselines"]["one-shot"]["difference"] in ([0, 0], (0, 0))
    assert plain["pixel_auroc"] != other["pixel_auroc"]


def test_smoothing_and_margin_hold_for_all(exact: Callable[..., Model], squares: Path) -> None:
    (plain,), (smooth,) = (scored(exact(**flow), squares)["rows"] for flow in ({}, {"smooth": 2.0}))
    for one, other in zip((plain, *plain["baselines"].values()), (smooth, *smooth["baselines"].values()), strict=True):
        assert one["pixel_auroc"] != other["pixel_auroc"]
    assert smooth["per_kind"]["faint"]["pixel_auroc"] > plain["per_kind"]["faint"]["pixel_auroc"] + 0.05


def test_a_margin_leaves_pixels_to_the_map_but_not_to_the_score(exact: Callable[..., Model], squares: Path) -> None:
    (plain,), (inner,) = (scored(exact(**flow), squares)["rows"] for flow in ({}, {"margin": 20}))
    assert inner["pixel_auroc"] == plain["pixel_auroc"] and inner["aupro"] == plain["aupro"]
    split, model = read_inspection(squares, "test"), exact()
    (graded,) = grading_of(model.manifest).map(mismatches(model.system, split.images[0], 3, 2))
    assert split.kinds[0] == "faint"
    assert plain["defective_scores"][0] == pytest.approx(image_score(graded), rel=1e-3)
    inside = image_score(graded[10:30, 10:30])  # a margin takes no more than half of a side
    assert inner["defective_scores"][0] == pytest.approx(inside, rel=1e-3)
    assert abs(inside - image_score(graded)) > 0.01 * inside


def test_seeds_matter_and_repeat(exact: Callable[..., Model], squares: Path) -> None:
    one, again, other = (untimed(scored(exact(), squares, seed=seed)) for seed in (0, 0, 1))
    assert one == again
    assert one["rows"][0]["defective_scores"] != other["rows"][0]["defective_scores"]
    assert one["rows"][0]["baselines"]["patches"] | {"difference": 0} == (
        other["rows"][0]["baselines"]["patches"] | {"difference": 0}
    )


def test_each_picture_has_noise_of_its_own(exact: Callable[..., Model], squares: Path) -> None:
    split, model = read_inspection(squares, "test"), exact()
    (row,) = scored(model, squares, seed=5)["rows"]
    defective = [i for i, kind in enumerate(split.kinds) if kind != "good"]
    for place, index in ((0, defective[0]), (3, defective[3])):
        found = mismatches(model.system, split.images[index], 3, 2, 5 + APART * index)
        score = grading_of(model.manifest).score(grading_of(model.manifest).map(found)[0])
        assert row["defective_scores"][place] == pytest.approx(score, rel=1e-3)


def test_a_limit_leaves_pictures_of_every_kind(exact: Callable[..., Model], squares: Path) -> None:
    result = scored(exact(), squares, limit=4)
    assert result["n"] == 4 and {k: v["pictures"] for k, v in result["rows"][0]["per_kind"].items()} == {
        "strong": 1, "faint": 1}  # fmt: skip


def test_evaluate_takes_detectors_too(exact: Callable[..., Model], squares: Path) -> None:
    found = evaluate(exact(), squares, steps=(3,), settings=HALVES, limit=6)
    assert untimed(found) == untimed(scored(exact(), squares, limit=6))


# What cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("split", ["train", "val", "dawn"])
def test_a_split_without_defects_is_refused(exact: Callable[..., Model], squares: Path, split: str) -> None:
    with pytest.raises(DataError, match=split):
        scored(exact(), squares, split=split)


@pytest.mark.parametrize(
    ("asked", "field"),
    [({"times": (0,)}, "steps"), ({"times": (3, 33)}, "steps"), ({"settings": {"paths": 0}}, "set"),
     ({"settings": {"paths": 33}}, "set"), ({"settings": {"paths": 2.5}}, "set"),
     ({"settings": {"paths": "many"}}, "set"), ({"settings": {"paths": math.nan}}, "set"),
     ({"settings": {"paths": math.inf}}, "set"), ({"settings": {"weight": 1}}, "set"), ({"seed": -1}, "seed"),
     ({"seed": 2**70}, "seed")],
    ids=repr,
)  # fmt: skip
def test_what_a_detector_does_not_have_is_refused(
    exact: Callable[..., Model], squares: Path, asked: dict[str, Any], field: str
) -> None:
    with pytest.raises(InputError) as refused:
        scored(exact(), squares, **asked)
    assert refused.value.field == field


def test_a_model_without_statistics_cannot_be_compared(
    exact: Callable[..., Model], squares: Path, tmp_path: Path
) -> None:
    bare = write_tiny_detector(tmp_path / "bare", patches=False)
    model = exact()
    with pytest.raises(ModelError, match="statistics"):
        scored(Model(detector_manifest(), model.system, model.device, bare), squares)


# Reference -------------------------------------------------------------------------------------------------------


def test_a_reference_tells_of_every_grading(exact: Callable[..., Model], squares: Path) -> None:
    model, split = exact(margin=2), read_inspection(squares, "val")
    found = reference(model, split, seed=4)
    gradings = found.pop("gradings")
    assert found == {"data": "squares", "split": "val", "n": 2, "paths": 8, "times": 8, "seed": 4}
    assert set(gradings) == {f"{weight}/{how}" for weight in WEIGHTS for how in AGGREGATIONS}
    for key, told in gradings.items():
        weight, how = key.split("/")
        grading = grading_of(model.manifest, weight=weight, aggregation=how)
        graded = [grading.map(mismatches(model.system, picture, seed=4 + APART * i))[0]
                  for i, picture in enumerate(split.images)]  # fmt: skip
        assert told["scores"] == pytest.approx([grading.score(one) for one in graded], rel=1e-3)
        below = float((torch.stack(graded) < told["threshold"]).float().mean())
        assert below == pytest.approx(THRESHOLD, abs=2e-3)
        assert told["scale"] == pytest.approx(4 * told["threshold"], rel=1e-3)
    least, mean = (gradings[f"noise/{how}"]["threshold"] for how in ("min", "mean"))
    assert least < gradings["noise/order"]["threshold"] < mean


def test_a_reference_is_taken_from_so_many_pictures_at_most(
    exact: Callable[..., Model], squares: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = read_inspection(squares, "train")
    asked: list[int] = []

    def counted(system: Any, picture: np.ndarray, seed: int = 0) -> list[torch.Tensor]:
        asked.append(seed)
        return mismatches(system, picture, 1, 1, seed)

    monkeypatch.setattr(reference_room, "PICTURES", 3)
    monkeypatch.setattr(reference_room, "mismatches", counted)
    assert reference(exact(), split)["n"] == 3
    assert asked == [0, APART * 8, APART * 17]  # spread over the 18, the first and the last among them


def test_a_reference_repeats_and_large_maps_are_thinned(exact: Callable[..., Model], squares: Path) -> None:
    split, model = read_inspection(squares, "val"), exact()
    assert reference(model, split) == reference(model, split)
    assert reference(model, split)["gradings"] != reference(model, split, seed=1)["gradings"]
    assert len(reference_room._thinned(torch.zeros(640, 70))) == 64 * 70


def test_scores_of_an_evaluation_can_be_stored(exact: Callable[..., Model], squares: Path, tmp_path: Path) -> None:
    model = exact()
    shutil.copytree(model.folder, tmp_path / "copy")
    write_manifest(tmp_path / "copy", model.manifest)
    result = scored(model, squares, limit=6)
    stored = add_scores(tmp_path / "copy", "test", result).scores["test"]
    assert stored["rows"][0]["image_auroc"] == result["rows"][0]["image_auroc"] and "model" not in stored
    text = (tmp_path / "copy" / "README.md").read_text("utf-8")
    for words in ("| Kind of defect |", "| Instead of it |", "| strong |", "| patches |", "one-shot", "split `test`"):
        assert words in text
