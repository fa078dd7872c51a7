"""The command line: what it prints, what it writes, and one line on standard error for every mistake."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import CLASSES, JOINT, LEVELS, ONE_STEP, POSTERIOR, SIDE, VELOCITY, mask_labels, png_bytes, write_tiny_model

from flowdemo.cli import main
from flowdemo.rendering import recipe

ROOT = Path(__file__).resolve().parents[1]
COMMANDS = ("models", "run", "train", "evaluate", "bench", "serve")


@pytest.fixture(autouse=True)
def at_home(tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photo: bytes, mask: bytes) -> None:
    """Every command runs in an empty folder but for a photo and a mask."""
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(photo)
    Path("mask.png").write_bytes(mask)


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    """The one line of a mistake."""
    assert main(arguments) == 2
    captured = capsys.readouterr()
    lines = captured.err.splitlines()
    assert len(lines) == 1 and lines[0].startswith("flowdemo: ") and "Traceback" not in captured.out
    return lines[0]


def test_models_are_listed_with_what_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["models", "--json", "out/models.json"]) == 0
    printed = capsys.readouterr().out
    rows = {row["name"]: row for row in json.loads(Path("out/models.json").read_text("utf-8"))}
    assert {POSTERIOR, VELOCITY, ONE_STEP} <= rows.keys() and all(name in printed for name in rows)
    row = rows[POSTERIOR]
    assert (row["system"], row["task"], row["data"]) == ("semflow", "segmentation and synthesis", "drawn")
    assert (row["resolution"], row["classes"], row["licence"]) == ([SIDE, SIDE], list(CLASSES), "MIT")
    assert row["parameters"] > 0 and row["bytes"] > 2 * row["parameters"] and row["scores"] == {}


def test_a_photo_becomes_a_mask(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", POSTERIOR, "photo.png", "--steps", "3", "--out", "out", "--json", "run.json"]) == 0
    printed = capsys.readouterr()
    assert printed.err == "" and "step   3 of 3" in printed.out
    out = Path("out")
    assert sorted(p.name for p in (out / "frames").iterdir()) == [f"{i:03d}.png" for i in range(4)]
    assert {p.name for p in out.iterdir()} == {"frames", "result.png", "mask.png", "trajectory.webp", "recipe.json"}
    with Image.open(out / "mask.png") as image:
        indices = np.asarray(image)
    assert indices.shape == (SIDE, SIDE) and set(np.unique(indices)) <= set(range(len(CLASSES)))
    with Image.open(out / "trajectory.webp") as image:
        assert image.n_frames == 4
    written = json.loads((out / "recipe.json").read_text("utf-8"))
    assert (written["model"], written["direction"], written["steps"]) == (POSTERIOR, "image-to-mask", 3)
    assert recipe.extract((out / "result.png").read_bytes()) == written
    data = json.loads(Path("run.json").read_text("utf-8"))
    assert data["recipe"]["input"] == written["input"] and data["numbers"]["evaluations"] == 3
    assert len(data["numbers"]["changed"]) == 4


def test_a_mask_becomes_images_and_the_seed_repeats_them() -> None:
    arguments = ["run", VELOCITY, "mask.png", "--direction", "mask-to-image", "--steps", "2", "--solver", "midpoint",
                 "--beta", "12.5", "--seed", "9", "--samples", "2"]  # fmt: skip
    assert main([*arguments, "--out", "a"]) == 0 and main([*arguments, "--out", "b"]) == 0
    names = sorted(str(p.relative_to("a")) for p in Path("a").rglob("*") if p.is_file())
    assert names == sorted(
        [f"frames/{i:03d}_{k}.png" for i in range(3) for k in range(2)]
        + ["mask.png", "recipe.json", "result_0.png", "result_1.png", "trajectory_0.webp", "trajectory_1.webp"]
    )
    assert all((Path("a") / name).read_bytes() == (Path("b") / name).read_bytes() for name in names)
    assert Path("a/result_0.png").read_bytes() != Path("a/result_1.png").read_bytes()
    with Image.open("a/mask.png") as image:
        assert np.array_equal(np.asarray(image), mask_labels())
    written = json.loads(Path("a/recipe.json").read_text("utf-8"))
    assert (written["beta"], written["seed"], written["samples"], written["solver"]) == (12.5, 9, 2, "midpoint")


def test_options_of_the_system(capsys: pytest.CaptureFixture[str]) -> None:
    run = ["run", POSTERIOR, "photo.png", "--steps", "2", "--out", "out"]
    assert main([*run, "--set", "temperature=0"]) == 0
    assert json.loads(Path("out/recipe.json").read_text("utf-8"))["settings"] == {"temperature": 0}
    assert "from 0 to 1" in refused(capsys, *run, "--set", "temperature=2")
    assert "temperature" in refused(capsys, *run, "--set", "heat=1")
    assert "number" in refused(capsys, *run, "--set", "temperature=warm")
    assert "KEY=VALUE" in refused(capsys, *run, "--set", "temperature")


def test_a_model_folder_anywhere(capsys: pytest.CaptureFixture[str]) -> None:
    for folder, seed in (("runs/a", 7), ("runs/b", 8)):
        write_tiny_model(Path(folder), "mine", "semflow", "velocity", 3, seed)
        assert main(["run", folder, "photo.png", "--steps", "1", "--out", f"out/{seed}"]) == 0
    assert Path("out/7/result.png").read_bytes() != Path("out/8/result.png").read_bytes(), "one name, two folders"
    assert "FLOWDEMO_MODELS" in os.environ and "runs" not in os.environ["FLOWDEMO_MODELS"]
    assert "'runs'" in refused(capsys, "run", "runs", "photo.png", "--out", "x")


def test_the_one_step_model_takes_its_own_default() -> None:
    assert main(["run", ONE_STEP, "photo.png", "--out", "out"]) == 0
    assert len(list(Path("out/frames").iterdir())) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--steps", "0"], "from 1 to 50"), (["--steps", "51"], "from 1 to 50"), (["--steps", "2.5"], "from 1 to 50"),
     (["--steps", "nan"], "from 1 to 50"), (["--steps", "many"], "'many'"), (["--steps", "1e9"], "from 1 to 50"),
     (["--steps", "9" * 5000], "from 1 to 50"), (["--solver", "rk9"], "dopri5"), (["--seed", "-1"], "from 0 to"),
     (["--seed", "2147483648"], "from 0 to"), (["--direction", "sideways"], "mask-to-image"),
     (["--direction", "mask-to-image", "--beta", "127"], "below 127"), (["--samples", "9"], "from 1 to 8"),
     (["--direction", "mask-to-image", "--beta", "-1"], "at least 0"), (["--device", "gpu"], "cpu"),
     (["--direction", "mask-to-image", "--beta", "inf"], "number"), (["--label", "cat"], "--label"),
     (["--direction", "mask-to-image"], "class"), (["--speed", "9"], "unrecognized"), (["--steps"], "expected one")],
)  # fmt: skip
def test_bad_values_are_one_line_that_names_the_limit(
    capsys: pytest.CaptureFixture[str], options: list[str], words: str
) -> None:
    line = refused(capsys, "run", POSTERIOR, "photo.png", "--out", "out", *options)
    assert words in line
    assert not Path("out/result.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [(["run", "nothing", "photo.png", "--out", "o"], "nothing"), (["run", POSTERIOR, "--out", "o"], "input file"),
     (["run", POSTERIOR, "none.png", "--out", "o"], "input file"), (["run", POSTERIOR, ".", "--out", "o"], "input"),
     (["run", POSTERIOR, "photo.png"], "--out"), (["run"], "model"), ([], "COMMAND"), (["dance"], "dance"),
     (["models", "--json", "photo.png/x.json"], "photo.png"),
     (["run", POSTERIOR, "photo.png", "--out", "mask.png"], "mask.png"),
     (["train", "semflow", "--out", "o"], "--data"),
     (["train", "dance", "--data", ".", "--out", "o", "--steps", "1"], "dance"),
     (["train", "semflow", "--data", ".", "--out", "o", "--minutes", "soon"], "--minutes"),
     (["train", "semflow", "--data", "nowhere", "--out", "o", "--steps", "1"], "nowhere"),
     (["evaluate", POSTERIOR], "--data"), (["evaluate", POSTERIOR, "--data", "nowhere"], "nowhere"),
     (["evaluate", "nothing", "--data", "."], "nothing"),
     (["evaluate", POSTERIOR, "--data", ".", "--steps", "0"], "--steps"),
     (["evaluate", POSTERIOR, "--data", ".", "--steps", "1,x"], "--steps"), (["bench", "nothing"], "nothing"),
     (["bench", ONE_STEP], "one step"), (["serve", "--port", "high"], "--port"), (["serve", "--device", "gpu"], "gpu"),
     (["serve", "two\nlines"], "unrecognized")],
)  # fmt: skip
def test_bad_commands_are_one_line(capsys: pytest.CaptureFixture[str], arguments: list[str], words: str) -> None:
    assert words in refused(capsys, *arguments)


@pytest.mark.parametrize("data", [b"", b"hello", b"\x89PNG\r\n\x1a\n" + bytes(20), b"GIF89a"])
def test_files_that_are_no_picture(capsys: pytest.CaptureFixture[str], data: bytes) -> None:
    Path("bad.png").write_bytes(data)
    assert "file" in refused(capsys, "run", POSTERIOR, "bad.png", "--out", "out")


def test_a_file_that_is_too_large_is_not_read(capsys: pytest.CaptureFixture[str]) -> None:
    with open("huge.png", "wb") as file:
        file.truncate(1 << 40)
    assert "12 MB" in refused(capsys, "run", POSTERIOR, "huge.png", "--out", "out")


def test_a_picture_where_a_mask_belongs(capsys: pytest.CaptureFixture[str]) -> None:
    Path("index.png").write_bytes(png_bytes(np.full((SIDE, SIDE), 9, np.uint8)))
    assert "9" in refused(capsys, "run", POSTERIOR, "index.png", "--direction", "mask-to-image", "--out", "out")


def test_scores_of_a_data_folder(capsys: pytest.CaptureFixture[str]) -> None:
    classes = [{"index": i, "name": name, "color": [60 * i, 9, 9]} for i, name in enumerate((*CLASSES, "ignore"))]
    text = {"name": "drawn", "size": [SIDE, SIDE], "ignore_index": len(CLASSES), "classes": classes}
    grey = np.full((SIDE, SIDE, 3), 90, np.uint8)
    for kind, data in (("images", png_bytes(grey)), ("masks", png_bytes(mask_labels()))):
        (Path("set") / kind / "test").mkdir(parents=True)
        (Path("set") / kind / "test" / "a.png").write_bytes(data)
    Path("set/classes.json").write_text(json.dumps(text), "utf-8")
    assert main(["evaluate", POSTERIOR, "--data", "set", "--steps", "1,3", "--json", "scores.json"]) == 0
    result = json.loads(Path("scores.json").read_text("utf-8"))
    assert (result["model"], result["data"], result["split"], result["n"]) == (POSTERIOR, "drawn", "test", 1)
    assert [(row["steps"], row["evaluations"]) for row in result["rows"]] == [(1, 1), (3, 3)]
    assert all(0 <= row["miou"] <= 1 and row["seconds_per_item"] > 0 for row in result["rows"])
    assert f"{POSTERIOR} on drawn test, n = 1" in capsys.readouterr().out


@pytest.mark.parametrize("model", (VELOCITY, JOINT, LEVELS))
def test_timings_are_ratios(capsys: pytest.CaptureFixture[str], model: str) -> None:
    assert main(["bench", model, "--steps", "2", "--rounds", "1", "--json", "bench.json"]) == 0
    result = json.loads(Path("bench.json").read_text("utf-8"))
    (row,) = result["rows"]
    assert row["model"] == model and row["ratio"] == pytest.approx(row["streamed_ms"] / row["bare_ms"])
    assert row["kilobytes_per_frame"] > 0 and model in capsys.readouterr().out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(capsys: pytest.CaptureFixture[str], command: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main([command, "--help"])
    assert caught.value.code == 0 and "usage: flowdemo" in capsys.readouterr().out


def test_the_module_runs_as_a_program() -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    call = [sys.executable, "-m", "flowdemo"]
    helped = subprocess.run([*call, "--help"], env=environment, capture_output=True, text=True, timeout=60)
    assert helped.returncode == 0 and all(command in helped.stdout for command in COMMANDS)
    wrong = subprocess.run([*call, "dance"], env=environment, capture_output=True, text=True, timeout=60)
    assert wrong.returncode == 2 and wrong.stdout == "" and len(wrong.stderr.splitlines()) == 1
