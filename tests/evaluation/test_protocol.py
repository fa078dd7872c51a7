from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from flowdemo.errors import DataError, InputError
from flowdemo.evaluation import evaluate, protocol
from flowdemo.evaluation.synthesis import Judge
from flowdemo.systems.base import MASK_TO_IMAGE
from flowdemo.systems.labels import PixelLabels
from flowdemo.systems.semflow import SemFlow, SemFlowHead
from flowdemo.systems.symmflow import SymmFlow, SymmFlowHead
from flowdemo.zoo import Model, load

from .conftest import BOOK, SIZE, N, manifest, write_painted

Flow = Callable[..., Model]


def test_a_flow_that_stands_still_is_perfect_here(flow: Flow, painted: Path) -> None:
    result = evaluate(flow(), painted, steps=(1, 3))
    assert (result["model"], result["data"], result["split"], result["n"]) == ("semflow-painted", "painted", "test", N)
    assert [(row["steps"], row["evaluations"]) for row in result["rows"]] == [(1, 1), (3, 3)]
    for row in result["rows"]:
        assert row["miou"] == row["pixel_accuracy"] == 1.0
        assert row["per_class_iou"] == {f"c{i}": 1.0 for i in range(4)}
        assert row["seconds_per_item"] > 0
    assert result["settings"] == {}
    json.dumps(result)


def test_the_settings_in_force_are_told(painted: Path) -> None:
    head = SemFlowHead("posterior", BOOK)
    system = SemFlow(lambda z, tau: torch.zeros(len(z), head.out_channels, *z.shape[2:]), head, temperature=0.5)
    model = Model(manifest("semflow", {}, prediction="posterior"), system, torch.device("cpu"))
    assert evaluate(model, painted, steps=(1,))["settings"] == {"temperature": 0.5}
    assert evaluate(model, painted, steps=(1,), settings={"temperature": 0.0})["settings"] == {"temperature": 0.0}
    for wrong in ("warm", -1, 1.5, float("nan"), True):
        with pytest.raises(InputError, match="from 0 to 1") as caught:
            evaluate(model, painted, steps=(1,), settings={"temperature": wrong})
        assert caught.value.field == "set"


def test_a_known_mistake_has_its_known_score(flow: Flow, painted: Path) -> None:
    """At t = 1 everything of class 1 is carried to the code of class 0."""
    rise = torch.tensor(BOOK.points[0] - BOOK.points[1])

    def merge(z: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        one = torch.from_numpy(BOOK.decode(z.numpy()) == 1)[:, None]
        return one * rise.view(1, 3, 1, 1)

    row = evaluate(flow(merge), painted, steps=(1,))["rows"][0]
    masks = [np.array(Image.open(p)) for p in sorted((painted / "masks" / "test").glob("*.png"))]
    counts = np.bincount(np.concatenate([m.ravel() for m in masks]), minlength=5)
    zero = counts[0] / (counts[0] + counts[1])
    assert row["per_class_iou"] == pytest.approx({"c0": zero, "c1": 0.0, "c2": 1.0, "c3": 1.0}, abs=1e-4)
    assert row["miou"] == pytest.approx((zero + 2) / 4, abs=1e-4)
    assert row["pixel_accuracy"] == pytest.approx(1 - counts[1] / counts[:4].sum(), abs=1e-4)


def test_native_size_is_the_ground_truths_own(flow: Flow, tmp_path: Path) -> None:
    folder = write_painted(tmp_path / "set")
    for path in (folder / "masks" / "test").glob("*.png"):
        mask = np.array(Image.open(path)).repeat(3, 0).repeat(3, 1)
        mask[::3] = 0  # lost when the mask is reduced to the model's size, where the middle of each 3×3 is kept
        Image.fromarray(mask).save(path)
    assert evaluate(flow(), folder, steps=(1,))["rows"][0]["miou"] == 1.0
    result = evaluate(flow(), folder, steps=(1,), native=True)
    assert result["size"] == "native" and 0.4 < result["rows"][0]["pixel_accuracy"] < 0.8


def test_batches_and_limits_change_nothing_but_the_count(
    flow: Flow, painted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = evaluate(flow(), painted, steps=(1,), direction=MASK_TO_IMAGE, seed=3)
    monkeypatch.setattr(protocol, "BATCH_PIXELS", 1)
    single = evaluate(flow(), painted, steps=(1,), direction=MASK_TO_IMAGE, seed=3)
    for result in (whole, single):
        result["rows"][0].pop("seconds_per_item")
    assert single == whole
    assert evaluate(flow(), painted, steps=(1,), limit=2)["n"] == 2


def test_syntheses_that_are_the_photos(flow: Flow, painted: Path, judge_folder: Path) -> None:
    result = evaluate(flow(), painted, steps=(1, 2), direction=MASK_TO_IMAGE, beta=0.0, samples=3)
    for row in result["rows"]:
        assert row["pictures"] == 3 * N
        assert row["diversity"] == 0.0 and row["grain"] == pytest.approx(1.0)
        assert row["frechet_discriminative"] == pytest.approx(_of_repeats(painted, judge_folder), abs=1e-4)
        assert row["resegmentation_accuracy"] == pytest.approx(result["photos"]["resegmentation_accuracy"])
    assert "missing" not in result


def _of_repeats(painted: Path, judge_folder: Path) -> float:
    """Each photo three times over has a covariance smaller by (n − 1)/(n − 1/3); nothing else differs."""
    model = load(judge_folder, "cpu")
    photos = np.stack([np.array(Image.open(p)) for p in sorted((painted / "images" / "test").glob("*.png"))])
    _, features = Judge(model.system, model.manifest.size, 4)(photos)
    ratio = (N - 1) / (N - 1 / 3)
    return float(np.trace(np.cov(features, rowvar=False)) * (1 - np.sqrt(ratio)) ** 2)


def test_perturbation_shows_as_diversity(flow: Flow, painted: Path, judge_folder: Path) -> None:
    rows = [evaluate(flow(), painted, steps=(1,), direction=MASK_TO_IMAGE, beta=b)["rows"][0] for b in (10.0, 60.0)]
    assert 0 < rows[0]["diversity"] < rows[1]["diversity"] < 1
    assert 0 < rows[0]["frechet_discriminative"] < rows[1]["frechet_discriminative"]


def test_without_a_judge_two_metrics_are_left_out_and_said_so(flow: Flow, painted: Path) -> None:
    result = evaluate(flow(data={"name": "painted"}), painted, steps=(1,), direction=MASK_TO_IMAGE)
    assert "no discriminative model trained on 'painted'" in result["missing"]
    assert not {"resegmentation_accuracy", "frechet_discriminative"} & result["rows"][0].keys()
    assert {"diversity", "grain"} <= result["rows"][0].keys()


def test_features_are_what_enters_the_last_convolution(judge_folder: Path) -> None:
    model = load(judge_folder, "cpu")
    pictures = np.random.default_rng(0).integers(0, 256, (3, 12, 20, 3)).astype(np.uint8)
    labels, features = Judge(model.system, (20, 12), 4)(pictures)
    logits = model.system.logits(model.system.start("image-to-mask", pictures))
    np.testing.assert_array_equal(labels, logits.argmax(1))
    # A 3×3 convolution with zero padding is linear, so away from borders its mean follows from the features' mean;
    # with the kernel's border taps set to zero this is exact.
    convolution = model.system.network.unet.conv_out
    with torch.no_grad():
        convolution.weight[..., [0, 0, 0, 1, 1, 2, 2, 2], [0, 1, 2, 0, 2, 0, 1, 2]] = 0
        mean = model.system.logits(model.system.start("image-to-mask", pictures)).mean(dim=(2, 3))
        unfolded = features @ convolution.weight[..., 1, 1].double().numpy().T + convolution.bias.double().numpy()
    np.testing.assert_allclose(unfolded.reshape(3, 4, 4).mean(-1), mean.numpy(), atol=1e-4)
    assert not convolution._forward_pre_hooks


def test_pictures_are_brought_to_the_judges_size(judge_folder: Path) -> None:
    model = load(judge_folder, "cpu")
    labels, features = Judge(model.system, (8, 12), 4)(np.zeros((2, 24, 40, 3), np.uint8))
    assert labels.shape == (2, 12, 8) and len(features) == 2


def test_a_one_step_model_has_one_row(painted: Path, judge_folder: Path) -> None:
    model = load(judge_folder, "cpu")
    assert [row["steps"] for row in evaluate(model, painted, steps=(1, 2, 5))["rows"]] == [1]
    with pytest.raises(InputError, match="one step"):
        evaluate(model, painted, steps=(2, 5))


def test_other_classes_are_refused(flow: Flow, tmp_path: Path) -> None:
    folder = write_painted(tmp_path / "set")
    raw = json.loads((folder / "classes.json").read_text())
    del raw["classes"][3], raw["ignore_index"]
    raw["classes"][3]["index"] = 3
    (folder / "classes.json").write_text(json.dumps(raw | {"classes": raw["classes"][:3]}))
    with pytest.raises(DataError, match="has 3 classes, but the model 'semflow-painted' knows 4"):
        evaluate(flow(), folder)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("direction", {"direction": "sideways"}), ("native", {"direction": MASK_TO_IMAGE, "native": True}),
     ("limit", {"limit": 0}), ("seed", {"seed": 2**70}), ("beta", {"direction": MASK_TO_IMAGE, "beta": 999.0}),
     ("beta", {"direction": MASK_TO_IMAGE, "beta": float("nan")}), ("set", {"settings": {"warmth": 1.0}}),
     ("steps", {"steps": (0,)}), ("solver", {"solver": "magic"})],
)  # fmt: skip
def test_wrong_requests_name_their_field(flow: Flow, painted: Path, field: str, wrong: dict) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(flow(), painted, **wrong)
    assert caught.value.field == field


def test_missing_split(flow: Flow, painted: Path) -> None:
    with pytest.raises(DataError, match="it has: test"):
        evaluate(flow(), painted, split="val")


def test_a_random_way_to_the_mask_takes_seeds_of_its_own(painted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """SymmFlow starts from noise there: picture i from seed + i, whatever the batches."""
    still = SymmFlow(lambda state, tau: torch.zeros_like(state), SymmFlowHead("velocity", PixelLabels(BOOK)), SIZE)
    form = {"labels": "pixel", "amplitude": 2.0, "time_scale": 1.0}
    model = Model(manifest("symmflow", {}, flow=form), still, torch.device("cpu"))
    whole = evaluate(model, painted, steps=(1,), seed=4)
    assert 0.1 < whole["rows"][0]["pixel_accuracy"] < 0.4  # noise, read as one of four classes
    monkeypatch.setattr(protocol, "BATCH_PIXELS", 1)
    alone = evaluate(model, painted, steps=(1,), seed=4)
    assert alone["rows"][0]["per_class_iou"] == whole["rows"][0]["per_class_iou"]
    assert evaluate(model, painted, steps=(1,), seed=5)["rows"][0]["miou"] != whole["rows"][0]["miou"]
