"""The shape prior of the page on a model's masks, over a whole split: what it repairs and what it spoils.

    python tools/prior_trial.py DATA [MODEL] [--split test] [--worst 5]

MODEL is semflow-wbc if left out. Masks are those of its own number of Euler steps, compared at its size. ``whole
IoU`` is that of all classes but the ground taken as one, the whole cell, averaged over pictures; mIoU is from one
confusion matrix. A picture counts as better or worse where its whole IoU changed by more than 0.0005.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from flowdemo import load
from flowdemo.data import read_split
from flowdemo.evaluation.segmentation import confusion_matrix, scores
from flowdemo.request import IMAGE_TO_MASK
from flowdemo.systems.nests import Order
from flowdemo.systems.shape_prior import METHODS, Manner, apply_prior

BATCH = 8
NOTABLE = 5e-4


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("model", nargs="?", default="semflow-wbc")
    parser.add_argument("--split", default="test")
    parser.add_argument("--worst", type=int, default=5, help="largest gains and losses to list")
    asked = parser.parse_args()
    model = load(asked.model)
    split = read_split(asked.data, asked.split, model.manifest.size)
    names = tuple(entry.name for entry in model.manifest.palette.classes)
    order, masks = Order.of(names), found(model, split.images)
    before = whole(masks, split.labels, order)
    print(f"{asked.model} on {asked.data} {asked.split}, n = {len(split)}\n")
    print("| prior on | method | whole IoU | change | better / worse | mIoU | parts grown, convex, refused, small |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    print(f"| none | – | {before.mean():.4f} | – | – | {miou(masks, split.labels, names):.4f} | – |")
    told = []
    for chosen in choices(order, names):
        for manner in (*map(Manner, METHODS), Manner(most=float("inf"))):
            row = [apply_prior(m, chosen, order.yielding(chosen, len(names)), order.nests, manner) for m in masks]
            after = np.stack([shaped.mask for shaped in row])
            change = whole(after, split.labels, order) - before
            title = ", ".join(names[index] for index in chosen)
            method = manner.method + ("" if np.isfinite(manner.most) else ", no bound on growth")
            parts = ", ".join(str(sum(getattr(s, n) for s in row)) for n in ("grown", "convex", "refused", "specks"))
            print(f"| {title} | {method} | {(before + change).mean():.4f} | {change.mean():+.4f} | "
                  f"{(change > NOTABLE).sum()} / {(change < -NOTABLE).sum()} | "
                  f"{miou(after, split.labels, names):.4f} | {parts} |")  # fmt: skip
            told.append((f"{title}, {method}", change))
    for title, change in told:
        if change.any():
            print(f"\n{title}:", extremes(change, before, split.ids, asked.worst))


def found(model, pictures: np.ndarray) -> np.ndarray:
    """Masks uint8 ``[N, H, W]`` of pictures, each with seed 0."""
    masks, system = [], model.system
    for i in range(0, len(pictures), BATCH):
        part = pictures[i : i + BATCH]
        start = system.start(IMAGE_TO_MASK, part, 0.0, (0,) * len(part))
        *_, last = system.steps(IMAGE_TO_MASK, start, model.manifest.steps[IMAGE_TO_MASK], "euler")
        masks.append(system.classes(last.x))
    return np.concatenate(masks)


def choices(order: Order, names: tuple[str, ...]) -> list[tuple[int, ...]]:
    """Each class but the ground, and all of them."""
    inner = [index for index in range(len(names)) if index not in order.ground]
    return [*((index,) for index in inner), *([tuple(inner)] if len(inner) > 1 else [])]


def whole(masks: np.ndarray, truths: np.ndarray, order: Order) -> np.ndarray:
    """IoU of everything but the ground, ``[N]``; 1 where both are empty."""
    a, b = (~np.isin(m, list(order.ground)) for m in (masks, truths))
    union = (a | b).sum((1, 2))
    return np.where(union, (a & b).sum((1, 2)) / np.maximum(union, 1), 1.0)


def miou(masks: np.ndarray, truths: np.ndarray, names: tuple[str, ...]) -> float:
    return scores(confusion_matrix(truths, masks, len(names)), names)["miou"]


def extremes(change: np.ndarray, before: np.ndarray, ids: tuple[str, ...], count: int) -> str:
    """The largest gains and losses with the pictures' names and their scores without the prior."""
    order = np.argsort(change)
    rows = {"gains": [i for i in order[::-1][:count] if change[i] > 0],
            "losses": [i for i in order[:count] if change[i] < 0]}  # fmt: skip
    parts = (f"{kind} " + ", ".join(f"{ids[i]} {before[i]:.3f} {change[i]:+.3f}" for i in row)
             for kind, row in rows.items() if row)  # fmt: skip
    return "; ".join(parts)


if __name__ == "__main__":
    main()
