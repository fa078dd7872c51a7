"""One picture through two flows of the same data, of which one was trained with the reshaped field: which models these
are, their runs, and what is kept of them.
"""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from flowdemo.codes.measures import min_distance
from flowdemo.engine import Engine
from flowdemo.errors import InputError
from flowdemo.request import IMAGE_TO_MASK
from flowdemo.ui.comparison import Comparison, Comparisons, compared, prepare
from flowdemo.ui.comparison_families import names
from flowdemo.ui.runner import Runner
from flowdemo.ui.widgets.fieldmaps.contract import Pixel, Result, Stage, Update
from flowdemo.ui.widgets.fieldmaps.measures import pixel_of, result_of
from flowdemo.zoo import Manifest

KEEP = 64  # results whose pixels can be asked for, of about 25 kB beside their runs
MOST_STEPS = 25  # estimates are differences of states that are kept in half precision: at 25 steps within about 0.01


@dataclass(frozen=True)
class Pair:
    """Two flows that differ in η: 0 for ``plain``, above 0 for ``reshaped``."""

    plain: Manifest
    reshaped: Manifest

    @property
    def models(self) -> tuple[Manifest, Manifest]:
        return self.plain, self.reshaped

    def stage(self) -> Stage:
        manifest = self.plain
        points = manifest.codebook.points[: manifest.codebook.classes]
        named = [{"name": name, "title": m.label, "eta": _eta(m)}
                 for name, m in zip(names(self.models), self.models, strict=True)]  # fmt: skip
        return {"models": named, "size": list(manifest.size), "palette": manifest.palette.to_json(),
                "codes": points.round(4).tolist(), "least": round(min_distance(points.astype(float)), 4),
                "alike": self._alike()}  # fmt: skip

    def _alike(self) -> str:
        """What the two trainings differ in beside η, in one sentence."""
        ours, theirs = (m.training.get("options", {}) for m in self.models)
        others = [key for key in {**ours, **theirs} if key != "eta" and ours.get(key) != theirs.get(key)]
        steps = [m.training.get("steps") for m in self.models]
        others += ["number of steps"] if steps[0] != steps[1] else []
        others += ["network"] if self.plain.network != self.reshaped.network else []
        if not others:
            return "Trained alike but for η."
        return f"Their trainings differ in more than η: {', '.join(others)}."


def find_pair(engine: Engine) -> Pair | None:
    """FlowSeg models of one data set, both starting from the picture, with the same codes and the same size, of which
    one was trained with η = 0 and the other with η above 0; None where there are none.
    """
    found: dict[tuple[Any, ...], dict[bool, Manifest]] = {}
    for manifest in engine.manifests().values():
        eta = _eta(manifest)
        if manifest.system == "flowseg" and manifest.flow.get("start") == "image" and eta is not None and eta >= 0:
            classes = tuple(entry.name for entry in manifest.palette.classes)
            key = (manifest.data.get("name"), manifest.size, classes, manifest.codebook.points.tobytes())
            found.setdefault(key, {}).setdefault(eta > 0, manifest)
    return next((Pair(group[False], group[True]) for group in found.values() if len(group) == 2), None)


def _eta(manifest: Manifest) -> float | None:
    options = manifest.training.get("options")
    eta = options.get("eta") if isinstance(options, dict) else None
    return float(eta) if isinstance(eta, (int, float)) and not isinstance(eta, bool) else None


@lru_cache(maxsize=4)
def street(pair_size: tuple[int, int], classes: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray | None]:
    """The drawn street uint8 ``[H, W, 3]``, and its labels uint8 ``[H, W]`` where these are its classes, else None."""
    from flowdemo.data.drawn_streets import draw_street  # takes a moment that the page need not wait for
    from flowdemo.data.street_scene import STREET_NAMES

    picture, labels = draw_street(pair_size, seed=0)
    return picture, labels if classes == tuple(STREET_NAMES) else None


# Runs -----------------------------------------------------------------------------------------------------------


class FieldMaps:
    """The section's runs and what is kept of them.

    Args:
        runner: streams runs.
        pair: the models.
    """

    def __init__(self, runner: Runner, pair: Pair) -> None:
        self.pair, self._runner, self._stage = pair, runner, pair.stage()
        self._stops, self._guard = Comparisons(), threading.Lock()
        self._kept: OrderedDict[str, tuple[list[str], np.ndarray | None]] = OrderedDict()

    def prepare(self, photo: bytes | None, truth: bytes | None, steps: Any) -> Comparison:
        """Check everything a person gave; nothing is computed yet.

        Raises:
            InputError: with the field at fault: ``"image"``, ``"truth"`` or ``"steps"``.
        """
        if photo is None:
            raise InputError("Choose a picture first, or take the drawn street.", field="image")
        if isinstance(steps, (int, float)) and steps > MOST_STEPS:
            raise InputError(f"The number of steps must be 1 to {MOST_STEPS} here, not {steps:g}.", field="steps")
        entries = {"direction": IMAGE_TO_MASK, "steps": steps, "solver": "euler"}
        raws = [{"model": manifest.name, **entries} for manifest in self.pair.models]
        return prepare(self._runner.engine, raws, photo, truth)

    def stream(self, comparison: Comparison, session: str) -> Iterator[Update]:
        """Both runs, one message a step, then their maps. A failed run is a message, and no other run begins."""
        head = self._stops.begin(comparison, session)
        try:
            with contextlib.closing(compared(self._runner, comparison, head, session)) as told:
                for update in told:
                    if any(end and end["status"] == "failed" for end in comparison.ends):
                        comparison.stopping.set()
                    if update["pane"] is not None and update["frame"] is not None:
                        yield self.update(comparison, progress=(update["pane"], update["frame"]["index"]))
        finally:
            self._stops.done(session, comparison)
        yield self._end(comparison)

    def _end(self, comparison: Comparison) -> Update:
        failed = [end["message"] for end in comparison.ends if end and end["status"] == "failed"]
        if failed:
            return self.update(comparison, end="failed", message=failed[0])
        if any(end is None or end["status"] != "done" for end in comparison.ends):
            return self.update(comparison, end="stopped", message="Stopped; maps need both runs to the end.")
        with self._guard:
            truth = comparison.truths[0] if comparison.truths else None
            self._kept[comparison.id] = [record.id for record in comparison.records], truth
            while len(self._kept) > KEEP:
                self._kept.popitem(last=False)
        return self.update(comparison, result=result_of(comparison), end="done")

    def stop(self, session: str) -> None:
        """End the visitor's run after the evaluation in flight, and begin no other."""
        self._stops.stop(session)
        self._runner.stop(session)

    def pixel(self, result: str, x: int, y: int) -> Pixel:
        """Raises:
        InputError: the result or its runs are no longer kept, or there is no such pixel.
        """
        with self._guard:
            kept = self._kept.get(result)
        if kept is None:
            raise InputError("These maps are no longer kept; press Run again.", field="run")
        runs, truth = kept
        return pixel_of([self._runner.engine.runs.get(run) for run in runs], truth, x, y)

    def update(
        self, comparison: Comparison | None = None, *, progress: tuple[int, int] | None = None,
        result: Result | None = None, end: str | None = None, message: str | None = None,
    ) -> Update:  # fmt: skip
        """A message; without arguments the one that is shown before anything was run."""
        steps = comparison.records[0].request.steps if comparison else 0
        told = None if progress is None else {"model": progress[0], "step": progress[1], "steps": steps}
        return {"id": comparison.id if comparison else None, "stage": self._stage, "progress": told, "result": result,
                "end": end, "message": message}  # fmt: skip
