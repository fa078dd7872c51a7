"""The model card: a manifest told in words, as the README.md of the model folder."""

from __future__ import annotations

from typing import Any

from flowdemo.zoo import Manifest

PAPERS = {
    "semflow": "SemFlow (Wang et al., NeurIPS 2024, arXiv 2405.20282): one rectified flow between an image and its "
    "mask. Forwards it leads from image to mask; backwards a painted, slightly perturbed mask becomes a picture.",
    "discriminative": "A yardstick: the flow's network, data and augmentation, trained by cross-entropy to label an "
    "image in one evaluation.",
}
PREDICTIONS = {
    "velocity": "the velocity of the path, as in the paper",
    "endpoints": "both end points of the path, from which the velocity follows",
    "posterior": "the image end and the class probabilities of the mask end, from which the velocity follows",
    "logits": "class logits",
}


def card(manifest: Manifest) -> str:
    """Markdown with front matter, made from the manifest alone."""
    parts = [_front(manifest), f"# {manifest.label}", PAPERS[manifest.system], _facts(manifest),
             "## What it can do, and what not", _abilities(manifest), "## Data and terms", _data(manifest),
             "## Training", _training(manifest), "## Scores", *_scores(manifest), "## Use", _use(manifest)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(manifest: Manifest) -> str:
    licence = "gpl-3.0" if manifest.licence.startswith("GPL-3.0") else "other"
    task = "image-segmentation"
    return f"---\nlicense: {licence}\nlibrary_name: flowdemo\npipeline_tag: {task}\ntags: [flow-matching]\n---"


def _facts(manifest: Manifest) -> str:
    width, height = manifest.size
    classes = ", ".join(entry.name for entry in manifest.palette.classes)
    lines = [f"- Pictures: {width}×{height} pixels; others are resized.", f"- Classes: {classes}.",
             f"- Network: {manifest.parameters / 1e6:.2f} million parameters, {manifest.bytes / 1e6:.1f} MB in half "
             "precision; architecture in `manifest.json`.",
             f"- The network answers with {PREDICTIONS.get(manifest.prediction, manifest.prediction)}."]
    if manifest.palette.ignore:
        lines.append(f"- Ignored label: {manifest.palette.ignore.name}; learned as a code of its own, never predicted.")
    if manifest.beta:
        lines.append(f"- Perturbation: trained with β up to {manifest.beta['trained']:g} grey levels, "
                     f"default {manifest.beta['default']:g}.")
    return "\n".join(lines)


def _abilities(manifest: Manifest) -> str:
    return " ".join(filter(None, (str(manifest.data.get("can", "")), str(manifest.data.get("cannot", "")))))


def _data(manifest: Manifest) -> str:
    data = manifest.data
    lines = [f"- Set: {data.get('name')}" + (f" ({data['source']})" if data.get("source") else "") + ".",
             f"- Terms of the data: {data.get('terms')}", f"- Terms of these weights: {manifest.licence}."]
    return "\n".join(lines + ([f"- Cite: {data['citation']}"] if data.get("citation") else []))


def _training(manifest: Manifest) -> str:
    facts = manifest.training
    seconds = float(facts.get("seconds", 0))
    said = (f"{facts.get('steps')} steps, {facts.get('samples')} samples of {facts.get('pictures')} training pictures, "
            f"{seconds / 60:.1f} minutes on {facts.get('device')}, seed {facts.get('seed')}, "
            f"torch {facts.get('torch')}.")
    said += f" {facts['note']}" if facts.get("note") else ""
    return f"{said}\n\n```\n{facts.get('command')}\n```\n\n`DATA` is the folder that holds the data set."


def _scores(manifest: Manifest) -> list[str]:
    """One table for each evaluation in the manifest."""
    parts = []
    for name, result in manifest.scores.items():
        rows = result.get("rows", [])
        columns = list(dict.fromkeys(k for row in rows for k, v in row.items() if not isinstance(v, dict)))
        if not columns:
            continue
        table = [columns, ["---"] * len(columns), *([_cell(row.get(c)) for c in columns] for row in rows)]
        lines = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in table)
        parts.append(f"{_heading(name, result)}\n\n{lines}{_classes(rows)}")
    return parts or ["Not measured yet."]


def _heading(name: str, result: dict[str, Any]) -> str:
    size = result.get("size", "native")
    at = "the ground truth's own size" if size == "native" else f"{size[0]}×{size[1]}"
    return (f"**{name}**: split `{result.get('split')}` of {result.get('data')}, {result.get('n')} pictures, "
            f"{result.get('direction')}, at {at}, solver {result.get('solver')}, seed {result.get('seed')}.")


def _classes(rows: list[dict[str, Any]]) -> str:
    """IoU per class of the row with the best mIoU."""
    rows = [row for row in rows if isinstance(row.get("per_class_iou"), dict) and row.get("miou") is not None]
    if not rows:
        return ""
    best = max(rows, key=lambda row: row["miou"])
    listed = ", ".join(f"{name} {_cell(value)}" for name, value in best["per_class_iou"].items())
    return f"\n\nIoU per class at {best['steps']} step{'s' * (best['steps'] > 1)}: {listed}."


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _use(manifest: Manifest) -> str:
    direction = next(iter(manifest.steps), "image-to-mask")
    steps = manifest.steps.get(direction, 1)
    return (f"```python\nimport flowdemo\n\nmodel = flowdemo.load(\"{manifest.name}\")\n"
            f"for step in model.trajectory(picture, direction=\"{direction}\", steps={steps}):\n    ...\n```")
