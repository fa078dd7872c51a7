"""Several runs of one picture on one scrubber."""

from flowdemo.ui.widgets.compare.compare import CompareServer, CompareView
from flowdemo.ui.widgets.compare.contract import Head, Pane, RunState, Update

__all__ = ["CompareServer", "CompareView", "Head", "Pane", "RunState", "Update"]
