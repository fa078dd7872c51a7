"""FlowSeg's reshaped field to play with: its force in the plane, category codes in the cube, training curves."""

from __future__ import annotations

import logging
from pathlib import Path

from flowdemo.errors import FlowdemoError
from flowdemo.ui.fieldmaps import find_pair
from flowdemo.ui.runner import Runner
from flowdemo.ui.widgets.fieldlab import Codes, Convergence, Curves, Navigation, Plane, read_convergence
from flowdemo.ui.widgets.fieldmaps import section as real

SCORES = Path(__file__).resolve().parents[3] / "assets" / "convergence" / "camvid.json"
PLANE = """
<h2 tabindex="-1">One term turns regression into competition</h2>
<p>FlowSeg adds to flow matching a term that knows all class codes: it pulls a prediction towards its own code and
pushes it off the others. Drag codes and starts and change η: with the term a path usually keeps clearer of wrong codes
and arrives sooner. In <em>Ambiguous pixel</em> the plain mean of two codes lies on a third that has no share at all;
the term moves it off.</p>
<p>What fails: paths still enter wrong cells, only farther from the code and mostly for less time. With
τ&nbsp;&lt;&nbsp;1 the pull near the code vanishes sooner than the squared error’s. And for a population, the reshaped
flow gives classes other shares than asked for.</p>
"""
CODES = """
<h2 tabindex="-1">Where the codes of the classes lie</h2>
<p>Every class is a point of the cube, and a predicted pixel is read as the nearest one. Change N and the family: a full
grid keeps the largest smallest distance, so Kronecker codes do not separate classes better than a grid; they do beat
random codes, from about ten classes on.</p>
<p>What Kronecker codes have instead: they fill the cube more evenly, no two classes share a coordinate, so that one
corrupted channel is not always fatal, and one class more moves no other. From 124&nbsp;classes on R₃ separates better
than √2&nbsp;√3&nbsp;√5; for fewer it depends on N.</p>
"""
CURVES = """
<h2 tabindex="-1">What it does to a training</h2>
<p>The same network trained with and without the term, scored on pictures it has not seen as it learns. Look at where
the curve with the term first crosses the final level of the plain one. A few seeds of a small network say nothing of
large ones, and a step with the term costs a little more than one without.</p>
"""

log = logging.getLogger(__name__)


def build(runner: Runner | None = None, scores: Path = SCORES) -> None:
    """Lay out the tab.

    Args:
        runner: runs models; without it, or without a pair of them that suits, there is no section on a picture.
        scores: a file of training scores; without it there is no section on convergence.
    """
    curves = _curves(scores)
    pair = find_pair(runner.engine) if runner else None
    sections = [("fl-plane", "Field"), ("fl-codes", "Codes")]
    if pair:
        sections.append(("fl-real", "On a picture"))
    if curves:
        sections.append(("fl-convergence", "Convergence"))
    Navigation(sections, elem_id="fl-nav")
    Plane(PLANE, elem_id="fl-plane")
    Codes(CODES, elem_id="fl-codes")
    if runner and pair:
        real.build(runner, pair)
    if curves:
        Curves(curves, CURVES, elem_id="fl-convergence")


def _curves(scores: Path) -> Convergence | None:
    try:
        return read_convergence(scores)
    except FlowdemoError as error:
        log.error("%s", error.message)
        return None
