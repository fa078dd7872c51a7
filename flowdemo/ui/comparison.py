"""One picture through several models, one after the other, as messages for one clock in the browser."""

from __future__ import annotations

import contextlib
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from flowdemo.engine import Engine, Given, RunRecord
from flowdemo.engine.messages import meta, summary_json
from flowdemo.errors import InputError
from flowdemo.flow import SOLVERS
from flowdemo.rendering import encoders
from flowdemo.rendering.masks import read_mask, resize_nearest
from flowdemo.rendering.pictures import read_picture
from flowdemo.ui.comparison_families import names
from flowdemo.ui.runner import Runner
from flowdemo.ui.widgets.compare.contract import Head, Pane, RunState, Update, slim
from flowdemo.zoo import Manifest

KEEP = 64  # descriptions of comparisons, about 0.1 MB each
KEEP_SESSIONS = 500
SHAPES_APART = 0.02  # relative difference of two aspect ratios that still are one picture's


@dataclass(eq=False)
class Comparison:
    """Runs of one input that are shown together.

    Attributes:
        records: what is run, in the order of their panes.
        truths: labels uint8 ``[H, W]`` at the size of each record's model, the ignore label included; None without.
        note: how the ground truth was read, or "".
        origin: ``"live"`` or ``"stored"``.
        ends: how each run ended; None while it has not.
        stopping: set it, and no further run begins.
    """

    records: list[RunRecord]
    truths: list[np.ndarray] | None = None
    note: str = ""
    origin: str = "live"
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    ends: list[dict[str, Any] | None] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        self.ends = self.ends or [None] * len(self.records)

    def head(self) -> Head:
        """Everything that is known before the first frame."""
        metas = [meta(record) for record in self.records]
        called = names([record.manifest for record in self.records])
        panes: list[Pane] = []
        for k, record in enumerate(self.records):
            truth = None if self.truths is None else grey(self.truths[k])
            panes.append({
                "run": record.id, "name": called[k], "settings": settings_line(record), "truth": truth,
                "one_step": record.manifest.kind.one_step, "meta": metas[k] | {"input": None},
            })  # fmt: skip
        return {"origin": self.origin, "input": metas[0]["input"] or "", "note": self.records[0].given.note,
                "truth_note": self.note, "panes": panes}  # fmt: skip

    def states(self) -> list[RunState]:
        return [{"drawn": len(r.drawn), "end": end} for r, end in zip(self.records, self.ends, strict=True)]

    def update(self, head: Head | None = None, pane: int | None = None, frame: Any = None, end: Any = None) -> Update:
        return {"comparison": self.id, "head": head, "runs": self.states(), "pane": pane,
                "frame": None if frame is None else slim(frame), "end": end}  # fmt: skip


class Comparisons:
    """Descriptions of the last comparisons, for a browser that missed one, and what visitors want stopped."""

    def __init__(self) -> None:
        self._heads: OrderedDict[str, Head] = OrderedDict()
        self._current: OrderedDict[str, Comparison] = OrderedDict()
        self._guard = threading.Lock()

    def head(self, comparison: str) -> Head:
        """Raises:
        InputError: there is no such comparison, or it is too old.
        """
        with self._guard:
            if comparison in self._heads:
                return self._heads[comparison]
        raise InputError("This comparison is no longer kept; run it again.", field="run")

    def begin(self, comparison: Comparison, session: str) -> Head:
        """Its description, kept from now on; Stop of this visitor means it."""
        head = comparison.head()
        with self._guard:
            self._heads[comparison.id] = head
            self._current[session] = comparison
            for kept, most in ((self._heads, KEEP), (self._current, KEEP_SESSIONS)):
                while len(kept) > most:
                    kept.popitem(last=False)
        return head

    def stop(self, session: str) -> None:
        """No further run of the visitor's comparison begins."""
        with self._guard:
            comparison = self._current.get(session)
        if comparison is not None:
            comparison.stopping.set()

    def done(self, session: str, comparison: Comparison) -> None:
        with self._guard:
            if self._current.get(session) is comparison:
                del self._current[session]


def prepare(engine: Engine, raws: Sequence[dict[str, Any]], photo: bytes | None, truth: bytes | None) -> Comparison:
    """Check everything a person gave; nothing is computed yet.

    Args:
        engine: whose models run.
        raws: entries of the recipes, one a pane.
        photo: bytes of a picture file.
        truth: bytes of a mask file of the same picture, or None.

    Raises:
        InputError: with the field at fault; ``"truth"`` for the ground truth.
    """
    if photo is None:
        raise InputError("Choose a photo first, or pick one of the examples.", field="image")
    givens: dict[tuple[int, int], Given] = {}
    records = []
    for raw in raws:
        manifest, _ = engine.manifest(raw.get("model")), engine.request(raw)
        if manifest.size not in givens:
            givens[manifest.size] = Given.picture(photo, manifest)
        given = givens[manifest.size]
        records.append(engine.start(engine.request(raw, given), given))
    if truth is None:
        return Comparison(records)
    truths, note = read_truth(truth, photo, [record.manifest for record in records])
    return Comparison(records, truths, note)


def read_truth(data: bytes, photo: bytes, manifests: Sequence[Manifest]) -> tuple[list[np.ndarray], str]:
    """Ground truth at the size of each model, cropped as its picture is, and one sentence on how it was read.

    Raises:
        InputError: no mask of these classes, or not of the picture's shape (field ``"truth"``).
    """
    palette = manifests[0].palette
    try:
        report = read_mask(data, palette.classes, None, palette.ignore)
    except InputError as error:
        raise InputError(error.message, field="truth") from None
    labels, (height, width) = report.indices, read_picture(photo).shape[:2]
    ratio = (labels.shape[1] / labels.shape[0]) / (width / height)
    if not 1 - SHAPES_APART < ratio < 1 + SHAPES_APART:
        raise InputError(
            f"The ground truth is {labels.shape[1]} × {labels.shape[0]} pixels and the picture {width} × {height}: "
            "two shapes whose pixels cannot be matched; choose the mask of this picture.", field="truth")  # fmt: skip
    if not any(int(entry.index) in labels for entry in palette.classes):
        raise InputError("The ground truth holds no class, so nothing can be scored against it.", field="truth")
    return [resize_nearest(labels, manifest.size) for manifest in manifests], f"Ground truth: {report.message}"


def compared(runner: Runner, comparison: Comparison, head: Head, session: str) -> Iterator[Update]:
    """Run after run, each frame in one message; a run that fails does not end the others.

    Args:
        runner: streams one run.
        comparison, head: what is run, and its description.
        session: under which Stop finds the run in progress.
    """
    yield comparison.update(head)
    for pane, record in enumerate(comparison.records):
        if comparison.stopping.is_set():
            break
        with contextlib.closing(runner.stream(record, session)) as messages:
            for told in messages:
                if told["end"]:
                    comparison.ends[pane] = ended(told["end"])
                yield comparison.update(None, pane, told["frame"])
        if comparison.ends[pane] and comparison.ends[pane]["status"] == "stopped":
            comparison.stopping.set()
    never = {"status": "skipped", "message": None, "evaluations": 0}
    comparison.ends = [end or never for end in comparison.ends]
    yield comparison.update(end="stopped" if comparison.stopping.is_set() else "done")


def ended(end: dict[str, Any]) -> dict[str, Any]:
    """What the widget must know of the end of a run."""
    return {"status": end["status"], "message": end["message"], "evaluations": end["numbers"]["evaluations"]}


def stored(records: list[RunRecord], truth: np.ndarray | None, note: str) -> Comparison:
    """A comparison of finished runs of one input at one size.

    Args:
        records: at least two, all with a summary.
        truth: labels of that input uint8 ``[H, W]``, if they are known.
        note: where they come from.
    """
    ends = [ended(summary_json(record.summary)) for record in records if record.summary]
    truths = None if truth is None else [truth] * len(records)
    return Comparison(records, truths, note, "stored", ends=ends)


def settings_line(record: RunRecord) -> str:
    """``10 steps · Euler · seed 3 · temperature 0.5``; a model of one step has none of these."""
    request, kind = record.request, record.manifest.kind
    if kind.one_step:
        return "one step, one evaluation"
    parts = [f"{request.steps} step{'s' * (request.steps > 1)}", SOLVERS[request.solver].label]
    parts += [f"seed {request.seed}"] if request.direction in kind.random else []
    return " · ".join(parts + [f"{name} {value:g}" for name, value in request.settings])


def grey(labels: np.ndarray) -> str:
    """Class indices uint8 ``[H, W]`` as the data URL of a grey PNG."""
    return encoders.data_uri("image/png", encoders.grey_png(labels))
