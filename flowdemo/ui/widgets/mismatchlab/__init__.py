"""The sections that teach Flow Mismatching."""

from flowdemo.ui.widgets.mismatchlab.mismatchlab import Decomposition, Gaussian, Plane

__all__ = ["Decomposition", "Gaussian", "Plane"]
