"""The widget of the tab Classify & generate."""

from flowdemo.ui.widgets.labels.contract import Offer, Reply
from flowdemo.ui.widgets.labels.labels import LabelsLab

__all__ = ["LabelsLab", "Offer", "Reply"]
