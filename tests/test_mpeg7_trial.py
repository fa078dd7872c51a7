"""The trial of templates on drawn silhouettes: what each method is given, and that its intervals are right."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from flowdemo.data.silhouettes import signed_distance
from flowdemo.errors import DataError

SIDE = 96


@pytest.fixture(scope="module")
def trial() -> ModuleType:
    path = Path(__file__).resolve().parents[1] / "tools" / "mpeg7_trial.py"
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def drawn(name: str, grown: float = 0.0) -> np.ndarray:
    return signed_distance(name, SIDE) + grown >= 0


def test_true_template_above_none_and_a_near_relative_above_a_far_one(trial: ModuleType) -> None:
    mask = drawn("pac-man")
    logits = trial.corrupted(mask, 2.0, 0, 0)
    near, covered = trial.restored(mask, drawn("pac-man", 3), logits, 30)
    far, missed = trial.restored(mask, drawn("two discs"), logits, 30)
    assert len(near) == len(trial.METHODS) and covered > 0.7 > 0.5 > missed
    dice = [[trial.contour_scores(mask, end)["dice"] for end in ends] for ends in (near, far)]
    _, soft, true, placed, relative = dice[0]
    assert soft + 0.15 < relative < true and placed < true
    assert dice[1][: trial.RELATIVE] == dice[0][: trial.RELATIVE], "what does not see the relative changes with it"
    assert dice[1][trial.RELATIVE] < relative - 0.02


def test_the_square_hides_a_part_and_only_the_noise_differs_between_levels(trial: ModuleType) -> None:
    mask = drawn("ellipse")
    plain = trial.corrupted(mask, 0.0, 3, 7)[0, 0].numpy() > 0
    lost = mask & ~plain
    rows, columns = np.nonzero(lost)
    assert 0 < lost.sum() <= trial.HIDDEN**2 and not (plain & ~mask).any()
    assert np.ptp(rows) < trial.HIDDEN and np.ptp(columns) < trial.HIDDEN
    weak, strong = (trial.corrupted(mask, noise, 3, 7)[0, 0].numpy() for noise in (1.0, 2.0))
    clean = np.where(plain, 1.0, -1.0)
    np.testing.assert_allclose(strong - clean, 2 * (weak - clean), atol=1e-5)
    assert (trial.corrupted(mask, 1.0, 3, 8)[0, 0].numpy() != weak).any()


def test_a_relative_is_another_silhouette(trial: ModuleType) -> None:
    mask, others = drawn("star"), np.stack([drawn("star"), drawn("flower"), drawn("star")])
    for index in range(4):
        np.testing.assert_array_equal(trial.relative_of(index, mask, others, 0), others[1])


def test_an_interval_draws_whole_classes(trial: ModuleType) -> None:
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(40), 5)
    alone = rng.normal(size=200)
    alike = np.repeat(rng.normal(size=40), 5)  # of a class all are equal: 40 values, not 200
    widths = []
    for values, independent in ((alone, 200), (alike, 40)):
        mean, low, high = trial.interval(values, labels)
        assert mean == pytest.approx(values.mean()) and low < mean < high
        widths.append((high - low) / (2 * 1.96 * values.std() / np.sqrt(independent)))
    assert widths == pytest.approx([1, 1], abs=0.25)
    alike[3] = np.nan
    assert trial.interval(alike, labels)[0] == pytest.approx(np.nanmean(alike))


def test_the_report_says_the_same_twice(trial: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    shapes = [drawn(name, grown) for name in ("star", "disc") for grown in (0, 2, 4)]
    arrays = {f"{split}_masks": np.array(shapes, np.uint8) for split in ("train", "test")}
    arrays |= {f"{split}_labels": np.array([0, 0, 0, 1, 1, 1]) for split in ("train", "test")}
    np.savez(tmp_path / "mpeg7_128.npz", class_names=np.array(["star", "disc"]), **arrays)
    said = []
    for _ in range(2):
        trial.main([str(tmp_path), "--noise", "1", "--rounds", "2", "--count", "4"])
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] and "4 silhouettes" in said[0] and "worst: " in said[0]
    assert all(f"\n{method:16}" in said[0] for method in trial.METHODS)
    (tmp_path / "mpeg7_128.npz").write_bytes(b"nothing")
    with pytest.raises(DataError, match="mpeg7_128"):
        trial.main([str(tmp_path)])
