"""What a template is worth: corrupted silhouettes restored without one, with the true one and with a relative's.

    python tools/mpeg7_trial.py DATA [--noise 1 2] [--count 252] [--seed 0] [--rounds 50] [--classes 5]

DATA is a folder with ``mpeg7_128.npz``, or a file of that layout. Each test silhouette becomes logits of ±1 with
Gaussian noise, in which a square of 32 pixels around one of its own pixels is taken for background; noise i, square i
and relative i follow from the seed and i alone. Then

    smoothed         the logits under a Gaussian of 3 pixels, cut at 0, without parts of fewer than 200 pixels
    soft threshold   contour flow without a template, T = 0; ε = λ = 1 and 50 rounds, as in all below
    true             the silhouette itself as template, where it lies
    true, placed     the same, brought to the smoothed mask by moments, as a relative has to be
    relative         another silhouette of the same class, of the training split, brought there in the same way

Means stand with 95 % intervals of a bootstrap that draws whole classes. Then the test silhouettes are cut into thirds
by how well the relative covers them once it is brought there (Dice), and those classes are named whose mean Dice a
relative raises least and most over the soft threshold.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flowdemo.errors import DataError
from flowdemo.evaluation.contours import contour_scores, without_specks
from flowdemo.systems.contourflow import constrained, evidence, tangent
from flowdemo.systems.distance import gaussian
from flowdemo.systems.moments import Template, alignment, carried, overlap

METHODS = ("smoothed", "soft threshold", "true", "true, placed", "relative")
SOFT, RELATIVE = 1, 4
MEASURES = ("dice", "bd", "bdsd")
HIDDEN = 32  # pixels, side of the square
SEEN = 3.0  # pixels, under which noise of 2 has a deviation of 0.2
LEAST = 200  # pixels: of what is seen, parts below are noise
TURNS = 24
DRAWS = 2000  # of the bootstrap
APART = 1000  # between the seeds of two runs


def read(path: Path, split: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Masks bool ``[N, H, W]``, labels ``[N]`` and names of classes."""
    path = path / "mpeg7_128.npz" if path.is_dir() else path
    try:
        with np.load(path, allow_pickle=False) as found:
            return found[f"{split}_masks"] > 0, found[f"{split}_labels"].astype(int), found["class_names"]
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{path.name} holds no silhouettes of the split {split!r}.") from error


def corrupted(mask: np.ndarray, noise: float, seed: int, index: int) -> Tensor:
    """Logits ``[1, 1, H, W]``; the square does not depend on the noise."""
    rows, columns = np.nonzero(mask)
    chosen = np.random.default_rng((seed, index, 0)).integers(len(rows))
    edges = [(max(0, int(at) - HIDDEN // 2), int(at) + HIDDEN // 2) for at in (rows[chosen], columns[chosen])]
    truth = torch.from_numpy(mask)[None, None].float()
    return evidence(truth, noise, APART * seed + index, (*edges[0], *edges[1]))


def relative_of(index: int, mask: np.ndarray, others: np.ndarray, seed: int) -> np.ndarray:
    """One of ``others`` ``[N, H, W]`` that is not the silhouette itself."""
    differing = others[(others != mask).any((1, 2))]
    return differing[np.random.default_rng((seed, index, 1)).integers(len(differing))]


def seen(logits: Tensor) -> Tensor:
    """The smoothed mask, to which templates are brought: 0 and 1, ``[1, 1, H, W]``."""
    rough = gaussian(logits, SEEN)[0, 0].numpy() >= 0
    parts = without_specks(rough, LEAST)
    return torch.from_numpy(parts if parts.any() else rough)[None, None].float()


def brought(template: np.ndarray, shape: Tensor) -> tuple[Tensor, Tensor]:
    """φ of a template brought to a shape ``[1, 1, H, W]`` by moments, and its mask there."""
    mask = torch.from_numpy(template)
    source, target = alignment(mask[None, None].float(), shape, TURNS)
    size = tuple(shape.shape[-2:])
    there = carried(mask[None, None].float(), source, target, size, beyond="zeros")
    return Template(mask).at(target, size, source), there


def restored(mask: np.ndarray, relative: np.ndarray, logits: Tensor, rounds: int) -> tuple[list[np.ndarray], float]:
    """The mask by each of :data:`METHODS`, and the Dice of the relative, where it was brought to, with the truth."""
    shape, own = seen(logits), Template(torch.from_numpy(mask))
    placed, _ = brought(mask, shape)
    other, there = brought(relative, shape)
    fields = [tangent(phi) for phi in (own.at(own.pose(), mask.shape), placed, other)]
    ends = [constrained(logits, along, rounds) for along in (torch.zeros_like(fields[0]), *fields)]
    covered = float(overlap(there, torch.from_numpy(mask)[None, None].float()))
    return [shape[0, 0].numpy() > 0, *(end[0, 0].numpy() >= 0 for end in ends)], covered


def scores_of(
    masks: np.ndarray, relatives: np.ndarray, noise: float, seed: int, rounds: int
) -> tuple[np.ndarray, np.ndarray]:
    """Scores ``[N, methods, measures]``, NaN where a mask is empty, and how well relatives cover ``[N]``."""
    scores, covers = [], []
    for index, (mask, relative) in enumerate(zip(masks, relatives, strict=True)):
        ends, covered = restored(mask, relative, corrupted(mask, noise, seed, index), rounds)
        found = [contour_scores(mask, end) for end in ends]
        scores.append([[np.nan if one[name] is None else one[name] for name in MEASURES] for one in found])
        covers.append(covered)
    return np.array(scores), np.array(covers)


def interval(values: np.ndarray, labels: np.ndarray, seed: int = 0) -> tuple[float, float, float]:
    """Mean and the 95 % interval of a bootstrap over whole classes; values ``[N]``, NaN left out."""
    known = ~np.isnan(values)
    _, member = np.unique(labels[known], return_inverse=True)
    sums, counts = np.bincount(member, values[known]), np.bincount(member)
    drawn = np.random.default_rng(seed).integers(len(sums), size=(DRAWS, len(sums)))
    low, high = np.quantile(sums[drawn].sum(1) / counts[drawn].sum(1), [0.025, 0.975])
    return float(values[known].mean()), float(low), float(high)


def told(values: np.ndarray, labels: np.ndarray, digits: int) -> str:
    return "{:.{n}f} [{:.{n}f}, {:.{n}f}]".format(*interval(values, labels), n=digits)


def report(noise: float, scores: np.ndarray, covers: np.ndarray, labels: np.ndarray, names: Sequence, few: int) -> None:
    print(f"\nnoise {noise:g}, {len(labels)} silhouettes")
    print(f"{'':16}{'Dice':>24}{'BD (px)':>24}{'BDSD (px)':>24}")
    for i, method in enumerate(METHODS):
        print(f"{method:16}" + "".join(f"{told(scores[:, i, m], labels, 3 if m == 0 else 2):>24}" for m in range(3)))
    gain = scores[:, RELATIVE, 0] - scores[:, SOFT, 0]
    print(f"relative − soft threshold, Dice {told(gain, labels, 3)}; it lowers {int((gain < 0).sum())} of {len(gain)}")
    thirds = np.array_split(np.argsort(covers, kind="stable"), 3)
    for part in thirds:
        means = ", ".join(f"{method} {scores[part, i, 0].mean():.3f}" for i, method in enumerate(METHODS))
        hurt = int((gain[part] < 0).sum())
        near, far = covers[part].max(), covers[part].min()
        print(f"relative covers {far:.2f} to {near:.2f}: {means}; lowers {hurt} of {len(part)}")
    means = {str(names[k]): float(gain[labels == k].mean()) for k in np.unique(labels)}
    order = sorted(means, key=means.__getitem__)
    for word, chosen in (("worst", order[:few]), ("best", order[::-1][:few])):
        print(f"{word}: " + ", ".join(f"{name} {means[name]:+.2f}" for name in chosen))


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--noise", type=float, nargs="+", default=[1.0, 2.0])
    parser.add_argument("--count", type=int, default=10**6, help="silhouettes, spread over the test split")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--classes", type=int, default=5, help="how many of the best and worst classes are named")
    asked = parser.parse_args(arguments)
    torch.set_num_threads(1)
    masks, labels, names = read(asked.data, "test")
    others, of = read(asked.data, "train")[:2]
    chosen = np.unique(np.linspace(0, len(masks) - 1, min(asked.count, len(masks))).astype(int))
    relatives = [relative_of(i, masks[k], others[of == labels[k]], asked.seed) for i, k in enumerate(chosen)]
    for noise in asked.noise:
        scores, covers = scores_of(masks[chosen], np.array(relatives), noise, asked.seed, asked.rounds)
        report(noise, scores, covers, labels[chosen], names, asked.classes)


if __name__ == "__main__":
    main()
