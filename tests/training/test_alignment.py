"""Alignment with a teacher's features: what it measures, what it moves, and which teachers it takes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from flowdemo.errors import InputError, ModelError
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.training.alignment import Alignment, standardised
from flowdemo.training.command import train

from .conftest import TINY

WIDE = TINY | {"channels": "16,24"}


@pytest.fixture(scope="module")
def teacher(tmp_path_factory: pytest.TempPathFactory, cells: Path) -> Path:
    out = tmp_path_factory.mktemp("models") / "teacher"
    train("discriminative", cells, out, steps=3, device="cpu", settings=WIDE, bar=False)
    return out


def _alignment(teacher: Path, width: int = 16) -> Alignment:
    return Alignment(str(teacher), (32, 32), 2, width)


def test_features_that_say_the_same_cost_nothing(teacher: Path) -> None:
    alignment, images = _alignment(teacher), torch.rand(3, 3, 32, 32) * 2 - 1
    told = torch.einsum("dc,bchw->bdhw", alignment._down, standardised(alignment._told(images)))
    scaled = told * torch.linspace(0.5, 3, 16).view(1, -1, 1, 1) + 7  # scale and offset of a channel do not count
    assert alignment(scaled, images) < 1e-4
    assert alignment(-scaled, images) == pytest.approx(2, abs=1e-4)
    assert alignment(torch.randn_like(told), images) == pytest.approx(1, abs=0.1)


def test_the_student_moves_and_the_teacher_does_not(teacher: Path) -> None:
    alignment, images = _alignment(teacher), torch.rand(2, 3, 32, 32) * 2 - 1
    torch.manual_seed(0)
    student = PatchUNet(UNetConfig(3, 3, 2, (16, 16), (False, False), 1, 8))
    with alignment.watching(student) as seen:
        student(images, torch.zeros(2))
    alignment(seen[-1], images).backward()
    moved = [name for name, p in student.named_parameters() if p.grad is not None and p.grad.abs().sum() > 0]
    assert any(name.startswith("unet.down_blocks") for name in moved)
    assert not any(name.startswith(("unet.conv_out", "unet.up_blocks.1")) for name in moved)  # the last level is free
    assert all(p.grad is None for p in alignment.teacher.parameters())


def test_a_flow_is_trained_beside_its_teacher(teacher: Path, cells: Path, tmp_path: Path) -> None:
    settings = WIDE | {"align": "1", "teacher": str(teacher)}
    train("flowseg", cells, tmp_path / "flow", steps=2, device="cpu", settings=settings, bar=False)
    assert '"alignment"' in (tmp_path / "flow" / "training" / "log.jsonl").read_text("utf-8")


@pytest.mark.parametrize("settings", [{"channels": "16,32"}, {"patch": "4"}, {"size": "64x32"}])
def test_a_teacher_of_another_shape_is_refused(teacher: Path, cells: Path, tmp_path: Path, settings: dict) -> None:
    with pytest.raises(InputError, match="teacher"):
        train("flowseg", cells, tmp_path / "out", steps=1, bar=False,
              settings=WIDE | {"align": "1", "teacher": str(teacher)} | settings)  # fmt: skip


def test_a_teacher_is_needed_and_must_be_one(cells: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError):
        train("flowseg", cells, tmp_path / "out", steps=1, bar=False, settings=WIDE | {"align": "1"})
    train("flowseg", cells, tmp_path / "flow", steps=1, bar=False, settings=WIDE)
    with pytest.raises(InputError, match="discriminative"):
        train("flowseg", cells, tmp_path / "out", steps=1, bar=False,
              settings=WIDE | {"align": "1", "teacher": str(tmp_path / "flow")})  # fmt: skip
