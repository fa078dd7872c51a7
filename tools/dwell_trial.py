"""Mean share of the time that pixels spend in cells of wrong classes, over a whole split, for several models.

    python tools/dwell_trial.py DATA MODEL [MODEL ...] [--split test] [--steps 10]

``estimate`` is where the path would end if it went straight on, x̂₁(t); ``state`` is x_t itself. Both are read at the
beginning of each of N equal Euler steps, at the model's size; pixels without a class do not count.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np

from flowdemo import load
from flowdemo.codes.cells import dwell, target_estimates
from flowdemo.data import segmentation_batches
from flowdemo.request import IMAGE_TO_MASK

BATCH = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data")
    parser.add_argument("models", nargs="+")
    parser.add_argument("--split", default="test")
    parser.add_argument("--steps", type=int, default=10)
    asked = parser.parse_args()
    for name in asked.models:
        model = load(name)
        system, book, size = model.system, model.manifest.codebook, model.manifest.size
        sums, count = np.zeros(2), 0
        for batch in segmentation_batches(asked.data, asked.split, size, BATCH):
            start = system.start(IMAGE_TO_MASK, batch.images, 0.0, range(len(batch)))
            steps = list(system.steps(IMAGE_TO_MASK, start, asked.steps, "euler"))
            paths, times = np.stack([system.codes(step.x) for step in steps], 1), [step.t for step in steps]
            for path, labels in zip(paths, batch.labels, strict=True):
                shares = [dwell(points, times, book, labels) for points in (target_estimates(path, times), path[:-1])]
                sums += [np.nansum(share) for share in shares]
                count += int((labels < book.classes).sum())
        estimate, state = sums / count
        print(f"{name}: {asked.split}, {asked.steps} steps: estimate {estimate:.4f}, state {state:.4f}")


if __name__ == "__main__":
    main()
