"""The widget of the tab Shape."""

from flowdemo.ui.widgets.shape.contract import Offers, Reply, Shown
from flowdemo.ui.widgets.shape.shape import Answers, ShapeLab

__all__ = ["Answers", "Offers", "Reply", "ShapeLab", "Shown"]
