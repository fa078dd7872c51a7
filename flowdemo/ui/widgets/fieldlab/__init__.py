"""The sections of the field laboratory."""

from flowdemo.ui.widgets.fieldlab.convergence import Convergence, read_convergence
from flowdemo.ui.widgets.fieldlab.fieldlab import Codes, Curves, Navigation, Plane

__all__ = ["Codes", "Convergence", "Curves", "Navigation", "Plane", "read_convergence"]
