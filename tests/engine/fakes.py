"""A system whose every evaluation and drawing a test can watch, hold up and break."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import numpy as np
from tiny import POSTERIOR, SIDE

from flowdemo.codes import Codebook
from flowdemo.engine import Engine, Given, RunRecord
from flowdemo.flow import Step
from flowdemo.systems.base import Watch

PATIENCE = 20.0  # seconds after which a test that waits has failed

Hook = Callable[[int], None]


class FakeSystem:
    """Every pixel has the colour ``path(i)`` at step i; computing it calls ``evaluate(i)``, drawing it ``draw(i)``."""

    def __init__(self, codebook: Codebook, evaluate: Hook, draw: Hook, path: Callable[[int], Sequence[float]]) -> None:
        self.codebook, self.path = codebook, path
        self.on_evaluate, self.on_draw = evaluate, draw
        self.evaluations = 0

    def start(self, direction: str, given: np.ndarray, beta: float, seeds: Sequence[int]) -> np.ndarray:
        return self.state(0, len(seeds))

    def state(self, i: int, batch: int = 1) -> np.ndarray:
        colour = np.asarray(self.path(i), np.float32)
        return np.broadcast_to(colour[:, None, None], (batch, 3, SIDE, SIDE)).copy()

    def steps(
        self, direction: str, start: np.ndarray, steps: int, solver: str, watch: Watch = None, **settings: float
    ) -> Iterator[Step]:
        self.order = [start]
        yield Step(0, 0.0, 0.0, start, None, 0)
        for i in range(1, steps + 1):
            watch()
            self.on_evaluate(i)
            self.evaluations += 1
            self.order.append(self.state(i, len(start)))
            yield Step(i, i / steps, i / steps, self.order[-1], None, i)

    def codes(self, state: np.ndarray) -> np.ndarray:
        self.on_draw(next(i for i, known in enumerate(self.order) if known is state))
        return state

    def image_half(self, state: np.ndarray) -> None:
        return None

    def classes(self, state: np.ndarray) -> np.ndarray:
        return self.codebook.decode(state)


def idle(i: int) -> None:
    """A hook that does nothing."""


def put_in(
    engine: Engine,
    evaluate: Hook = idle,
    draw: Hook = idle,
    path: Callable[[int], Sequence[float]] = lambda i: (0.1 * i, 0.0, 0.0),
) -> FakeSystem:
    """Let the engine run a fake system in the place of every model."""
    system = FakeSystem(engine.manifest(POSTERIOR).codebook, evaluate, draw, path)
    engine.model = lambda name: SimpleNamespace(system=system)  # type: ignore[method-assign]
    return system


def begin(engine: Engine, steps: int = 5, **raw: object) -> RunRecord:
    """A record of a run from a grey picture."""
    given = Given("picture", np.full((SIDE, SIDE, 3), 127, np.uint8))
    return engine.start(engine.request({"model": POSTERIOR, "steps": steps, **raw}, given), given)


def wait_for_threads(base: int) -> None:
    """Wait until no more threads run than before."""
    until = time.monotonic() + PATIENCE
    while threading.active_count() > base:
        assert time.monotonic() < until, f"threads stay behind: {threading.enumerate()}"
        time.sleep(0.005)
