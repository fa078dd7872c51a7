"""One picture through two flows: maps of what the paths of its pixels pass, and the paths of one pixel."""

from flowdemo.ui.widgets.fieldmaps.contract import Pixel, Result, Stage, Update
from flowdemo.ui.widgets.fieldmaps.fieldmaps import FieldMapsView

__all__ = ["FieldMapsView", "Pixel", "Result", "Stage", "Update"]
