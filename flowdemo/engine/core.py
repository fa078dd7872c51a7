"""The engine: one compute thread and one drawing thread per run, one lock per model."""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowdemo.engine.background import compute
from flowdemo.engine.detection_limits import detection_limits
from flowdemo.engine.frames import Drawn, Frame, draw
from flowdemo.engine.given import Given
from flowdemo.engine.runs import RunRecord, RunStore
from flowdemo.engine.trouble import check, explained
from flowdemo.errors import Cancelled, EngineError, FlowdemoError, InputError
from flowdemo.flow import Step
from flowdemo.request import LABEL_TO_IMAGE, MASK_TO_IMAGE, MAX_STEPS, Limits, Request, Setting
from flowdemo.zoo.devices import choose_device, device_label
from flowdemo.zoo.folders import available, find, read_manifest
from flowdemo.zoo.manifest import Manifest

if TYPE_CHECKING:
    from flowdemo.codes.levels import Levels
    from flowdemo.zoo.models import Model

DEADLINE = 300.0  # seconds after which a run is given up, frames kept
AHEAD = 2  # steps computed but not yet drawn: enough to keep both threads busy, little enough to stop soon

log = logging.getLogger(__name__)


class Engine:
    """Loads models once, runs requests, keeps the last runs.

    Args:
        device: ``"cpu"``, ``"cuda"``, ``"mps"``, or None for the best at hand.
        deadline: seconds a run may take.

    Raises:
        InputError: the device is unknown or not at hand.
    """

    def __init__(self, device: str | None = None, deadline: float = DEADLINE) -> None:
        self._device = None if device is None else choose_device(device)
        self.deadline = deadline
        self.runs = RunStore()
        self._folders: dict[str, Path] = {}
        self._manifests: dict[str, Manifest] = {}
        self._models: dict[str, Model] = {}
        self._locks: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()
        self._importing = threading.Lock()

    @property
    def device(self) -> str:
        """Where models run. The best at hand is looked for on first use, which imports torch."""
        with self._importing:
            self._device = self._device or choose_device()
            return self._device

    def manifests(self) -> dict[str, Manifest]:
        """Descriptions of the models at hand that move a state, flows first; nothing is loaded."""
        return {name: manifest for name, manifest in self._known().items() if not manifest.kind.detects}

    def detectors(self) -> dict[str, Manifest]:
        """Descriptions of the models at hand that map what is unusual; see :mod:`flowdemo.engine.detections`."""
        return {name: manifest for name, manifest in self._known().items() if manifest.kind.detects}

    def _known(self) -> dict[str, Manifest]:
        with self._guard:
            if not self._manifests:
                for name, folder in available().items():
                    self._folders[name], self._manifests[name] = folder, read_manifest(folder)
            return self._manifests

    def manifest(self, name: Any) -> Manifest:
        """Raises:
        InputError: the model is unknown.
        """
        known = self._known()
        if not isinstance(name, str) or name not in known:
            raise InputError(f"There is no such model; choose one of: {', '.join(known)}.", field="model")
        return known[name]

    def add(self, model: str | Path) -> str:
        """Take in a model given by name, folder or Hub id; returns the name by which requests call it.

        A folder comes before a model of the same name.

        Raises:
            ModelError: there is no such model, or its manifest cannot be used.
        """
        if model in self._known():
            return str(model)
        folder = find(model)
        manifest = read_manifest(folder)
        with self._guard:
            self._folders[manifest.name], self._manifests[manifest.name] = folder, manifest
            self._models.pop(manifest.name, None)
        return manifest.name

    def model(self, name: str) -> Model:
        """The loaded model; the first call reads and verifies its weights."""
        self.manifest(name)
        with self._locks.setdefault(f"load {name}", threading.Lock()):
            if name not in self._models:
                self._models[name] = self._load(name)
            return self._models[name]

    def running(self, name: str) -> threading.Lock:
        """Held while a model computes: its runs go one after the other."""
        return self._locks.setdefault(f"run {name}", threading.Lock())

    def _load(self, name: str) -> Model:
        device = self.device
        with self._importing:  # packages of circular modules: two threads at once may see them half imported
            from flowdemo.networks.traced import Traced
            from flowdemo.zoo.models import load
        model = load(self._folders[name], device)
        model.system.network = Traced(model.system.network)
        return model

    def warm(self) -> None:
        """Do now what the first run would wait for: imports, and the weights of the first model."""
        try:
            self.model(next(iter(self.manifests())))
        except (FlowdemoError, StopIteration) as error:  # the run that meets it says so to its visitor
            log.warning("the first model is not ready: %s", error)

    def limits(self, name: Any) -> Limits:
        """What requests for a model may ask."""
        manifest = self.manifest(name)
        kind = manifest.kind
        if kind.detects:
            return detection_limits(manifest)
        settings = {"temperature": Setting(manifest.temperature, 0.0, 1.0)} if manifest.posterior else {}
        return Limits(
            model=manifest.name,
            directions=kind.directions,
            max_steps=1 if kind.one_step else MAX_STEPS,
            default_steps=manifest.steps,
            beta_bound=manifest.beta_bound,
            default_beta=float(manifest.beta.get("default", 0.0)),
            beta_unit=manifest.beta_unit,
            random=kind.random,
            settings=settings,
        )

    def request(self, raw: dict[str, Any], given: Given | None = None) -> Request:
        """Validate outside values against the model they name and the input they come with, whose hash goes in.

        Raises:
            InputError: with the field at fault.
        """
        built = Request.build(raw, self.limits(raw.get("model")))
        if given is None:
            return built
        wanted = {MASK_TO_IMAGE: "mask", LABEL_TO_IMAGE: "label"}.get(built.direction, "picture")
        if given.kind != wanted:
            raise InputError(f"The direction {built.direction} needs a {wanted}.", field="input")
        width, height = self.manifest(built.model).size
        if wanted == "label" or self.manifest(built.model).kind.detects:
            return replace(built, input=given.sha256)
        if given.pixels.shape[:2] != (height, width):
            raise InputError(f"The {wanted} must be {width} × {height} pixels for this model.", field="input")
        return replace(built, input=given.sha256)

    def start(self, request: Request, given: Given) -> RunRecord:
        """A new record for a request; nothing is computed yet.

        Raises:
            InputError: the model moves no state.
        """
        if self.manifest(request.model).kind.detects:
            raise InputError(f"The model {request.model!r} looks for anomalies and has no trajectory.", field="model")
        return RunRecord(request, self.manifest(request.model), given, device=device_label(self.device))

    def stream(self, record: RunRecord) -> Iterator[Frame]:
        """Compute a run; yields each frame as soon as it is drawn.

        Closing the generator stops the run after the evaluation in flight and keeps its frames. The record is in
        ``runs`` from the first frame on, and its ``summary`` is set when the generator ends, however it ends.

        Raises:
            EngineError: deadline, memory, or a state that is not finite; frames so far stay in the record.
        """
        begin, stop = time.monotonic(), record.stopping
        out: queue.Queue[Drawn | BaseException | None] = queue.Queue()
        compute(self._work, record, begin, stop, out, stop=stop)
        try:
            while (item := out.get()) is not None:
                if isinstance(item, BaseException):
                    raise item
                record.add(item)
                if item.frame.index == 0 and record.kept:
                    self.runs.add(record)
                yield item.frame
            self._end(record)
        except GeneratorExit:
            stop.set()
            self._end(record)
            raise
        except FlowdemoError as error:
            if record.drawn:
                record.finish("failed", error.message)
            raise
        finally:
            stop.set()
            if record.drawn and record.kept:
                self.runs.add(record)  # again, now that its size is known

    def _end(self, record: RunRecord) -> None:
        if not record.drawn:
            return
        index = record.drawn[-1].frame.index
        if index == record.request.steps:
            record.finish("done")
        else:
            record.finish("stopped", f"Stopped after step {index} of {record.request.steps}.")

    def _work(self, record: RunRecord, begin: float, stop: threading.Event, out: queue.Queue) -> None:
        """Compute thread: evaluates steps, hands each to the drawing thread, reports the first error."""
        room, computed, ending = threading.Semaphore(AHEAD), queue.SimpleQueue(), None
        compute(_draw, computed, out, room, record.manifest.levels)
        try:
            model = self.model(record.request.model)
            with self.running(record.request.model):
                for step in self._steps(model, record, begin):
                    check(step)
                    seconds = time.monotonic() - begin
                    room.acquire()
                    computed.put((step, model.system, seconds))
                    if stop.is_set():
                        break
                computed.put(None)
                if hasattr(model.system, "network"):
                    model.system.network.settle()
                return
        except Cancelled:
            pass
        except FlowdemoError as error:
            ending = error
        except Exception as error:  # whatever broke, the visitor gets one sentence and the next run starts clean
            ending = explained(error)
        computed.put(ending)

    def _steps(self, model: Model, record: RunRecord, begin: float) -> Iterator[Step]:
        request, given = record.request, record.given

        def watch() -> None:  # before each evaluation: one step of an adaptive solver may take hundreds
            if record.stopping.is_set():
                raise Cancelled("Stopped.")
            if time.monotonic() - begin > self.deadline:
                limit = f"The run took longer than {self.deadline:g} s and was ended"
                raise EngineError(f"{limit}; choose fewer steps or pictures.")

        batch = given.batch(request.samples)
        start = model.system.start(request.direction, batch, request.beta, request.seeds)
        return model.system.steps(
            request.direction, start, request.steps, request.solver, watch, **dict(request.settings)
        )


def run(raw: dict[str, Any], given: Given, engine: Engine | None = None) -> RunRecord:
    """Compute one recipe to its end and return the record: the library's short way.

    Args:
        raw: entries of a recipe; what is missing takes the model's default.
        given: see :class:`Given`.
        engine: one to share; a new one if None.
    """
    engine = engine or Engine()
    record = engine.start(engine.request(raw, given), given)
    for _ in engine.stream(record):
        pass
    return record


def _draw(computed: queue.SimpleQueue, out: queue.Queue, room: threading.Semaphore, levels: Levels | None) -> None:
    """Drawing thread: (step, system, seconds) become frames, until the ending comes, which is passed on."""
    last: Drawn | None = None
    while isinstance(item := computed.get(), tuple):
        step, system, seconds = item
        try:
            last = draw(step, system, seconds, last, levels)
            out.put(last)
        except Exception as error:
            out.put(explained(error))
        finally:
            room.release()
    out.put(item)
