"""The model card: a manifest told in words, as the README.md of the model folder."""

from __future__ import annotations

from typing import Any

from flowdemo.zoo import Manifest

PAPERS = {
    "semflow": "SemFlow (Wang et al., NeurIPS 2024, arXiv 2405.20282): one rectified flow between an image and its "
    "mask. Forwards it leads from image to mask; backwards a painted, slightly perturbed mask becomes a picture.",
    "symmflow": "SymmFlow (Caetano et al., arXiv 2506.10634): one flow over image and label side by side. As "
    "one forms out of noise the other dissolves into it, so the same field reads a picture's label one way and makes a "
    "picture of a label the other way. Both ways start from noise, so several runs of one input differ.",
    "flowseg": "FlowSeg (arXiv 2603.19218): a flow from the picture to code colours of its classes, with the picture "
    "as condition. In training the vector field is reshaped: each pixel's predicted end is also drawn to its own code "
    "and driven off the codes that it could be taken for. η is the strength of that correction, and η = 0 plain flow "
    "matching. Nothing is corrected when the model runs.",
    "mismatch": "Flow Mismatching (Chen et al., arXiv 2605.23070): a flow from noise to normal pictures, trained on "
    "nothing else. A picture is anomalous where the velocity that the flow expects on straight paths from noise to the "
    "picture disagrees with the paths. No picture is reconstructed, and nothing is fitted to the picture.",
    "unet": "A yardstick: the U-Net that the shape models share, trained by cross-entropy alone to mark the one object "
    "in the middle of a patch.",
    "cgpm": "CGPM, the projection module of D-Convexity (arXiv 2605.19210): gradient descent moves the U-Net's logits "
    "a few steps towards convex level sets, and the level that covers as many pixels as before becomes the mask. In "
    "training two such steps are unrolled, and the dents that are left are charged for.",
    "cfss": "CFSSnet of Contour Flow (arXiv 2504.09384), reconstructed from its abstract and first principles: the "
    "U-Net answers with logits and with the direction that a contour should run in, and unrolled rounds carry the "
    "evidence along these directions.",
    "discriminative": "A yardstick: the flow's network, data and augmentation, trained by cross-entropy to label an "
    "image in one evaluation.",
    "classifier": "A yardstick and judge: a plain classifier of whole pictures, trained by cross-entropy; it answers "
    "in one evaluation.",
}
PREDICTIONS = {
    "velocity": "the velocity of the path, as in the paper",
    "endpoints": "both end points of the path, from which the velocity follows",
    "posterior": "the image end and the class probabilities of the mask end, from which the velocity follows",
    "logits": "class logits",
}
CLEAN = "the clean image, the velocity of the label, and the class probabilities of the label, which say where both go"
SYMMETRIC = "the velocities of both halves, and the class probabilities of the label, which say where it goes"
RESHAPED = {"velocity": "the velocity of the path but for the part of it that is known without a network",
            "posterior": "class probabilities; their mean over the codes is the end that the velocity leads to"}
POOLED = {"peak": "the peak and the mean of the highest 1 % of the map added",
          "contrast": "the peak and the mean of the highest 1 % of the map added, over the map's median"}
HEADS = {"pixel-field": "U-Net over patches whose tokens are the weights of one small field per patch, which answers "
         "for every pixel", "": "U-Net over patches"}
PIPELINES = {"pixel": "image-segmentation", "global": "image-classification"}


def card(manifest: Manifest) -> str:
    """Markdown with front matter, made from the manifest alone."""
    facts = _detector_facts(manifest) if manifest.kind.detects else _facts(manifest)
    parts = [_front(manifest), f"# {manifest.label}", PAPERS[manifest.system], facts,
             "## What it can do, and what not", manifest.abilities, "## Data and terms", _data(manifest),
             "## Training", _training(manifest), "## Scores", *_scores(manifest), "## Use", _use(manifest)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(manifest: Manifest) -> str:
    licence = "gpl-3.0" if manifest.licence.startswith("GPL-3.0") else "other"
    task = "image-feature-extraction" if manifest.kind.detects else PIPELINES[manifest.labels]
    return f"---\nlicense: {licence}\nlibrary_name: flowdemo\npipeline_tag: {task}\ntags: [flow-matching]\n---"


def _facts(manifest: Manifest) -> str:
    width, height = manifest.size
    classes = ", ".join(entry.name for entry in manifest.palette.classes)
    lines = [f"- Pictures: {width}×{height} pixels; others are resized.", f"- Classes: {classes}.",
             f"- Network: {manifest.parameters / 1e6:.2f} million parameters, {manifest.bytes / 1e6:.1f} MB in half "
             "precision; architecture in `manifest.json`.",
             f"- The network answers with {_answer(manifest)}."]
    if manifest.system == "flowseg":
        lines += _reshaped(manifest)
    elif manifest.palette.ignore:
        lines.append(f"- Ignored label: {manifest.palette.ignore.name}; learned as a code of its own, never predicted.")
    if manifest.beta:
        lines.append(f"- Perturbation: trained with β up to {manifest.beta['trained']:g} {manifest.beta_unit}, "
                     f"default {manifest.beta['default']:g}.")
    if manifest.system == "symmflow":
        lines.append(f"- Time: the network is told {manifest.flow.get('time_scale', 1):g}·t.")
    return "\n".join(lines)


def _detector_facts(manifest: Manifest) -> str:
    width, height = manifest.size
    flow, colour = manifest.flow, "in colour" if manifest.channels == 3 else "grey"
    bright = {"picture": "median and robust spread of each picture are taken out first", "plain": "as they are"}
    wide = f" and by {flow['wide']:g}" if flow.get("wide") else ""
    lines = [f"- Pictures: {colour}, of any size at their own scale; trained on crops of {width}×{height} pixels.",
             f"- Brightness: {bright[flow['exposure']]}.",
             f"- Network: {manifest.parameters / 1e6:.2f} million parameters, {manifest.bytes / 1e6:.1f} MB in half "
             f"precision; architecture in `manifest.json`. It answers with {RESHAPED['velocity']}.",
             f"- Usual settings: K = {flow['paths']} paths, T = {manifest.steps['detect']} times, weight "
             f"{flow['weight']}, {flow['aggregation']} over paths, disagreement smoothed by "
             f"{flow.get('coherence', 0):g} pixels before it is squared, maps by {flow['smooth']:g}{wide} pixels, "
             f"image score without {flow['margin']} pixels along the border: {POOLED[flow.get('pooling', 'peak')]}."]
    if flow.get("rims"):
        lines.append("- Near the border maps are divided by what normal training pictures have there.")
    if glance := flow.get("glance"):
        smooth = f", smoothed by {flow['glance_smooth']:g} pixels" if flow.get("glance_smooth") else ""
        lines.append(f"- A second flow knows whole pictures as {glance['side']}×{glance['side']} cells of brightness "
                     f"and roughness; its disagreement, smoothed by {glance['coherence']:g} cells before squaring, "
                     f"enters the map {flow['glance_share']:g} times{smooth}"
                     + (f", weight {flow['glance_weight']}" if flow.get("glance_weight") else "")
                     + (", and divided by what normal training pictures have near their border." if
                        flow.get("glance_rims") else "."))  # fmt: skip
    return "\n".join(lines)


def _reshaped(manifest: Manifest) -> list[str]:
    """What is particular to a FlowSeg: its head, codes, source and correction."""
    options = manifest.training.get("options", {})
    source = "the picture itself; nothing is drawn" if manifest.flow["start"] == "image" else "Gaussian noise"
    correction = f"η = {options.get('eta')}"
    if options.get("eta"):
        correction += f", τ = {options.get('tau')}, ε = {options.get('epsilon')}, transform {options.get('transform')}"
    followed = []
    if options.get("align"):
        followed = [f"- In training its inner features were drawn to those of `{options['teacher']}` (weight "
                    f"{options['align']:g}), so that its scores rest on that model's training too."]  # fmt: skip
    return [f"- Head: {HEADS[manifest.network.get('kind', '')]}.", f"- Codes: {manifest.flow['codes']}.",
            f"- Source of the path: {source}.", f"- Correction: {correction}.",
            "- Pixels without a class are left out of the training.", *followed]  # fmt: skip


def _answer(manifest: Manifest) -> str:
    if manifest.system == "flowseg":
        return RESHAPED[manifest.prediction]
    if manifest.system == "symmflow" and manifest.posterior:
        return CLEAN if manifest.prediction == "endpoints" else SYMMETRIC
    return PREDICTIONS.get(manifest.prediction, manifest.prediction)


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
    if begun := facts.get("begun_from"):
        model = "an earlier version of itself" if begun["model"] == manifest.name else f"`{begun['model']}`"
        said += (f" It began from the weights of {model}, into which {begun['steps']} steps, "
                 f"{begun['samples']} samples and {float(begun['seconds']) / 60:.1f} minutes had gone.")
    said += f" {facts['note']}" if facts.get("note") else ""
    return f"{said}\n\n```\n{facts.get('command')}\n```\n\n`DATA` is the folder that holds the data set."


def _scores(manifest: Manifest) -> list[str]:
    """One table for each evaluation in the manifest."""
    parts = []
    for name, result in manifest.scores.items():
        if "gradings" in result:
            parts.append(f"**{name}**: image scores and pixel thresholds of {result['n']} normal pictures of the split "
                         f"`{result['split']}` with K = {result['paths']}, T = {result['times']}, seed "
                         f"{result['seed']}, for every weight and aggregation, are in `manifest.json`.")  # fmt: skip
            continue
        rows = result.get("rows", [])
        columns = list(dict.fromkeys(k for row in rows for k, v in row.items() if not isinstance(v, (dict, list))))
        if not columns:
            continue
        table = [columns, ["---"] * len(columns), *([_cell(row.get(c)) for c in columns] for row in rows)]
        lines = "\n".join("| " + " | ".join(map(str, line)) + " |" for line in table)
        parts.append(f"{_heading(name, result)}\n\n{lines}{_classes(rows)}{_detected(rows)}")
    return parts or ["Not measured yet."]


def _heading(name: str, result: dict[str, Any]) -> str:
    size = result.get("size", "native")
    at = "the ground truth's own size" if size == "native" else f"{size[0]}×{size[1]}"
    solver = f", solver {result['solver']}" if result.get("solver") else ""
    return (f"**{name}**: split `{result.get('split')}` of {result.get('data')}, {result.get('n')} pictures, "
            f"{result.get('direction')}, at {at}{solver}, seed {result.get('seed')}.")


def _classes(rows: list[dict[str, Any]]) -> str:
    """Scores per class of the row with the best mean."""
    for mean, by_class, words in (("miou", "per_class_iou", "IoU"), ("accuracy", "per_class_accuracy", "Accuracy")):
        fitting = [row for row in rows if isinstance(row.get(by_class), dict) and row.get(mean) is not None]
        if fitting:
            best = max(fitting, key=lambda row: row[mean])
            listed = ", ".join(f"{name} {_cell(value)}" for name, value in best[by_class].items())
            return f"\n\n{words} per class at {best['steps']} step{'s' * (best['steps'] > 1)}: {listed}."
    return ""


def _detected(rows: list[dict[str, Any]]) -> str:
    """Kinds of defect and baselines of the last row of a detector, as tables."""
    if not rows or "baselines" not in rows[-1]:
        return ""
    row, parts = rows[-1], []
    for words, entries in (("Kind of defect", row["per_kind"]), ("Instead of it", row["baselines"])):
        columns = list(dict.fromkeys(k for entry in entries.values() for k, v in entry.items() if k != "per_kind"))
        lines = [[words, *columns], ["---"] * (len(columns) + 1)]
        lines += [[name, *(_cell(entry.get(c)) for c in columns)] for name, entry in entries.items()]
        parts.append("\n".join("| " + " | ".join(map(str, line)) + " |" for line in lines))
    return "\n\n" + "\n\n".join(parts)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, (list, tuple)):
        return " to ".join(_cell(part) for part in value)
    return f"{value:.3f}" if isinstance(value, float) else str(value)


def _use(manifest: Manifest) -> str:
    direction = next(iter(manifest.steps), manifest.kind.directions[0])
    steps = manifest.steps.get(direction, 1)
    return (f"```python\nimport flowdemo\n\nmodel = flowdemo.load(\"{manifest.name}\")\n"
            f"for step in model.trajectory(picture, direction=\"{direction}\", steps={steps}):\n    ...\n```")
