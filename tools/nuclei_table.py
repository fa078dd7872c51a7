"""Print the segmenters of single nuclei beside each other as one Markdown table.

    python tools/nuclei_table.py DATA/nuclei-patches [--split test] [--noise 0,0.1,0.2,0.4] [--limit N] [--json FILE]

Each row is one level of noise from ``flowdemo evaluate MODEL --noise … [--set prior=…]``: means over all patches, of
masks at ½. BD, BDSD and Hausdorff distance are in pixels of the patch; the defect is 1 − solidity of the largest part.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from flowdemo.evaluation.shapes import LEVELS, evaluate_shapes
from flowdemo.options import numbers
from flowdemo.zoo import load

METHODS = (
    ("plain", "unet-nuclei", {}),
    ("CGPM", "cgpm-nuclei", {}),
    ("curvature flow", "unet-nuclei", {"prior": "curvature"}),
    ("projection", "unet-nuclei", {"prior": "projection"}),
    ("line scan", "unet-nuclei", {"prior": "line-scan"}),
    ("CFSSnet", "cfss-nuclei", {}),
)
COLUMNS = {"dice": ("Dice", 4), "iou": ("IoU", 4), "bd": ("BD", 3), "bdsd": ("BDSD", 3), "hausdorff": ("Hausdorff", 2),
           "convexity_defect": ("defect", 4), "median_defect": ("median defect", 4)}  # fmt: skip


def table(results: dict[str, dict[str, Any]]) -> str:
    """Markdown of what :func:`evaluate_shapes` returned, by method: levels of noise, and within each the methods."""
    lines = [["noise", "method", *(head for head, _ in COLUMNS.values())]]
    lines.append(["---:", "---", *["---:"] * len(COLUMNS)])
    levels = [row["noise"] for row in next(iter(results.values()))["rows"]]
    for place, level in enumerate(levels):
        for method, result in results.items():
            row = result["rows"][place]
            told = ["–" if row[key] is None else f"{row[key]:.{digits}f}" for key, (_, digits) in COLUMNS.items()]
            lines.append([f"{level:g}", method, *told])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def main(given: argparse.Namespace) -> None:
    levels = numbers("noise", given.noise) if given.noise else LEVELS
    results = {}
    for method, name, settings in METHODS:
        print(method, file=sys.stderr)
        results[method] = evaluate_shapes(load(name, "cpu"), given.data, given.split, levels, given.limit, 0, settings,
                                          sys.stderr.isatty())  # fmt: skip
    print(table(results))
    if given.json:
        given.json.write_text(json.dumps(results, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("--split", default="test")
    parser.add_argument("--noise", default=None)
    parser.add_argument("--limit", type=int, default=None)
    parser.add_argument("--json", type=Path, default=None)
    main(parser.parse_args())
