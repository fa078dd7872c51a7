"""What the models are, what they scored, and where the method ends."""

from __future__ import annotations

from typing import Any

import gradio as gr

from flowdemo.engine import Engine
from flowdemo.request import DETECT, IMAGE_TO_LABEL, IMAGE_TO_MASK, LABEL_TO_IMAGE, MASK_TO_IMAGE
from flowdemo.zoo import Manifest

TEXT = """
## What you are watching

A rectified flow learns one velocity field between two kinds of pictures. Here they are photographs (t = 0) and
*pseudo masks* (t = 1): masks whose classes are painted as colours far apart from each other. Following the field from
a photograph arrives at its mask; following it backwards from a mask arrives at a photograph that fits. Every frame is
a state on the way, computed while you watch; runs marked *stored* were computed earlier by the same code.

**What to look for.** Towards the mask the path is nearly straight, so that few steps suffice: *Settling* shows when
each pixel took its final class, and the table below what more steps buy. Towards the photograph the steps matter: one
step gives the average of all photographs that fit, which is a blur.

**What β does.** A mask alone says nothing about stain, light or texture. The noise that β puts on the mask is all
that tells one picture from the next; with β = 0 every seed gives the same picture.

**Where it ends.** The models are small. Thin and rare things (poles, signs, people far away) are often missed, and
synthesised streets are sketches. The pictures are invented: no such street and no such cell exists, and none of this
is fit for diagnosis or driving.

This method is SemFlow (Wang et al., NeurIPS 2024, [arXiv 2405.20282](https://arxiv.org/abs/2405.20282)).

**SymmFlow** (Caetano et al., [arXiv 2506.10634](https://arxiv.org/abs/2506.10634)) moves image and label at the same
time, side by side and in opposite directions: at t = 1 a clean image stands beside noise, at t = 0 noise beside a clean
label. As one forms, the other dissolves, so both directions start from noise and every seed gives another result. A
label may be a mask, or one class for the whole picture: a level on a line, held by every pixel of one channel and read
by its mean. Then the same network classifies and generates.

**FlowSeg** ([arXiv 2603.19218](https://arxiv.org/abs/2603.19218)) goes from the photograph to the mask only. In
training each pixel's predicted end is drawn to the code of its class and driven off the codes it could be taken for;
the *Field lab* shows that force. *Plain flow matching* is the same network, trained alike without the force.

**Flow Mismatching** ([arXiv 2605.23070](https://arxiv.org/abs/2605.23070)) learns a flow from noise to normal pictures
and looks along straight paths from noise to the picture it is given. Where the flow expects another velocity than the
path has, the picture is unusual: the tab *Anomaly* shows that disagreement for every time.

The *discriminative* models and *classifiers* are the yardsticks, trained to answer in one evaluation; they also judge
the pictures that the flows make.
"""
TASKS = {
    IMAGE_TO_MASK: "Photo to mask", MASK_TO_IMAGE: "Mask to image",
    IMAGE_TO_LABEL: "Picture to class", LABEL_TO_IMAGE: "Class to picture", DETECT: "Anomalies",
}  # fmt: skip
# Per direction, what is shown of a row of scores: its key, its name, and what it means.
MEASURES = {
    IMAGE_TO_MASK: (
        ("miou", "mIoU", "mean intersection over union of the classes, 1 is perfect"),
        ("boundary_f1", "boundary F1", "contours of the classes met within 2 pixels, 1 is perfect"),
    ),
    MASK_TO_IMAGE: (
        ("resegmentation_accuracy", "accuracy", "share of pixels that the discriminative model reads as painted"),
        ("frechet_discriminative", "Fréchet", "distance to photographs in its features, 0 is best"),
    ),
    IMAGE_TO_LABEL: (("accuracy", "accuracy", "share of pictures whose class is read right"),),
    DETECT: (
        ("image_auroc", "image AUROC", "share of pairs of normal and defective pictures that the score puts in order"),
        ("pixel_auroc", "pixel AUROC", "the same for pixels of the map"),
        ("aupro", "AUPRO", "share of each defective region that is found, averaged up to 30 % false alarms"),
    ),
    LABEL_TO_IMAGE: (
        ("label_agreement", "as asked", "share of pictures in which the classifier reads the class that was asked for"),
        ("frechet_discriminative", "Fréchet", "distance to real pictures in its features, 0 is best"),
    ),
}


def build(engine: Engine) -> None:
    """Lay out the tab."""
    manifests = [*engine.manifests().values(), *engine.detectors().values()]
    gr.Markdown(TEXT, elem_classes="fd-prose")
    gr.Markdown("\n\n".join(["## The models", _models(manifests), *map(_terms, manifests)]), elem_classes="fd-prose")
    gr.Markdown("\n\n".join(["## What they scored", *_scores(manifests)]), elem_classes="fd-prose")


def _models(manifests: list[Manifest]) -> str:
    rows = [
        [m.label, f"`{m.name}`", "–" if m.kind.detects else len(m.palette.classes),
         f"{m.size[0]} × {m.size[1]}", f"{m.parameters / 1e6:.1f} M",
         f"{m.bytes / 1e6:.1f} MB", _trained(m)]
        for m in manifests
    ]  # fmt: skip
    return _table(["Model", "Name", "Classes", "Pixels", "Weights", "File", "Trained"], rows)


def _trained(manifest: Manifest) -> str:
    seconds = manifest.training.get("seconds")
    return f"{float(seconds) / 60:.0f} min" if isinstance(seconds, (int, float)) else "–"


def _terms(manifest: Manifest) -> str:
    said = manifest.abilities, str(manifest.data.get("terms", ""))
    return f"**{_plain(manifest.label)}.** " + " ".join(_plain(text) for text in said if text)


def _scores(manifests: list[Manifest]) -> list[str]:
    """A table for each direction and measure: one line an evaluation, one column a number of steps."""
    parts = []
    for direction, measures in MEASURES.items():
        for key, name, meaning in measures:
            found = [(m, scores, row) for m in manifests for scores in m.scores.values()
                     if scores.get("direction", IMAGE_TO_MASK) == direction and (row := _row(scores, key))]  # fmt: skip
            if found:
                parts += [f"**{TASKS[direction]}: {name}**, {meaning}.", _score_table(found)]
    return parts or ["No scores are stored with these models."]


def _row(scores: dict[str, Any], key: str) -> dict[int, float]:
    """Steps → value."""
    return {row["steps"]: row[key] for row in scores.get("rows", []) if isinstance(row.get(key), (int, float))}


def _score_table(found: list[tuple[Manifest, dict[str, Any], dict[int, float]]]) -> str:
    counts = sorted({steps for _, _, row in found for steps in row})
    word = "time" if all(m.kind.detects for m, _, _ in found) else "step"
    head = ["Model", "Pictures", *(f"{n} {word}{'s' * (n > 1)}" for n in counts)]
    rows = [
        [m.label, f"{scores.get('n', '?')} of {scores.get('data', '')} {scores.get('split', '')}",
         *(f"{row[n]:.3f}" if n in row else "–" for n in counts)]
        for m, scores, row in found
    ]  # fmt: skip
    return _table(head, rows)


def _table(head: list[str], rows: list[list[Any]]) -> str:
    """A table that scrolls by itself where it is wider than the screen, by keys too."""
    lines = [head, ["---"] * len(head), *rows]
    table = "\n".join("| " + " | ".join(_plain(str(cell)) for cell in line) + " |" for line in lines)
    return f'<div class="fd-scroll" tabindex="0">\n\n{table}\n\n</div>'


def _plain(text: str) -> str:
    """A manifest's words, which may come from anywhere, as words."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "&#124;").replace("\n", " ")
