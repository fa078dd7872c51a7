"""The trajectory player widget."""

from flowdemo.ui.widgets.player.contract import End, Frame, Half, Level, Message, Meta, Numbers, Pair, Sample
from flowdemo.ui.widgets.player.player import PlayerServer, TrajectoryPlayer

__all__ = ["End", "Frame", "Half", "Level", "Message", "Meta", "Numbers", "Pair", "PlayerServer", "Sample",
           "TrajectoryPlayer"]  # fmt: skip
