"""The spiral laboratory widget."""

from flowdemo.ui.widgets.spiral.contract import Shipped, Update
from flowdemo.ui.widgets.spiral.spiral import SpiralLab

__all__ = ["Shipped", "SpiralLab", "Update"]
