"""Losses of a shape that is moved over another: contour flow beside Dice, BD and BDSD."""

from __future__ import annotations

from flowdemo.ui.widgets.shapeloss import ShapeLosses

ELEM_ID = "sl-losses"
TEXT = """
<h2 tabindex="-1">What each loss charges for</h2>
<p>Contour flow asks that the contours of a mask run along those of a reference: T, the short strokes, points along the
reference’s level lines, and only what crosses them is charged. An offset, the outline moved along its own normals,
costs nothing; another size costs a little, and nothing for a disc; a turn costs most, unless the shape is symmetric.
BDSD is as blind to a distance that is the same all along the contour; Dice and BD are not.</p>
<p>What it does not see: a mask that is too small or too large all around, and its own complement. A u that is the same
everywhere costs nothing either, so the loss always stands beside one of the pixels. And T stays with the reference: a
right shape that was shifted or turned is charged, unless the reference is brought to it first.</p>
"""


def build() -> None:
    """Lay out the section; nothing of it reaches the server."""
    ShapeLosses(TEXT, elem_id=ELEM_ID)
