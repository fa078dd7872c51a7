"""Print what contour flow does to noisy logits of a flower with a hidden corner.

    python tools/contour_table.py

The flower has five petals and covers a fifth of 128×128 pixels; logits are ±1 with Gaussian noise, and a rectangle of
24×24 pixels over one petal is taken for background. Four seeds, their mean. "CF" is given the true tangent field. The
second table turns the template by up to half a petal, with nothing hidden.
"""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from flowdemo.data.silhouettes import silhouette  # noqa: E402
from flowdemo.systems.contourflow import constrained, evidence, mask_of, residual, tangent  # noqa: E402
from flowdemo.systems.moments import Template  # noqa: E402

SIDE, DRAWN = 128, 112  # pixels; the flower is drawn on the second and laid into the middle of the first
HIDDEN = (70, 94, 70, 94)  # top, bottom, left, right
NOISES = (1.0, 2.0, 3.0)
SEEDS = 4
COLUMNS = ("plain", "STD", "CF 50", "CF 200")


def flower() -> Tensor:
    """The mask, float32 ``[SIDE, SIDE]`` of 0 and 1."""
    return torch.from_numpy(np.pad(silhouette("flower", DRAWN, 0), (SIDE - DRAWN) // 2)).float()


def dice(logits: Tensor, truth: Tensor) -> float:
    """Mean over logits ``[B, 1, H, W]`` of the Dice of where they are not negative."""
    found = (logits >= 0).float()
    return float((2 * (found * truth).sum((1, 2, 3)) / (found.sum((1, 2, 3)) + truth.sum())).mean())


def noisy(truth: Tensor, noise: float, hidden: tuple[int, int, int, int] | None) -> Tensor:
    return torch.cat([evidence(truth, noise, seed, hidden) for seed in range(SEEDS)])


def measured(truth: Tensor, along: Tensor, noise: float) -> dict[str, Tensor]:
    """Logits ``[SEEDS, 1, SIDE, SIDE]`` by column; with no tangent field, contour flow is its soft threshold alone."""
    logits = noisy(truth, noise, HIDDEN)
    ends = (logits, constrained(logits, torch.zeros_like(along)), constrained(logits, along),
            constrained(logits, along, 200))  # fmt: skip
    return dict(zip(COLUMNS, ends, strict=True))


def main() -> None:
    shape = flower()
    truth, template = shape[None, None], Template(shape)
    own, pose = tangent(template.at(template.pose(), (SIDE, SIDE))), template.pose()
    print("noise " + "".join(f"{name:>9}" for name in COLUMNS) + "   residual of plain, CF 50, CF 200")
    for noise in NOISES:
        ends = measured(truth, own, noise)
        missed = [float(residual(mask_of(ends[name]), own).mean()) for name in ("plain", "CF 50", "CF 200")]
        print(f"{noise:5.0f} " + "".join(f"{dice(ends[name], truth):9.3f}" for name in COLUMNS)
              + "   " + ", ".join(f"{value:.2f}" for value in missed))  # fmt: skip
    print("\nturn  " + "".join(f"{name:>9}" for name in COLUMNS[2:]) + "   (noise 2, nothing hidden)")
    for turn in (0, 9, 18, 36):
        wrong = tangent(template.at(pose.moved(angle=math.radians(turn)), (SIDE, SIDE)))
        logits = noisy(truth, 2.0, None)
        print(f"{turn:4d}° " + "".join(f"{dice(constrained(logits, wrong, n), truth):9.3f}" for n in (50, 200)))


if __name__ == "__main__":
    main()
