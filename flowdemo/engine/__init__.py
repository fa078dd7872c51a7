"""Request → frames: the only threads, locks, caches, deadlines and cancellation of the project."""

from flowdemo.engine.core import Engine, run
from flowdemo.engine.frames import Frame, SampleViews
from flowdemo.engine.given import Given
from flowdemo.engine.runs import RunRecord, RunStore, Summary

__all__ = ["Engine", "Frame", "Given", "RunRecord", "RunStore", "SampleViews", "Summary", "run"]
