"""Scores of labelled pictures, from models whose answers are known."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from flowdemo.errors import DataError, InputError
from flowdemo.evaluation import evaluate, labels, protocol
from flowdemo.evaluation.judges import find_judge
from flowdemo.evaluation.labels import Gallery
from flowdemo.networks.convnet import ConvNet, ConvNetConfig
from flowdemo.rendering.palette import ClassColour, Palette
from flowdemo.request import IMAGE_TO_LABEL, LABEL_TO_IMAGE
from flowdemo.systems.labels import GlobalLabels
from flowdemo.systems.symmflow import SymmFlow, SymmFlowHead
from flowdemo.zoo import Manifest, Model, save_model

SIDE, CLASSES, N = 8, 4, 12
FORM = GlobalLabels(CLASSES)
LABELS = (np.arange(N) % CLASSES).astype(np.uint8)
LEVELS = np.array([20, 90, 160, 230], np.uint8)  # the grey of each class: pictures of class c are flat


@pytest.fixture(scope="session")
def flats(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("arrays") / "flats"
    folder.mkdir()
    images = np.broadcast_to(LEVELS[LABELS][:, None, None], (N, SIDE, SIDE)).copy()
    images[CLASSES:, 0, 0] += 1  # no two pictures of a class are quite the same
    images[2 * CLASSES :, 0, 1] += 4
    np.savez(folder / "flats.npz", test_images=images, test_labels=LABELS)
    return folder


def _manifest(system: str, network: dict, **changes) -> Manifest:
    classes = tuple(ClassColour(c, f"grey {c}", (60 * c, 30, 200)) for c in range(CLASSES))
    plain = {
        "name": f"{system}-flats", "label": system, "system": system, "size": (SIDE, SIDE),
        "palette": Palette(classes), "network": network, "prediction": "velocity",
        "beta": {"default": 0.25, "trained": 0.25}, "steps": {}, "space": {"kind": "pixels"},
        "data": {"name": "flats"}, "training": {}, "scores": {}, "files": {}, "parameters": 1, "licence": "MIT",
        "flow": {"labels": "global", "amplitude": 2.0, "time_scale": 1.0},
    }  # fmt: skip
    return Manifest(**plain | changes)


def _grey(c: torch.Tensor) -> torch.Tensor:
    return torch.tensor(LEVELS)[c].float() / 127.5 - 1


def _knowing(mistake: Callable[[torch.Tensor], torch.Tensor] = lambda c: c, steps: int = 1) -> Model:
    """A flow that reads the class off the flat picture, or the level, and goes there in so many Euler steps."""

    def network(state: torch.Tensor, tau: torch.Tensor) -> torch.Tensor:
        t = tau.view(-1, 1, 1, 1)
        image, label = state[:, :1], state[:, 1:]
        if float(tau[0]) > 0.5:  # towards the label: t = 1, the picture is clean
            means = image.mean((1, 2, 3))
            seen = (means[:, None] - _grey(torch.arange(CLASSES))).abs().argmin(1)
            target = FORM.points[mistake(seen)].view(-1, 1, 1, 1)
            return torch.cat([torch.zeros_like(image), (label - target) / t], 1)
        seen = torch.from_numpy(FORM.distances(label)).argmin(1)
        target = _grey(mistake(seen)).view(-1, 1, 1, 1)
        return torch.cat([(target - image) / (1 - t), torch.zeros_like(label)], 1)

    system = SymmFlow(network, SymmFlowHead("velocity", FORM, 1), (SIDE, SIDE))
    return Model(_manifest("symmflow", {}), system, torch.device("cpu"))


@pytest.fixture
def judge_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A classifier of the flats, findable; it has learned nothing."""
    torch.manual_seed(0)
    network = ConvNet(ConvNetConfig(1, CLASSES, (8, 16)))
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path / "zoo"))
    manifest = _manifest("classifier", network.config.to_json(), beta={}, prediction="logits")
    save_model(tmp_path / "zoo" / "judge", manifest, network)
    return tmp_path / "zoo" / "judge"


def test_a_flow_that_knows_the_classes_is_right(flats: Path) -> None:
    result = evaluate(_knowing(), flats, steps=(1,))
    assert (result["direction"], result["n"], result["size"]) == (IMAGE_TO_LABEL, N, [SIDE, SIDE])
    row = result["rows"][0]
    assert (row["steps"], row["evaluations"], row["accuracy"]) == (1, 1, 1.0)
    assert row["per_class_accuracy"] == {f"grey {c}": 1.0 for c in range(CLASSES)}
    json.dumps(result)


def test_a_known_mistake_has_its_known_score(flats: Path) -> None:
    merged = evaluate(_knowing(lambda c: torch.where(c == 2, 1, c)), flats, steps=(1,))["rows"][0]
    assert merged["accuracy"] == 0.75
    assert merged["per_class_accuracy"] == {"grey 0": 1.0, "grey 1": 1.0, "grey 2": 0.0, "grey 3": 1.0}


def test_pictures_start_from_seeds_of_their_own(flats: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []
    model = _knowing()
    start = model.system.start
    monkeypatch.setattr(model.system, "start", lambda d, g, b, seeds: asked.extend(seeds) or start(d, g, b, seeds))
    monkeypatch.setattr(protocol, "BATCH_PIXELS", 5 * SIDE * SIDE)
    evaluate(model, flats, steps=(1,), seed=100)
    assert asked == list(range(100, 100 + N))


def test_batches_and_limits_change_nothing_but_the_count(flats: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"steps": (1,), "direction": LABEL_TO_IMAGE, "seed": 3}
    whole = evaluate(_knowing(), flats, **given)
    monkeypatch.setattr(protocol, "BATCH_PIXELS", 1)
    single = evaluate(_knowing(), flats, **given)
    for result in (whole, single):
        result["rows"][0].pop("seconds_per_item")
    assert single == whole
    assert evaluate(_knowing(), flats, steps=(1,), limit=5)["n"] == 5


def test_pictures_of_the_right_grey_are_not_diverse(flats: Path) -> None:
    result = evaluate(_knowing(), flats, steps=(1,), direction=LABEL_TO_IMAGE, samples=3)
    row = result["rows"][0]
    assert (row["pictures"], result["beta"], result["samples"]) == (3 * N, 0.25, 3)
    assert row["diversity"] == 0.0 and result["photos"]["n"] == N
    assert "no classifier trained on 'flats'" in result["missing"]
    assert not {"label_agreement", "frechet_discriminative"} & row.keys()


def _sees(pictures: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A judge that knows the greys; its features are the mean grey, and nothing beside it."""
    means = pictures.mean((1, 2, 3))
    labels = np.abs(means[:, None] - LEVELS.astype(float)).argmin(1)
    return labels, np.stack([means, np.zeros_like(means)], 1)


def test_agreement_and_distance_by_a_judge_that_knows(flats: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(labels, "find_judge", lambda model: _sees)

    def row(mistake: Callable[[torch.Tensor], torch.Tensor]) -> dict:
        result = evaluate(_knowing(mistake), flats, steps=(1,), direction=LABEL_TO_IMAGE, samples=1)
        assert result["photos"]["label_agreement"] == 1.0 and "missing" not in result
        return result["rows"][0]

    right, shifted, one = row(lambda c: c), row(lambda c: (c + 1) % CLASSES), row(lambda c: 0 * c)
    assert [r["label_agreement"] for r in (right, shifted, one)] == [1.0, 0.0, 0.25]
    # Greys of the set against one grey: (mean difference)² + variance of the set, with n − 1 in the denominator.
    greys = LEVELS[LABELS].astype(float)
    apart = (greys.mean() - LEVELS[0]) ** 2 + greys.var(ddof=1)
    assert one["frechet_discriminative"] == pytest.approx(apart, rel=0.01)
    assert max(right["frechet_discriminative"], shifted["frechet_discriminative"]) < 0.01


def test_the_judge_is_the_classifier_of_the_same_data(flats: Path, judge_folder: Path) -> None:
    judge = find_judge(_knowing())
    pictures = np.random.default_rng(0).integers(0, 256, (3, SIDE, SIDE, 3), dtype=np.uint8)
    found, features = judge(pictures)
    network, state = judge.system.network, judge.system.encoded(pictures)
    with torch.no_grad():
        assert found.tolist() == network(state).argmax(1).tolist()
        np.testing.assert_allclose(features, network.features(state).numpy(), atol=1e-3)  # weights are stored as halves
    assert features.shape == (3, 16) and features.std() > 0
    result = evaluate(_knowing(), flats, steps=(1,), direction=LABEL_TO_IMAGE, samples=1)
    assert "missing" not in result and "label_agreement" in result["rows"][0]
    other = Model(_manifest("symmflow", {}, data={"name": "others"}), _knowing().system, torch.device("cpu"))
    assert find_judge(other) is None


def test_a_gallery_measures_differences_within_a_label_only() -> None:
    gallery, real = Gallery(None), Gallery(None)
    flat = np.full((4, 16, 16, 3), 100, np.uint8)
    flat[1] += 10
    flat[3] += 30
    gallery.add(flat, np.array([0, 0, 1, 1]))
    assert gallery.spread() == pytest.approx((10 + 30) / 2 / 127.5, rel=1e-4)
    real.add(flat[:2], np.array([5, 5]))
    assert gallery.scores(real)["diversity"] == pytest.approx(2.0, rel=1e-4)
    real.kept = {5: real.kept[5][:1]}
    assert real.spread() is None and "diversity" not in gallery.scores(real)


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("direction", {"direction": "image-to-mask"}), ("beta", {"direction": LABEL_TO_IMAGE, "beta": 0.5}),
     ("native", {"native": True}), ("limit", {"direction": LABEL_TO_IMAGE, "samples": 0})],
)  # fmt: skip
def test_wrong_requests_name_their_field(flats: Path, field: str, wrong: dict) -> None:
    with pytest.raises(InputError) as caught:
        evaluate(_knowing(), flats, **wrong)
    assert caught.value.field == field


def test_sets_of_the_other_kind_are_refused(flats: Path, painted: Path, flow: Callable[..., Model]) -> None:
    with pytest.raises(DataError, match="one label for each picture"):
        evaluate(_knowing(), painted)
    with pytest.raises(DataError, match="masks"):
        evaluate(flow(), flats)
