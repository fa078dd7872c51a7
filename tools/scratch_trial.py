"""Scripted scratches on normal pictures of a detector's test split: does its map light up where they are?

    python tools/scratch_trial.py MODEL DATA [--count 20] [--seed 0]

Pictures are spread over the normal ones of the split; scratch i is drawn by ``flowdemo.data.surface_defects`` from the
seed (seed, i). A scratch counts as found where more than half of the hottest 1 % of the map lies within 4 px of it.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from scipy.ndimage import distance_transform_edt

from flowdemo import load
from flowdemo.data.inspection import read_inspection
from flowdemo.data.surface_defects import add_defect
from flowdemo.evaluation.reference import APART, grading_of, mismatches

NEAR, HOTTEST = 4, 0.01


def share_near(levels: np.ndarray, mask: np.ndarray) -> float:
    """Share of the hottest 1 % of a map ``[H, W]`` that lies within 4 px of a mask."""
    hottest = levels >= np.quantile(levels, 1 - HOTTEST)
    return float((distance_transform_edt(~mask)[hottest] <= NEAR).mean())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("data")
    parser.add_argument("--count", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    model, split = load(asked.model), read_inspection(asked.data, "test")
    normal = [i for i, kind in enumerate(split.kinds) if kind == split.info.normal]
    chosen = [normal[i] for i in np.linspace(0, len(normal) - 1, asked.count).astype(int)]
    found = 0
    for place, index in enumerate(chosen):
        rng = np.random.default_rng((asked.seed, place))
        picture, mask = add_defect(split.images[index], "scratch", rng)
        grading = grading_of(model.manifest)
        shown = grading.shown(grading.map(mismatches(model.system, picture, seed=APART * place)))
        share = share_near(grading.comparable(shown).cpu().numpy(), mask)
        found += share > 0.5
        print(f"{split.ids[index]:32} {share:.2f} of the hottest 1 % within {NEAR} px")
    print(f"{found} of {len(chosen)} scratches found")


if __name__ == "__main__":
    main()
