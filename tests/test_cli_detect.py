"""A detector on the command line: ``run``, ``evaluate``, ``models``, and one line for every mistake."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from mismatch_kit import DETECTOR, texture, write_tiny_detector
from PIL import Image
from tiny import POSTERIOR, png_bytes

from flowdemo.cli import main
from flowdemo.evaluation import inspection, ranking
from flowdemo.rendering import recipe
from flowdemo.zoo import read_manifest

DRAWN = ["--data", "drawn:surfaces"]
RUN = ["run", DETECTOR, "surface.png"]


@pytest.fixture(scope="session")
def detector_folder(tmp_path_factory: pytest.TempPathFactory, tiny_models: Path) -> Path:
    folder = tmp_path_factory.mktemp("detectors")
    write_tiny_detector(folder / DETECTOR, size=(96, 96))  # drawn surfaces of 128 × 128 are seen whole
    return folder


@pytest.fixture(autouse=True)
def at_home(detector_folder: Path, tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command runs in an empty folder but for a surface."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FLOWDEMO_MODELS", f"{detector_folder}:{tiny_models}")
    Path("surface.png").write_bytes(png_bytes(texture(3)))


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a mistake."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("flowdemo: ") and "Traceback" not in captured.out
    return lines[0]


def test_a_surface_becomes_a_map(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ["--steps", "2", "--seed", "4", "--set", "paths=3", "--set", "weight=velocity", "--out", "out", "--json",
             "out.json"]  # fmt: skip
    assert main([*RUN, *asked]) == 0
    printed = capsys.readouterr()
    assert printed.err == "" and "time   2 of 2  t = 0.667  6 evaluations" in printed.out
    out = Path("out")
    assert {path.name for path in out.iterdir()} == {"frames", "result.png", "map.npz", "recipe.json"}
    assert sorted(path.name for path in (out / "frames").iterdir()) == ["001.png", "002.png"]
    written = json.loads((out / "recipe.json").read_text("utf-8"))
    assert (written["model"], written["direction"], written["steps"], written["seed"]) == (DETECTOR, "detect", 2, 4)
    assert written["settings"] == {"paths": 3, "weight": "velocity", "aggregation": "min", "share": 0.2}
    assert recipe.extract((out / "result.png").read_bytes()) == written
    with Image.open(out / "result.png") as image, np.load(out / "map.npz") as numbers:
        assert image.size == (40, 36) and numbers["map"].shape == (36, 40)
        found = np.clip(numbers["map"] / written["scale"], 0, 1) * 65535
        assert np.abs(np.asarray(image) - found).max() <= 0.51
    told = json.loads(Path("out.json").read_text("utf-8"))
    assert told["recipe"] == written and told["numbers"]["evaluations"] == 6
    assert f"image score {told['numbers']['score']:.4g}; written to out" in printed.out


def test_what_is_left_out_is_the_models_own() -> None:
    assert main([*RUN, "--out", "out"]) == 0
    written = json.loads(Path("out/recipe.json").read_text("utf-8"))
    assert (written["steps"], written["seed"], written["settings"]["paths"]) == (3, 0, 2)


def test_the_seed_repeats_the_pictures() -> None:
    for seed, out in (("7", "a"), ("7", "b"), ("8", "c")):
        assert main([*RUN, "--steps", "2", "--seed", seed, "--out", out]) == 0
    names = ("frames/001.png", "frames/002.png", "result.png", "recipe.json")
    assert all((Path("a") / name).read_bytes() == (Path("b") / name).read_bytes() for name in names)
    assert all((Path("a") / name).read_bytes() != (Path("c") / name).read_bytes() for name in names)


def test_a_large_picture_is_made_smaller_and_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("surface.png").write_bytes(png_bytes(np.full((520, 510, 3), 90, np.uint8)))
    assert main([*RUN, "--steps", "1", "--set", "paths=1", "--out", "out"]) == 0
    assert "Made smaller from 510 × 520 pixels" in capsys.readouterr().out


def test_a_folder_is_a_model_too(detector_folder: Path) -> None:
    assert main(["run", str(detector_folder / DETECTOR), "surface.png", "--steps", "1", "--out", "out"]) == 0


@pytest.mark.parametrize(
    ("changed", "words"),
    [(["--steps", "33"], "from 1 to 32"), (["--steps", "two"], "number of steps"), (["--set", "paths=99"], "paths"),
     (["--set", "paths=many"], "paths"), (["--set", "weight=t"], "weight"), (["--set", "aggregation=max"], "no aggr"),
     (["--set", "smooth=1"], "no setting"), (["--direction", "image-to-mask"], "direction"),
     (["--label", "defect"], "takes no label"), (["--seed", "-1"], "seed"), (["--device", "abacus"], "abacus")],
)  # fmt: skip
def test_mistakes_are_one_line_and_leave_nothing(
    capsys: pytest.CaptureFixture[str], changed: list[str], words: str
) -> None:
    assert words in refused(capsys, *RUN, *changed, "--out", "out")
    assert not Path("out").exists()


def test_a_surface_is_needed_and_must_be_a_picture_of_some_size(capsys: pytest.CaptureFixture[str]) -> None:
    assert "input file" in refused(capsys, "run", DETECTOR, "--out", "out")
    assert "input file" in refused(capsys, "run", DETECTOR, "nowhere.png", "--out", "out")
    Path("surface.png").write_bytes(png_bytes(texture(1, (31, 60))))
    assert "at least 32 pixels" in refused(capsys, *RUN, "--out", "out")
    Path("surface.png").write_bytes(b"no picture")
    assert "picture" in refused(capsys, *RUN, "--out", "out")
    assert not Path("out").exists()


def test_a_place_that_cannot_be_written_is_refused_before_the_search(capsys: pytest.CaptureFixture[str]) -> None:
    Path("out").write_text("in the way")
    refused(capsys, *RUN, "--out", "out")
    assert "time" not in capsys.readouterr().out and Path("out").read_text() == "in the way"


def test_detectors_are_listed_with_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json", "models.json"]) == 0
    rows = {row["name"]: row for row in json.loads(Path("models.json").read_text("utf-8"))}
    assert DETECTOR in capsys.readouterr().out and POSTERIOR in rows
    assert (rows[DETECTOR]["system"], rows[DETECTOR]["task"]) == ("mismatch", "anomaly detection")
    assert rows[DETECTOR]["classes"] == ["normal", "defect"]


def test_a_detector_is_scored_and_the_scores_recorded(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_tiny_detector(tmp_path / "own" / "own", name="own", size=(96, 96))
    asked = ["evaluate", str(folder), *DRAWN, "--steps", "2", "--limit", "6", "--set", "paths=1"]
    for name in ("grouped_interval", "difference_interval"):  # fewer draws, which take most of the time
        monkeypatch.setattr(inspection, name, partial(getattr(ranking, name), rounds=20))
    assert main([*asked, "--json", "scores.json", "--record", "test"]) == 0
    printed = capsys.readouterr().out
    result = json.loads(Path("scores.json").read_text("utf-8"))
    assert "own on drawn-surfaces test, n = 6" in printed and result["n"] == 6
    assert [(row["steps"], row["evaluations"]) for row in result["rows"]] == [(2, 2)]
    lines = printed.splitlines()
    for row in result["rows"]:
        low, high = row["interval"]
        assert f"image_auroc {row['image_auroc']:.4f}  interval {low:.4f} to {high:.4f}" in printed
        for name in ("one-shot", "encode-decode", "patches", "scratch", "missing"):
            assert sum(line.startswith(f"  {name} ") for line in lines) == 1
    assert "defective_scores" not in printed and "roc " not in printed.replace("auroc ", "")
    stored = read_manifest(folder).scores
    assert set(stored) == {"reference", "test"} and stored["test"]["rows"] == result["rows"]
    assert "| encode-decode |" in (folder / "README.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("changed", "words"),
    [(["--steps", "40"], "1 to 32"), (["--set", "paths=0"], "1 to 32"), (["--set", "paths=many"], "1 to 32"),
     (["--set", "paths=nan"], "1 to 32"), (["--set", "weight=noise"], "no setting"), (["--limit", "0"], "one picture"),
     (["--seed", "-1"], "seed"), (["--seed", str(10**30)], "seed"), (["--split", "val"], "defective")],
)  # fmt: skip
def test_mistakes_of_an_evaluation_are_one_line(
    capsys: pytest.CaptureFixture[str], changed: list[str], words: str
) -> None:
    limit = [] if "--limit" in changed else ["--limit", "2"]
    assert words in refused(capsys, "evaluate", DETECTOR, *DRAWN, *limit, *changed)


def test_a_folder_of_masks_is_no_inspection_set(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "masks").mkdir()
    assert "no inspection set" in refused(capsys, "evaluate", DETECTOR, "--data", "masks")
