"""A shape prior on the command line: its files, its numbers, and one line for every mistake."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import png_bytes

from flowdemo import bench_shapes
from flowdemo.cli import main
from flowdemo.data.silhouettes import silhouette
from flowdemo.rendering import recipe
from flowdemo.systems.convexity_measures import hull_iou

RUN = ["run", "--method", "line-scan", "--mask", "star.png"]


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every command runs in an empty folder but for a mask."""
    monkeypatch.chdir(tmp_path)
    Path("star.png").write_bytes(png_bytes((255 * silhouette("star", 64, 0.0)).astype(np.uint8)))


def test_a_star_becomes_its_hull(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUN, "--set", "reach=8", "--out", "out", "--json", "out.json"]) == 0
    printed, out = capsys.readouterr(), Path("out")
    told = json.loads(Path("out.json").read_text("utf-8"))
    names = {"frames", "sheet.png", "trajectory.gif", "u.npz", "mask.png", "recipe.json"}
    assert printed.err == "" and {path.name for path in out.iterdir()} == names
    count = len(told["frames"])
    assert [path.name for path in sorted((out / "frames").iterdir())] == [f"{i:03d}.png" for i in range(count)]
    assert printed.out.count("direction ") == count > 5 and "written to out" in printed.out
    mask = np.asarray(Image.open(out / "mask.png"))
    assert hull_iou(mask == 1, silhouette("star", 64, 0.0) >= 0.5) > 0.99
    assert told["frames"][-1]["area"] == mask.sum() and told["frames"][-1]["chord"] == 0
    written = json.loads((out / "recipe.json").read_text("utf-8"))
    assert told["recipe"] == written == recipe.extract((out / "sheet.png").read_bytes())
    assert (written["method"], written["settings"]) == ("line-scan", {"reach": 8})


def test_the_mask_that_was_written_can_be_given_again(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*RUN, "--out", "a"]) == 0
    asked = ["run", "--method", "contour-flow", "--mask", "a/mask.png", "--set", "iterations=2", "--set", "seed=3",
             "--set", "template=two discs", "--set", "occluder=1,9,1,9", "--set", "parts=0"]  # fmt: skip
    assert main([*asked, "--out", "b"]) == 0 and main([*asked, "--out", "c"]) == 0
    written = json.loads(Path("b/recipe.json").read_text("utf-8"))
    assert written["settings"]["occluder"] == [1, 9, 1, 9] and written["parts"] is False
    assert "only as good as" in capsys.readouterr().out
    for name in ("mask.png", "frames/002.png", "recipe.json"):
        assert (Path("b") / name).read_bytes() == (Path("c") / name).read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([*RUN, "--set", "reach=9"], "1 to 8"), ([*RUN, "--set", "reach=far"], "number"),
     ([*RUN, "--set", "dt=1"], "no setting"), ([*RUN, "--set", "soften=9"], "0 to 4"),
     ([*RUN, "--set", "parts=2"], "parts"), ([*RUN, "--steps", "3"], "steps"), ([*RUN, "--label", "x"], "label"),
     (["run", "model", *RUN[1:]], "model"), (["run", "--method", "magic", "--mask", "star.png"], "choose one of"),
     (["run", "--method", "cgpm"], "--mask"), (["run", "--method", "cgpm", "--mask", "none.png"], "--mask"),
     (["run", "--mask", "star.png"], "--method")],
)  # fmt: skip
def test_mistakes_are_one_line_and_leave_nothing(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main([*arguments, "--out", "out"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("flowdemo: ") and words in lines[0]
    assert not Path("out").exists()


def test_a_place_is_needed_and_must_be_free(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(RUN) == 2 and "--out" in capsys.readouterr().err
    Path("out").write_text("in the way")
    assert main([*RUN, "--out", "out"]) == 2 and "direction" not in capsys.readouterr().out


def test_the_bench_tells_each_time_beside_its_aim(capsys: pytest.CaptureFixture[str]) -> None:
    rows, printed = bench_shapes.rows(1), capsys.readouterr().out
    assert [row["aim_ms"] for row in rows] == [20, 5, 300]
    assert all(row["ms"] >= row["least_ms"] > 0 and f"aim {row['aim_ms']:g} ms" in printed for row in rows)
