"""The trajectory player widget."""

from flowdemo.ui.widgets.player.contract import End, Frame, Message, Meta, Numbers, Sample
from flowdemo.ui.widgets.player.player import PlayerServer, TrajectoryPlayer

__all__ = ["End", "Frame", "Message", "Meta", "Numbers", "PlayerServer", "Sample", "TrajectoryPlayer"]
