"""Runs that are kept for a while: for the probe, downloads, missed frames and a person who comes back."""

from __future__ import annotations

import secrets
import threading
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from flowdemo.engine.frames import Drawn, Frame
from flowdemo.engine.given import Given
from flowdemo.errors import InputError
from flowdemo.flow import settling_map
from flowdemo.rendering.views import speed
from flowdemo.request import Request
from flowdemo.zoo.manifest import Manifest

KEEP_RUNS = 48
KEEP_BYTES = 384 << 20


@dataclass(frozen=True)
class Summary:
    """The end of a run.

    Attributes:
        status: ``"done"``, ``"stopped"`` or ``"failed"``.
        message: one sentence for people, or None.
        path_length: mean over pixels of the length travelled in code space (Euclidean, state units); of a joint state
            by its label half.
        straightness: chord over path, mean over moving pixels, 1 = straight.
        evaluations, seconds: network calls and wall time.
        speed, changed, settled: per step; ``settled`` is the share of pixels in their final class (towards the mask)
            or still reading as the painted class (towards the image), one more entry than steps. Where the whole
            picture has one label, it is the share of samples, and nothing is ``changed``.
        settling: uint8 ``[K, H, W]``, the step at which a pixel took its final class (or lost the painted one); no maps
            where the whole picture has one label.
    """

    status: str
    message: str | None
    path_length: float
    straightness: float
    evaluations: int
    seconds: float
    speed: list[float | None]
    changed: list[float | None]
    settled: list[float]
    settling: np.ndarray


@dataclass(eq=False)
class RunRecord:
    """One run, growing while it works.

    Attributes:
        id: unguessable name.
        request, manifest, given: what is run.
        origin: ``"live"`` or ``"stored"``.
        drawn: steps so far.
        summary: set when the run has ended.
        stopping: set it to end the run after the evaluation in flight.
        kept: whether the run goes into the store; false where nobody will come back for it.
    """

    request: Request
    manifest: Manifest
    given: Given
    origin: str = "live"
    device: str = ""
    id: str = field(default_factory=lambda: secrets.token_urlsafe(12))
    drawn: list[Drawn] = field(default_factory=list)
    summary: Summary | None = None
    stopping: threading.Event = field(default_factory=threading.Event)
    kept: bool = True

    @property
    def frames(self) -> list[Frame]:
        return [d.frame for d in self.drawn]

    @property
    def bytes(self) -> int:
        return sum(d.bytes for d in self.drawn)

    def codes(self, sample: int) -> np.ndarray:
        """States of one sample in code space, float32 ``[steps so far, 3, H, W]``."""
        return np.stack([d.codes[sample] for d in self.drawn]).astype(np.float32)

    def classes(self, sample: int) -> np.ndarray:
        """Nearest classes along the way, uint8 ``[steps so far, H, W]``.

        Raises:
            InputError: the whole picture has one label.
        """
        if self.drawn[0].classes is None:
            raise InputError("This run has one label for the whole picture, and no mask.", field="run")
        return np.stack([d.classes[sample] for d in self.drawn])

    def images(self, sample: int) -> np.ndarray | None:
        """Image halves along the way, float32 ``[steps so far, 1 or 3, H, W]``; None where states have no halves."""
        if self.drawn[0].image is None:
            return None
        return np.stack([d.image[sample] for d in self.drawn]).astype(np.float32)

    def labels(self, sample: int) -> np.ndarray:
        """Class that the whole picture's label reads as along the way, int ``[steps so far]``."""
        return np.array([frame.samples[sample].level.nearest for frame in self.frames])

    def add(self, drawn: Drawn) -> None:
        """Take the next step; only the newest keeps its trail."""
        if self.drawn:
            self.drawn[-1] = replace(self.drawn[-1], trail=None)
        self.drawn.append(drawn)

    def finish(self, status: str, message: str | None = None) -> Summary:
        """Settle the summary; the path was measured as it was drawn, so that a run does not end with a wait."""
        lengths = self.drawn[-1].trail.travelled
        moved = lengths > 1e-6
        straight = self._chords() / np.maximum(lengths, 1e-6)
        settling, settled = self._settling()
        last = self.drawn[-1].frame
        self.summary = Summary(
            status, message, float(lengths.mean()), float(straight[moved].mean()) if moved.any() else 1.0,
            last.evaluations, last.seconds, [d.frame.numbers["mean_speed"] for d in self.drawn],
            [d.frame.numbers["changed"] for d in self.drawn], settled, settling,
        )  # fmt: skip
        return self.summary

    def _chords(self) -> np.ndarray:
        """Distance of every pixel's last state from its first, in code space, float32 ``[K, H, W]``."""
        levels, apart = self.manifest.levels, self.drawn[-1].codes.astype(np.float32) - self.drawn[0].codes
        return speed(levels.channel(apart) if levels else apart)

    def _settling(self) -> tuple[np.ndarray, list[float]]:
        if self.drawn[0].classes is None:
            return np.zeros((0, *self.drawn[0].codes.shape[2:]), np.uint8), self._settled_labels()
        maps, shares = [], []
        for k in range(self.request.samples):
            classes = self.classes(k)
            if self.given.kind == "mask":
                reads = (classes == self.given.pixels).astype(np.uint8)
                lost = np.where(reads.all(0), len(reads) - 1, reads.argmin(0))
                maps.append(lost)
                shares.append(reads.mean((1, 2)))
            else:
                maps.append(settling_map(classes))
                shares.append(np.bincount(maps[-1].ravel(), minlength=len(classes)).cumsum() / maps[-1].size)
        return np.stack(maps).astype(np.uint8), [float(v) for v in np.mean(shares, axis=0)]

    def _settled_labels(self) -> list[float]:
        shares = []
        for k in range(self.request.samples):
            labels = self.labels(k)
            wanted = labels[-1] if self.given.label is None else self.given.label
            shares.append(labels == wanted)
        return [float(v) for v in np.mean(shares, axis=0)]


def path_and_chord(codes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """States ``[N + 1, 3, H, W]`` → per-pixel path length and chord ``[H, W]``, Euclidean over channels."""
    moves = np.linalg.norm(np.diff(codes, axis=0), axis=1)
    return moves.sum(0), np.linalg.norm(codes[-1] - codes[0], axis=0)


class RunStore:
    """The last runs by id, bounded in number and bytes; safe for several threads."""

    def __init__(self, keep: int = KEEP_RUNS, keep_bytes: int = KEEP_BYTES) -> None:
        self._runs: OrderedDict[str, RunRecord] = OrderedDict()
        self._kept: dict[str, RunRecord] = {}
        self._lock = threading.Lock()
        self.keep, self.keep_bytes = keep, keep_bytes

    def add(self, record: RunRecord) -> None:
        with self._lock:
            self._runs[record.id] = record
            while len(self._runs) > self.keep or sum(r.bytes for r in self._runs.values()) > self.keep_bytes:
                if len(self._runs) == 1:
                    break
                self._runs.popitem(last=False)

    def keep_always(self, record: RunRecord) -> None:
        """For stored runs: they are few, and must not be pushed out by live ones."""
        self._kept[record.id] = record

    def get(self, run: Any) -> RunRecord:
        """Raises:
        InputError: no such run, or it is too old.
        """
        with self._lock:
            if isinstance(run, str) and run in self._kept:
                return self._kept[run]
            record = self._runs.get(run) if isinstance(run, str) else None
            if record is None:
                raise InputError("This run is no longer kept; run it again.", field="run")
            self._runs.move_to_end(run)
            return record

    def __len__(self) -> int:
        return len(self._runs)
