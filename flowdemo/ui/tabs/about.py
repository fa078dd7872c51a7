"""What the models are, what they scored, and where the method ends."""

from __future__ import annotations

import gradio as gr

from flowdemo.engine import Engine
from flowdemo.zoo import Manifest

TEXT = """
## What you are watching

A rectified flow learns one velocity field between two kinds of pictures. Here they are photographs (t = 0) and
*pseudo masks* (t = 1): masks whose classes are painted as colours far apart from each other. Following the field from
a photograph arrives at its mask; following it backwards from a mask arrives at a photograph that fits. Every frame is
a state on the way, computed while you watch.

**What to look for.** Towards the mask the path is nearly straight, so one step is almost as good as twenty-five: look
at *Settling*, which shows when each pixel took its final class. Towards the photograph the steps matter: one step
gives the average of all photographs that fit, which is a blur.

**What β does.** A mask alone says nothing about stain, light or texture. The noise that β puts on the mask is all
that tells one picture from the next; with β = 0 every seed gives the same picture.

**Where it ends.** The models are small and were trained for minutes to hours. Thin and rare things (poles, signs,
people far away) are often missed, and synthesised streets are sketches. The pictures are invented: no such street and
no such cell exists, and none of this is fit for diagnosis or driving.
"""


def build(engine: Engine) -> None:
    """Lay out the tab."""
    gr.Markdown(TEXT, elem_classes="fd-prose")
    gr.Markdown("\n\n".join(_entry(m) for m in engine.manifests().values()), elem_classes="fd-prose")


def _entry(manifest: Manifest) -> str:
    width, height = manifest.size
    terms = manifest.data.get("terms", "")
    return (
        f"### {manifest.label}\n`{manifest.name}`, {len(manifest.palette.classes)} classes, {width} × {height} px, "
        f"{manifest.parameters / 1e6:.1f} M parameters. {terms}"
    )
