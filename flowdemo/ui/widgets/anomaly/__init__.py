"""The widget of the tab Anomaly."""

from flowdemo.ui.widgets.anomaly.anomaly import AnomalyLab, Answers
from flowdemo.ui.widgets.anomaly.contract import Offer, Reply

__all__ = ["AnomalyLab", "Answers", "Offer", "Reply"]
