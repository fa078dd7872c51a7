"""The spiral's model card: its manifest told in words."""

from __future__ import annotations

from typing import Any

from flowdemo.toys.store import PARAMETERS, ToyManifest

ABOUT = f"""\
SymmFlow (Caetano et al., AAAI 2026, arXiv 2506.10634) on two arms of a spiral: one flow moves the coordinates of a \
point and its label in opposite directions. Run from a point it classifies, run from a label it draws a point.

- State: two coordinates and a label of −1 or +1. t = 0 is (noise, label), t = 1 is (point, noise).
- Network: {PARAMETERS:,} parameters in ten residual blocks, float32; one set of weights for each training seed.
- More steps classify worse, as the paper reports: the point drifts to noise while its label is being read.
- The flow leads one end's distribution to the other's, not each point to its own label: followed closely, about four \
points of five keep their label, in both directions.
- It knows these two arms and nothing else."""


def card(manifest: ToyManifest) -> str:
    """Markdown with front matter, made from the manifest alone."""
    parts = ["---\nlicense: mit\nlibrary_name: flowdemo\ntags: [flow-matching]\n---", f"# {manifest.label}", ABOUT,
             "## Data and terms", "Points are made in code, afresh at every training step; there is no data set. Code "
             "and weights: MIT.", "## Training", _training(manifest), "## Scores", *_scores(manifest), "## Use",
             _use(manifest)]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _training(manifest: ToyManifest) -> str:
    rows = [["seed", "steps", "points a step", "seconds", "loss", "device", "torch"]]
    rows += [[run["seed"], run["steps"], run["points"], run["seconds"], f"{run['loss']:.4f}", run["device"],
              run["torch"]] for run in manifest.runs]  # fmt: skip
    commands = "\n".join(run["command"] for run in manifest.runs)
    return f"{_table(rows)}\n\n```\n{commands}\n```"


def _scores(manifest: ToyManifest) -> list[str]:
    parts = []
    for name, result in manifest.scores.items():
        seeds = [f"seed {seed}" for seed in result["seeds"]]
        rows = [["steps", "evaluations", "accuracy", *seeds, "seconds per point"]]
        rows += [[row["steps"], row["evaluations"], *map(_percent, (row["accuracy"], *row["per_seed"])),
                  f"{row['seconds_per_item']:.1e}"] for row in result["rows"]]  # fmt: skip
        steps = ",".join(str(row["steps"]) for row in result["rows"])
        options = f" --solver {result['solver']}" * (result["solver"] != "euler")
        options += f" --seed {result['seed']}" * (result["seed"] != 0)
        options += f" --limit {result['n']}" * (result["n"] != 10_000)
        parts.append(f"**{name}**: {result['n']:,} fresh points for each training seed, solver {result['solver']}, "
                     f"evaluation seed {result['seed']}; accuracy is the mean over the training seeds.\n\n"
                     f"{_table(rows)}\n\n```\npython -m flowdemo evaluate {manifest.name} --data toy:spiral "
                     f"--steps {steps}{options}\n```")  # fmt: skip
    return parts or ["Not measured yet."]


def _use(manifest: ToyManifest) -> str:
    lines = ["```python", "from flowdemo.toys import spiral, store", "",
             f'model = store.load_spiral("{manifest.name}").networks[{manifest.seeds[0]}]',
             "points, labels, noise = spiral.sample(600)",
             "for cell in spiral.strip(model, points, labels, noise):", "    print(cell.steps, cell.accuracy)", "```"]
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _table(rows: list[list[Any]]) -> str:
    head, *body = [["–" if cell is None else str(cell) for cell in row] for row in rows]
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ["---"] * len(head), *body))
