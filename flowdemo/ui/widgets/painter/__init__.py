"""The mask painter widget."""

from flowdemo.ui.widgets.painter.painter import MaskPainter
from flowdemo.ui.widgets.painter.value import PaintedMask

__all__ = ["MaskPainter", "PaintedMask"]
