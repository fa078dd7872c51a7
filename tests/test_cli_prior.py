"""A shape prior on the mask of a run, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny import ONE_STEP, POSTERIOR

from flowdemo.cli import main
from flowdemo.systems.shape_prior import Manner, apply_prior


@pytest.fixture(autouse=True)
def at_home(tiny_models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, photo: bytes) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.png").write_bytes(photo)


@pytest.mark.parametrize("method", ["line-scan", "curvature"])
def test_the_mask_after_is_written_beside_the_mask(capsys: pytest.CaptureFixture[str], method: str) -> None:
    asked = ["run", POSTERIOR, "photo.png", "--steps", "2", "--out", "out", "--json", "out.json"]
    assert main([*asked, "--prior", "cell, nucleus", "--prior-method", method]) == 0
    before, after = (np.asarray(Image.open(f"out/{name}.png")) for name in ("mask", "mask_prior"))
    present = [index for index in (1, 2) if (before == index).any()]
    expected = apply_prior(before, present, [0], [(1, 2)], Manner(method))
    assert np.array_equal(after, expected.mask)
    (told,) = json.loads(Path("out.json").read_text("utf-8"))["prior"]
    assert told["text"] in capsys.readouterr().out
    areas = {"cell with nucleus": (after > 0).sum(), "nucleus": (after == 2).sum()}
    assert told["rows"] and all(row["area"][1] == areas[row["name"]] for row in told["rows"])


@pytest.mark.parametrize(
    ("arguments", "words"),
    [([POSTERIOR, "--prior", "tree"], "no shape 'tree'"), ([POSTERIOR, "--prior", "background"], "choose of: cell"),
     ([ONE_STEP, "--prior", "cell", "--prior-method", "erosion"], "line-scan"),
     ([POSTERIOR, "--prior", "cell", "--direction", "mask-to-image"], "mask")],
)  # fmt: skip
def test_what_cannot_be_is_one_line_before_anything_is_computed(
    capsys: pytest.CaptureFixture[str], arguments: list[str], words: str
) -> None:
    assert main(["run", *arguments[:1], "photo.png", *arguments[1:], "--out", "out"]) == 2
    printed = capsys.readouterr()
    assert words in printed.err and printed.err.count("\n") == 1 and not Path("out").exists()
