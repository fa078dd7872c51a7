"""Shape priors: draw a mask, and watch its level sets become convex, or run along those of a template."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import gradio as gr

from flowdemo.ui.guard import plain
from flowdemo.ui.shapings import Shapings
from flowdemo.ui.tabs import shape_losses
from flowdemo.ui.widgets.shape import Reply, ShapeLab

if TYPE_CHECKING:
    from flowdemo.engine import Engine
    from flowdemo.engine.shaper import Shaper

QUIET = {"show_progress": "hidden", "api_visibility": "private"}
TEXT = """
<h2>What convex level sets are, and what no local rule can know</h2>
<p>u gives every pixel a number from 0 to 1. Its level sets, the pixels with u ≥ γ, are convex for every γ when along
any straight line u is never below the lower of the two ends: no threshold has to be chosen. Line scan tests that in
its directions for chords of any length, midpoint for those up to twice its radius; both also join parts that lie
apart. The curvature flow and CGPM look at a few pixels around each place: they move a contour where it is dented. Two
separate discs have no dent, so these two leave them alone, and no rule that looks at a small neighbourhood can know
better. Every connected part is treated on its own here, unless you switch that off.</p>
<p>What fails: CGPM does not close a wide mouth in its 500 iterations (try <em>pac-man</em>), and the authors’ own
settings shrink convex shapes as well. The curvature flow slows down as a dent gets flat, so sharp re-entrant corners
need thousands of iterations. Midpoint with a small radius stops at dents flatter than a pixel. A convex shape is not a
correct one: what is missing between two arms is filled even where it should not be. Contour flow asks contours to run
along those of a template; the answer is only as good as that template and its place. Turn it, and watch Dice.</p>
"""


def build(shaper: Shaper, engine: Engine) -> None:
    """Lay out the tab and wire it.

    Args:
        shaper: what computes.
        engine: whose segmentation runs may be taken over.
    """
    shapings = Shapings(shaper, engine)
    lab = ShapeLab(shapings.offers(), shapings, TEXT, elem_id="shape")

    def work(event: gr.EventData, request: gr.Request) -> Iterator[Reply]:
        yield from shapings.messages(event._data, key(request))

    def halt(event: gr.EventData, request: gr.Request) -> None:
        shapings.halt(event._data, key(request))

    queue = {"concurrency_id": "engine", "concurrency_limit": 1, "trigger_mode": "multiple"}
    working = lab.shape(plain(work), None, lab, **queue, **QUIET)
    working.failure(None, None, None, js=_LOST, queue=False, **QUIET)
    lab.halt(plain(halt), None, None, queue=False, **QUIET)
    shape_losses.build()


def key(request: gr.Request) -> str:
    """Name of the visitor's run."""
    return str(request.session_hash)


# The queue was full, or the connection broke: no message will come.
_LOST = "() => document.querySelector('#shape .fd-shape')?.fdShape?.lost()"
