from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import flowdemo
from flowdemo.data import read_info
from flowdemo.errors import InputError
from flowdemo.training import command
from flowdemo.training.budget import Budget
from flowdemo.training.command import _Ending, train
from flowdemo.training.export import add_scores, export_state
from flowdemo.training.options import TrainingOptions
from flowdemo.training.recipes import plan
from flowdemo.training.sheets import SampleSheets, display_palette
from flowdemo.zoo import read_manifest

from .conftest import TINY


def test_the_loss_goes_down(trained: tuple[Path, dict]) -> None:
    out, result = trained
    rows = [json.loads(line) for line in (out / "training" / "log.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 71)) and result["steps"] == 70
    for loss in ("image", "classes"):
        first, last = (np.mean([row[loss] for row in part]) for part in (rows[:8], rows[-8:]))
        assert last < 0.65 * first


def test_the_model_folder_is_whole(trained: tuple[Path, dict]) -> None:
    out, result = trained
    model = flowdemo.load(out, device="cpu")
    manifest = model.manifest
    assert result["name"] == manifest.name == "semflow-drawn-cell"
    assert manifest.training["steps"] == 70 and manifest.training["samples"] == 280
    assert manifest.training["seed"] == 5 and manifest.training["pictures"] == 10
    assert manifest.beta["trained"] < manifest.codebook.beta_bound
    scores = manifest.scores["val"]
    assert (scores["split"], scores["n"]) == ("val", 2) and [row["steps"] for row in scores["rows"]] == [1, 5]
    assert result["scores"] == manifest.scores
    labels = np.zeros((32, 32), np.uint8)
    *_, last = model.trajectory(labels, "mask-to-image", steps=4)
    assert model.system.picture(last.x).shape == (1, 32, 32, 3)


def test_the_command_makes_the_same_plan(trained: tuple[Path, dict], cells: Path) -> None:
    words = shlex.split(read_manifest(trained[0]).training["command"])
    assert words[:5] == ["python", "-m", "flowdemo", "train", "semflow"]
    flags = dict(zip(words[5:-1:2], words[6::2], strict=False))
    assert (flags["--data"], flags["--steps"], flags["--seed"]) == ("DATA/drawn-cell", "70", "5")
    settings = dict(words[i + 1].split("=", 1) for i, word in enumerate(words) if word == "--set")
    again = plan("semflow", cells, TrainingOptions().with_settings(settings)).options
    assert again.to_json() == read_manifest(trained[0]).training["options"]


def test_nothing_tells_where_it_was_made(trained: tuple[Path, dict], cells: Path) -> None:
    for name in ("manifest.json", "README.md"):
        text = (trained[0] / name).read_text("utf-8")
        assert str(cells.parent) not in text and str(trained[0].parent) not in text


def test_the_card_says_what_the_manifest_says(trained: tuple[Path, dict], tmp_path: Path) -> None:
    text = (trained[0] / "README.md").read_text("utf-8")
    manifest = read_manifest(trained[0])
    for words in ("SemFlow", "32×32", "background, cytoplasm, nucleus", "terms of the data apply", "seed 5",
                  manifest.training["command"], "| steps | evaluations | miou |", "split `val`"):
        assert words in text
    assert f"{manifest.scores['val']['rows'][0]['miou']:.3f}" in text


def test_scores_can_be_added(trained: tuple[Path, dict]) -> None:
    out, _ = trained
    rows = [{"steps": 9, "miou": 0.5}]
    result = read_manifest(out).scores["val"] | {"split": "test", "n": 77, "model": "x", "rows": rows}
    manifest = add_scores(out, "test", result)
    assert manifest == read_manifest(out) and set(manifest.scores) == {"val", "test"}
    assert "77 pictures" in (out / "README.md").read_text("utf-8")
    assert flowdemo.load(out, device="cpu").name == manifest.name


def test_a_sheet_shows_rows_of_six(trained: tuple[Path, dict]) -> None:
    page = Image.open(trained[0] / "training" / "samples" / "0000070.png")
    assert page.width > 6 * 160 and page.height > 2 * 160


def test_an_existing_state_is_never_overwritten(trained: tuple[Path, dict], cells: Path) -> None:
    with pytest.raises(InputError, match="resume it"):
        train("semflow", cells, trained[0], steps=1, device="cpu", bar=False)


def test_a_spent_budget_only_exports(trained: tuple[Path, dict], cells: Path, tmp_path: Path) -> None:
    out, _ = trained
    weights = (out / "weights.safetensors").read_bytes()
    result = train("semflow", cells, out, steps=70, resume=True, device="cpu", bar=False)
    assert result["steps"] == 70 and (out / "weights.safetensors").read_bytes() == weights
    assert read_manifest(out).training["options"]["ema"] == 0.9  # taken from the state
    manifest = export_state(out / "training", cells, tmp_path / "copy", limit=0, name="a-copy")
    assert (tmp_path / "copy" / "weights.safetensors").read_bytes() == weights
    assert (manifest.name, manifest.scores) == ("a-copy", {})


@pytest.mark.parametrize(
    ("field", "wrong"),
    [("recipe", {"recipe": "discriminative"}), ("name", {"name": "../x"}), ("seed", {"seed": -1}),
     ("minutes", {"steps": None}), ("device", {"device": "abacus"})],
)  # fmt: skip
def test_wrong_requests(trained: tuple[Path, dict], cells: Path, field: str, wrong: dict) -> None:
    given = {"recipe": "semflow", "data": cells, "out": trained[0], "steps": 80, "resume": True, "device": "cpu"}
    with pytest.raises(InputError) as caught:
        train(**given | wrong, bar=False)
    assert caught.value.field == field


def test_minutes_are_kept(cells: Path, tmp_path: Path) -> None:
    result = train("discriminative", cells, tmp_path / "m", minutes=0.08, device="cpu", settings=TINY, bar=False)
    assert result["wall_seconds"] < 0.08 * 60 + 60
    assert 0.5 * 0.08 * 60 < result["seconds"] < 0.08 * 60 + 10
    assert result["scores"]["val"]["rows"][0]["steps"] == 1
    assert "in one evaluation" in (tmp_path / "m" / "README.md").read_text("utf-8")


def test_time_is_kept_for_the_ending() -> None:
    assert _Ending(50, 40.0).leave(Budget(minutes=30), 20.0).minutes == pytest.approx(29)
    assert _Ending(50, 900.0).leave(Budget(minutes=2), 20.0).minutes == pytest.approx(1)
    assert _Ending(50, 40.0).leave(Budget(steps=9), 20.0) == Budget(steps=9)


def test_the_ending_grows_with_the_budget(cells: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "split_length", lambda data, split: 1000)
    monkeypatch.setattr(command, "_seconds_per_picture", lambda network, chosen: 0.05)
    chosen = plan("semflow", cells, TrainingOptions().with_settings(TINY))
    short, long = (command._ending(None, chosen, cells, Budget(minutes=m)) for m in (1, 30))
    assert 4 <= short.pictures < long.pictures < 1000
    assert long.seconds <= 0.08 * 30 * 60 + 15 + 1
    assert command._ending(None, chosen, cells, Budget(steps=5)).pictures == 1000


def test_display_colours(cells: Path, streets: Path) -> None:
    assert display_palette(read_info(cells)).classes[2].color == (88, 62, 132)
    palette = display_palette(read_info(streets))
    assert palette.classes[3].color == (128, 64, 128) and palette.ignore.index == 11


def test_grey_colours_are_replaced(cells: Path, tmp_path: Path) -> None:
    raw = json.loads((cells / "classes.json").read_text())
    for i, row in enumerate(raw["classes"]):
        row |= {"name": f"part {i}", "color": [i, i, i]}
    (tmp_path / "classes.json").write_text(json.dumps(raw))
    colours = [entry.color for entry in display_palette(read_info(tmp_path)).classes]
    assert len(set(colours)) == 3 and any(len(set(colour)) > 1 for colour in colours)


def test_sheets_do_without_a_validation_split(cells: Path, tmp_path: Path) -> None:
    chosen = plan("semflow", cells, TrainingOptions().with_settings(TINY))
    sheets = SampleSheets(chosen, tmp_path / "nowhere", tmp_path)
    assert len(sheets.images) == 4


_WORKER = """
import hashlib, json, sys
from pathlib import Path
import torch
from flowdemo.training import command
torch.set_num_threads(1)
trainers = []
build = command.build
command.build = lambda *a, **k: trainers.append(build(*a, **k)) or trainers[-1]
out, data, settings = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
result = command.train("semflow", data, out, minutes=0.5, steps=3, device="cpu", settings=settings, bar=False)
trainer = trainers[0]
digest = lambda ps: hashlib.sha256(b"".join(p.detach().numpy().tobytes() for p in ps)).hexdigest()
facts = {"processes": trainer.accelerator.num_processes, "picks": [trainer.picks(s) for s in range(3)],
         "weights": digest(trainer.network.parameters()), "average": digest(trainer.average.shadow_params),
         "steps": result["steps"], "exported": bool(result["scores"])}
Path(out, f"rank{trainer.accelerator.process_index}.json").write_text(json.dumps(facts))
"""


def test_two_processes_train_one_network(cells: Path, tmp_path: Path) -> None:
    (tmp_path / "worker.py").write_text(_WORKER)
    root = Path(flowdemo.__file__).parents[1]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "ACCELERATE_USE_CPU": "true", "PYTHONPATH": str(root)}
    launch = [sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
              "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no", "--main_process_port", "0"]
    (tmp_path / "m").mkdir()
    given = [str(tmp_path / "worker.py"), str(tmp_path / "m"), str(cells), json.dumps(TINY)]
    done = subprocess.run([*launch, *given], env=environment, capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stderr[-3000:]
    first, second = (json.loads((tmp_path / "m" / f"rank{rank}.json").read_text()) for rank in (0, 1))
    assert first["processes"] == second["processes"] == 2 and first["steps"] == second["steps"] == 3
    assert first["weights"] == second["weights"] and first["average"] == second["average"]
    shares = [pick for both in zip(first["picks"], second["picks"], strict=True) for pick in both]
    assert [len(share) for share in shares] == [2] * 6
    assert sorted(np.concatenate(shares)[:10]) == list(range(10))  # one epoch, shared without a picture twice
    assert first["exported"] and not second["exported"]
    assert read_manifest(tmp_path / "m").training["device"].endswith("2 processes, " + os.uname().machine)
