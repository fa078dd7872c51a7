"""Scores where a picture has one label: accuracy towards the label, and what pictures made from labels are like."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Any

import numpy as np

from flowdemo.data import ArraySplit
from flowdemo.evaluation.judges import Judge, data_of, find_judge
from flowdemo.evaluation.runs import Clock, Run, rounded
from flowdemo.evaluation.segmentation import confusion_matrix
from flowdemo.evaluation.synthesis import blurred, frechet_distance

BLUR = 1.0  # standard deviation in pixels of the blur before pictures are compared: they are small
PER_LABEL = 24  # pictures of each label, the first ones, whose pairwise distances count


def batches(split: ArraySplit, size: int) -> Iterator[ArraySplit]:
    """A split in parts of so many pictures."""
    for first in range(0, len(split), size):
        part = slice(first, first + size)
        yield ArraySplit(split.info, split.images[part], split.labels[part])


def classification(run: Run, parts: Iterator[ArraySplit], steps: Sequence[int], seed: int) -> list[dict[str, Any]]:
    """One row per number of steps; picture i starts from seed + i.

    ``accuracy``: share of the pictures whose label is read right; ``per_class_accuracy``: the same by class name, None
    where the split has none of a class.
    """
    names = tuple(entry.name for entry in run.model.manifest.palette.classes)
    matrices = {count: np.zeros((len(names), len(names)), np.int64) for count in steps}
    clock, done = Clock(), 0
    for part in parts:
        seeds = range(seed + done, seed + done + len(part))
        for count in steps:
            with clock.of(count, len(part)):
                last = run.end(part.images, seeds, count)
                found = run.model.system.category(last.x)
            clock.asked(count, last.evaluations)
            matrices[count] += confusion_matrix(part.labels, found, len(names))
        done += len(part)
    return [clock.row(count, accuracies(matrices[count], names)) for count in steps]


def accuracies(matrix: np.ndarray, names: Sequence[str]) -> dict[str, Any]:
    """Scores of a confusion matrix, rows the truth."""
    hits, there = np.diag(matrix), matrix.sum(1)
    by_class = {n: float(h / t) if t else None for n, h, t in zip(names, hits, there, strict=True)}
    return {"accuracy": float(hits.sum() / there.sum()), "per_class_accuracy": by_class}


def generation(
    run: Run, parts: Iterator[ArraySplit], steps: Sequence[int], seed: int, samples: int
) -> dict[str, Any]:
    """One row per number of steps, for pictures made from the labels of the split, ``samples`` of each.

    Sample k of label i has the seed ``seed + i·samples + k``. The split's own pictures are the measure: ``photos``
    says how many there are, and the share of them that the judge reads right.
    """
    judge, clock, done = find_judge(run.model), Clock(), 0
    real, made = Gallery(judge), {count: Gallery(judge) for count in steps}
    for part in parts:
        start = run.model.system.start(run.model.system.directions[0], part.images, seeds=[0] * len(part))
        real.add(run.model.system.picture(start), part.labels)
        seeds = np.arange(done, done + len(part)) * samples + seed
        for count in steps:
            for k in range(samples):
                with clock.of(count, len(part)):
                    last = run.end(part.labels, (seeds + k).tolist(), count)
                    pictures = run.model.system.picture(last.x)
                clock.asked(count, last.evaluations)
                made[count].add(pictures, part.labels)
        done += len(part)
    found = {"photos": rounded(real.facts()), "rows": [clock.row(n, made[n].scores(real)) for n in steps]}
    return found if judge else found | {"missing": _missing(data_of(run.model))}


@dataclass
class Gallery:
    """Pictures with their labels, gathered batch by batch: what the judge says of them, and how much they differ."""

    judge: Judge | None
    count: int = 0
    right: int = 0
    features: list[np.ndarray] = field(default_factory=list)
    kept: dict[int, list[np.ndarray]] = field(default_factory=dict)

    def add(self, pictures: np.ndarray, labels: np.ndarray) -> None:
        """Pictures uint8 ``[B, H, W, 3]`` that should show the labels ``[B]``."""
        self.count += len(pictures)
        for picture, label in zip(pictures, labels.tolist(), strict=True):
            few = self.kept.setdefault(label, [])
            if len(few) < PER_LABEL:
                few.append(blurred(picture, BLUR))
        if self.judge:
            seen, features = self.judge(pictures)
            self.right += int((seen == labels).sum())
            self.features.append(features)

    def facts(self) -> dict[str, Any]:
        """How many there are, and the share that the judge gives their label."""
        return {"n": self.count} | ({"label_agreement": self.right / self.count} if self.judge else {})

    def spread(self) -> float | None:
        """Mean root-mean-square difference of two pictures of one label; None if no label has two."""
        pairs = [pair for few in self.kept.values() for pair in combinations(few, 2)]
        return float(np.mean([np.sqrt(np.mean((a - b) ** 2)) for a, b in pairs])) if pairs else None

    def scores(self, real: Gallery) -> dict[str, Any]:
        """``pictures``, and the metrics that could be measured.

        ``label_agreement``: share of the pictures to which the judge gives the label they were made from;
        ``frechet_discriminative``: Fréchet distance of the judge's features to those of the real pictures;
        ``diversity``: mean difference of two pictures of one label over that of two real ones (1 = as different).
        """
        found: dict[str, Any] = {"pictures": self.count}
        if self.judge:
            features = (np.concatenate(gallery.features) for gallery in (self, real))
            found |= {"label_agreement": self.right / self.count, "frechet_discriminative": frechet_distance(*features)}
        spread, usual = self.spread(), real.spread()
        return found | ({"diversity": spread / usual} if spread is not None and usual else {})


def _missing(data: str | None) -> str:
    return f"There is no classifier trained on {data!r}, so label_agreement and frechet_discriminative are left out."
