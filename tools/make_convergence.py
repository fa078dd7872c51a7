"""Gather the curves of trained FlowSeg models into the file that the page shows.

    python tools/make_convergence.py NOTE RUN [RUN ...]

Every RUN is a folder that ``train flowseg --set curve=N`` wrote: its manifest tells η, seed and data, and
``training/curve.jsonl`` the scores. NOTE is a sentence on how they were trained.
Writes ``assets/convergence/<data>.json``.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(note: str, folders: list[Path]) -> None:
    runs, facts = [], {}
    for folder in folders:
        manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        lines = [json.loads(line) for line in (folder / "training" / "curve.jsonl").read_text("utf-8").splitlines()]
        options, training = manifest["training"]["options"], manifest["training"]
        points = [[line["step"], round(line["miou"], 5)] for line in lines]
        runs.append({"label": manifest["label"].split(",")[0], "eta": int(options["eta"]), "seed": training["seed"],
                     "points": points})  # fmt: skip
        facts = {"data": manifest["data"]["name"], "split": "val", "n": lines[-1]["n"], "steps": lines[-1]["steps"]}
    path = ROOT / "assets" / "convergence" / f"{facts['data']}.json"
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(facts | {"note": note, "runs": runs}, indent=1) + "\n", "utf-8")
    print(f"{path.relative_to(ROOT)}: {len(runs)} runs")


if __name__ == "__main__":
    main(sys.argv[1], [Path(folder) for folder in sys.argv[2:]])
