"""Detections: one picture, its mismatches time by time, and maps that are graded anew without another evaluation."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from flowdemo.engine.core import Engine
from flowdemo.engine.given import Given
from flowdemo.engine.runs import RunStore
from flowdemo.engine.trouble import explained
from flowdemo.errors import Cancelled, EngineError, FlowdemoError, InputError
from flowdemo.request import Request
from flowdemo.zoo.devices import device_label
from flowdemo.zoo.manifest import Manifest

MOST = 1 << 26  # values of δ that one detection may hold: scales × paths × times × pixels
KEPT = 24  # detections
KEPT_BYTES = 384 << 20


@dataclass(frozen=True, eq=False)
class Found:
    """One time of a detection.

    Attributes:
        index: 1 … T.
        t: time in (0, 1).
        evaluations, seconds: so far.
        mismatch: δ of S scales, float16 ``[S, K, H, W]``, clipped to what float16 holds.
    """

    index: int
    t: float
    evaluations: int
    seconds: float
    mismatch: np.ndarray


@dataclass(eq=False)
class Detection:
    """One detection, growing while it works.

    Attributes:
        id: unguessable name.
        request, manifest, given: what is searched for anomalies, and how.
        truth: bool ``[H, W]`` where it is known what is defective, else None.
        found: times so far.
        status, message: how it ended (``"done"``, ``"stopped"``, ``"failed"``) and one sentence, or None.
        stopping: set it to end the detection after the evaluation in flight.
        graded: maps of single times under these settings, by their index, once somebody asked for them.
    """

    request: Request
    manifest: Manifest
    given: Given
    truth: np.ndarray | None = None
    device: str = ""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    found: list[Found] = field(default_factory=list)
    status: str | None = None
    message: str | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    graded: dict[int, Any] = field(default_factory=dict, init=False)

    @property
    def settings(self) -> dict[str, Any]:
        """Paths, weight, aggregation and share in force."""
        flow = self.manifest.flow
        return {key: flow[key] for key in ("paths", "weight", "aggregation", "share")} | dict(self.request.settings)

    @property
    def scales(self) -> int:
        """2 where the model looks at the picture as a whole as well."""
        return 2 if "glance" in self.manifest.flow else 1

    @property
    def bytes(self) -> int:
        maps = [*(found.mismatch for found in self.found), *self.graded.values()]
        return self.given.pixels.nbytes + sum(values.nbytes for values in maps)


class Searches:
    """Searches pictures for anomalies with an engine's models, and keeps the last detections.

    Args:
        engine: whose models and locks are used.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.detections = RunStore(KEPT, KEPT_BYTES)

    def open(self, raw: dict[str, Any], given: Given, truth: np.ndarray | None = None) -> Detection:
        """A new detection; nothing is computed yet.

        Args:
            raw: entries of a recipe: ``model``, ``steps`` (the times T), ``seed``, ``settings`` with ``paths``,
                ``weight``, ``aggregation``, ``share``.
            given: see :meth:`~flowdemo.engine.given.Given.surface`.
            truth: bool ``[H, W]`` of the picture's size.

        Raises:
            InputError: with the field at fault.
        """
        request = self.engine.request(raw, given)
        manifest = self.engine.manifest(request.model)
        if not manifest.kind.detects:
            raise InputError(f"The model {request.model!r} looks for no anomalies.", field="model")
        height, width = given.pixels.shape[:2]
        if truth is not None and truth.shape != (height, width):
            raise InputError("The true mask must have the size of its picture.", field="truth")
        detection = Detection(request, manifest, given, truth, device_label(self.engine.device))
        values = detection.scales * int(detection.settings["paths"]) * request.steps * height * width
        if values > MOST:
            raise InputError("This picture is too large for so many paths and times; choose fewer.", field="paths")
        return detection

    def stream(self, detection: Detection) -> Iterator[Found]:
        """Compute a detection; yields each time as it completes. Closing the generator ends it and keeps its times.

        Raises:
            EngineError: deadline, memory, or a mismatch that is not finite; times so far stay.
        """
        begin, request = time.monotonic(), detection.request

        def watch() -> None:
            if detection.stopping.is_set():
                raise Cancelled("Stopped.")
            if time.monotonic() - begin > self.engine.deadline:
                raise EngineError(f"The search took longer than {self.engine.deadline:g} s; choose fewer paths.")

        try:
            model = self.engine.model(request.model)
            with self.engine.running(request.model):
                start = model.system.picture_state(detection.given.pixels), request.seed
                steps = model.system.steps(request.direction, start, request.steps, watch=watch,
                                           paths=detection.settings["paths"])  # fmt: skip
                for step in steps:
                    if not step.x.isfinite().all():
                        raise EngineError(f"The mismatch is not finite at time {step.index}; try another picture.")
                    yield self._note(detection, step, time.monotonic() - begin)
            detection.status = "done"
        except (Cancelled, GeneratorExit) as ending:
            self._stopped(detection)
            if isinstance(ending, GeneratorExit):
                raise
        except Exception as error:
            shown = error if isinstance(error, FlowdemoError) else explained(error)
            detection.status, detection.message = "failed", shown.message
            raise shown from None

    def _stopped(self, detection: Detection) -> None:
        done, asked = len(detection.found), detection.request.steps
        detection.status, detection.message = "done", None
        if done < asked:
            detection.status, detection.message = "stopped", f"Stopped after time {done} of {asked}."

    def _note(self, detection: Detection, step: Any, seconds: float) -> Found:
        largest = float(np.finfo(np.float16).max)
        mismatch = step.x.clamp(max=largest).cpu().numpy().astype(np.float16)
        found = Found(step.index, step.t, step.evaluations, seconds, mismatch)
        detection.found.append(found)
        self.detections.add(detection)
        return found

    def regraded(self, run: Any, **settings: Any) -> Detection:
        """The same mismatches under another weight, aggregation or share, as a detection of its own.

        Raises:
            InputError: no such detection, or no such setting.
        """
        before = self.detections.get(run)
        chosen = dict(before.request.settings) | settings
        raw = {"model": before.request.model, "steps": before.request.steps, "seed": before.request.seed,
               "settings": chosen}  # fmt: skip
        request = replace(self.engine.request(raw, before.given), input=before.request.input)
        after = replace(before, request=request, id=secrets.token_urlsafe(12), stopping=threading.Event())
        self.detections.add(after)
        return after
