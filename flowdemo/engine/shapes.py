"""Shape runs: one shape prior on one mask, its frames as they are worked out, and the last runs kept."""

from __future__ import annotations

import queue
import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from flowdemo.engine.background import compute
from flowdemo.engine.runs import RunStore
from flowdemo.engine.shape_messages import Frame, frame_of, meta
from flowdemo.engine.shape_methods import METHODS, Question
from flowdemo.engine.trouble import explained
from flowdemo.errors import Cancelled, EngineError, FlowdemoError
from flowdemo.rendering.pictures import read_picture

if TYPE_CHECKING:
    from flowdemo.flow import Step
    from flowdemo.systems.shape_runs import Plan

DEADLINE = 300.0  # seconds after which a run is given up, frames kept
KEPT = 24  # runs
KEPT_BYTES = 192 << 20


@dataclass(eq=False)
class ShapeRun:
    """One run, growing while it works.

    Attributes:
        id: unguessable name.
        question, plan: what is asked, and what it begins with.
        frames: so far, the start first.
        status, message: how it ended (``"done"``, ``"stopped"``, ``"failed"``) and one sentence, or None.
        stopping: set it to end the run after the iteration in flight.
        kept: whether the run goes into the store; false where nobody will come back for it.
    """

    question: Question
    plan: Plan
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    frames: list[Frame] = field(default_factory=list)
    status: str | None = None
    message: str | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    kept: bool = True

    @property
    def bytes(self) -> int:
        plan = self.plan.parts.fields.nbytes + self.plan.start.nbytes
        return plan + self.question.field.nbytes + sum(frame.bytes for frame in self.frames)

    @property
    def iterations(self) -> int:
        """What the last frame counts; 0 before there is one."""
        return int(self.frames[-1].t) if self.frames else 0


class Shapes:
    """Runs shape priors one after the other, and keeps the last runs.

    Args:
        deadline: seconds a run may take.
    """

    def __init__(self, deadline: float = DEADLINE) -> None:
        self.deadline = deadline
        self.runs = RunStore(KEPT, KEPT_BYTES)
        self._one = threading.Lock()

    def open(self, question: Question) -> ShapeRun:
        """A new run; nothing is iterated yet.

        Raises:
            InputError: the template is empty.
        """
        from flowdemo.systems.shape_runs import planned  # imports torch, which the page does without at its start

        plan = planned(question.field, question.method, question.soften, question.parts, question.settings)
        return ShapeRun(question, plan)

    def stream(self, run: ShapeRun) -> Iterator[Frame]:
        """Compute a run; yields each frame as it completes. A thread works ahead while a frame is drawn and sent.

        Closing the generator ends the run after the iteration in flight and keeps its frames.

        Raises:
            EngineError: deadline, memory, or a mask that is not finite; frames so far stay.
        """
        begin = time.monotonic()
        out: queue.Queue[tuple[Step, float] | Exception | str] = queue.Queue()
        compute(self._work, run, begin, out, stop=run.stopping)
        try:
            while not isinstance(item := out.get(), str):
                if isinstance(item, Exception):
                    raise item
                run.frames.append(frame_of(run.question, run.plan, *item, run.frames[:1]))
                if run.kept:
                    self.runs.add(run)  # again and again: its size grows
                yield run.frames[-1]
            self._end(run, item)
        except GeneratorExit:
            self._end(run, "done" if run.frames[-1].progress == 1 else "stopped")
            raise
        except Exception as error:
            shown = error if isinstance(error, FlowdemoError) else explained(error)
            run.status, run.message = "failed", shown.message
            raise shown from None
        finally:
            run.stopping.set()

    def meta(self, run: ShapeRun) -> dict[str, Any]:
        """What a viewer must know before the first frame."""
        return {"run": run.id} | meta(run.question, run.plan)

    def end_json(self, run: ShapeRun) -> dict[str, Any]:
        """How a run ended."""
        seconds = run.frames[-1].seconds if run.frames else 0.0
        return {"status": run.status, "message": run.message, "seconds": round(seconds, 4),
                "iterations": run.iterations}  # fmt: skip

    def _end(self, run: ShapeRun, status: str) -> None:
        run.status, run.message = status, None
        if status == "stopped":
            of = f" of {run.plan.total}" if run.plan.total else ""
            run.message = f"Stopped after {METHODS[run.question.method].symbol} {run.iterations}{of}."

    def _work(self, run: ShapeRun, begin: float, out: queue.Queue) -> None:
        def watch() -> None:
            if run.stopping.is_set():
                raise Cancelled("Stopped.")
            if time.monotonic() - begin > self.deadline:
                raise EngineError(f"The run took longer than {self.deadline:g} s and was ended; choose fewer "
                                  "iterations or a smaller mask.")  # fmt: skip

        try:
            with self._one:
                for step in run.plan.steps(watch):
                    if not bool(step.x.isfinite().all()):
                        raise EngineError(f"The mask is not finite after {step.t:g} iterations; choose a smaller step.")
                    out.put((step, time.monotonic() - begin))
            out.put("done")
        except Cancelled:
            out.put("stopped")
        except FlowdemoError as error:
            out.put(error)
        except Exception as error:  # whatever broke, the visitor gets one sentence and the next run starts clean
            out.put(explained(error))


def read_field(data: bytes | Path) -> np.ndarray:
    """A picture file as u, float32 ``[H, W]`` in [0, 1]: its grey level over 255, or its class where it holds only the
    classes 0 and 1.

    Raises:
        InputError: not a picture that can be read within the limits.
    """
    levels = np.asarray(Image.fromarray(read_picture(data)).convert("L"))
    full = 1 if levels.max() == 1 else 255
    return (levels / np.float32(full)).astype(np.float32)
