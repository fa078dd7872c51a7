"""The section on losses of shapes that are moved over each other."""

from flowdemo.ui.widgets.shapeloss.shapeloss import ShapeLosses

__all__ = ["ShapeLosses"]
