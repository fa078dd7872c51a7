"""Many runs in a row: nothing grows. Run with ``make stress``."""

from __future__ import annotations

import threading

import psutil
import pytest
from tiny import POSTERIOR

from flowdemo.engine import Engine, Given
from flowdemo.engine.runs import KEEP_RUNS

RUNS = 400


@pytest.mark.stress
def test_memory_threads_and_runs_stay_bounded(engine: Engine, photo: bytes) -> None:
    given = Given.picture(photo, engine.manifest(POSTERIOR))
    request = engine.request({"model": POSTERIOR, "steps": 5}, given)
    process, sizes = psutil.Process(), []
    for i in range(RUNS):
        frames = engine.stream(engine.start(request, given))
        for frame in frames:
            if i % 5 == 0 and frame.index == 2:
                frames.close()  # every fifth visitor presses Stop
        if i >= KEEP_RUNS:  # from here on the store is full
            sizes.append(process.memory_info().rss)
    assert len(engine.runs) <= KEEP_RUNS
    assert threading.active_count() < 20
    assert max(sizes[-50:]) - min(sizes[:50]) < 40 << 20
