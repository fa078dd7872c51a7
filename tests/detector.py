"""A stand-in for the detections of the engine: no network, the disagreement is what a blur takes away.

Surfaces are smooth waves; a blur explains them, and does not explain what is thin or has an edge.
"""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from PIL import Image, ImageFilter
from tiny import png_bytes

from flowdemo.errors import InputError

MODEL, OTHER = "tiny-tiles", "tiny-walls"
SCALES = {"noise": 0.6, "velocity": 6.0, "reconstruction": 0.2}
WIDTH, HEIGHT = 80, 56
PATIENCE = 20.0


def surface(seed: int, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A sound surface, uint8 [height, width]."""
    y, x = np.mgrid[:height, :width] / 40
    a, b, c = np.random.default_rng(seed).uniform(1, 3, 3)
    return (125 + 25 * np.sin(a * x + c) + 20 * np.cos(b * y)).astype(np.uint8)


def dented(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """A surface with a sharp dark square, and where it is, uint8 0 or 255."""
    picture, truth = surface(seed), np.zeros((HEIGHT, WIDTH), np.uint8)
    truth[20:30, 44:56] = 255
    picture[truth > 0] = 30
    return picture, truth


def deltas(picture: np.ndarray, t: float, paths: int, seed: int) -> np.ndarray:
    """Disagreement of each path, float [K, H, W]."""
    blurred = np.asarray(Image.fromarray(picture).filter(ImageFilter.GaussianBlur(3)), float)
    residual = (picture.astype(float) - blurred) / 127.5 / (1 - t)
    noise = np.random.default_rng([seed, int(1000 * t)]).normal(0, 0.2, (paths, *picture.shape))
    return (residual + noise) ** 2


def weigh(t: float, weight: str) -> float:
    return {"noise": t * t, "velocity": 1.0, "reconstruction": (1 - t) ** 2}[weight]


def gather(delta: np.ndarray, aggregation: str, share: float) -> np.ndarray:
    if aggregation == "mean":
        return delta.mean(0)
    rank = 1 if aggregation == "min" else int(np.ceil(share * len(delta)))
    return np.sort(delta, 0)[rank - 1]


def image_score(total: np.ndarray) -> float:
    highest = np.sort(total, axis=None)[::-1]
    return float(highest[0] + highest[: max(len(highest) // 100, 1)].mean())


def uri(data: bytes) -> str:
    return "data:image/png;base64," + base64.b64encode(data).decode("ascii")


def grey(picture: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "PNG")
    return buffer.getvalue()


@dataclass
class Record:
    run: str
    raw: dict[str, Any]
    picture: np.ndarray
    truth: bytes | None
    stopping: threading.Event = field(default_factory=threading.Event)
    made: int = 0
    status: str = "done"
    closed: bool = False

    @property
    def times(self) -> list[float]:
        return [(j + 1) / (self.raw["times"] + 1) for j in range(self.raw["times"])]


class StandIn:
    """The detections of the engine as the tab knows them. ``hold`` makes runs wait before each time until ``gate``."""

    def __init__(self) -> None:
        self.records: list[Record] = []
        self.asked: list[tuple[str, tuple[Any, ...]]] = []
        self.hold, self.gate, self.begun = False, threading.Event(), threading.Event()
        self.fail = ""
        self.lose: set[int] = set()  # times that the stream leaves out
        self.reference = {k: self._scores(k) for k in (True, False)}

    def _scores(self, sound: bool) -> list[float]:
        pictures = [surface(s) if sound else dented(s)[0] for s in range(100, 124)]
        raw = {"paths": 4, "times": 4, "weight": "noise", "aggregation": "min", "share": 0.2, "seed": 0}
        return [image_score(self._sum(Record("", raw, p, None), 4)) for p in pictures]

    def offers(self) -> list[dict[str, Any]]:
        examples = [{"name": "dent", "label": "With a dent", "truth": True},
                    {"name": "plain", "label": "Sound", "truth": False},
                    {"name": "other", "label": "Sound, another", "truth": False}]  # fmt: skip
        usual = {"size": [32, 32], "colour": False, "times": 4, "weight": "noise", "aggregation": "min", "share": 0.2,
                 "examples": examples}  # fmt: skip
        return [{"name": MODEL, "label": "Tiny tiles", "paths": 4} | usual,
                {"name": OTHER, "label": "Tiny walls", "paths": 2} | usual]  # fmt: skip

    def example(self, model: str, name: str) -> dict[str, bytes | None]:
        self._known(model)
        if name == "dent":
            picture, truth = dented(1)
            return {"picture": grey(picture), "truth": grey(truth)}
        if name not in ("plain", "other"):
            raise InputError("There is no such example.", field="example")
        return {"picture": grey(surface(len(name))), "truth": None}

    def start(self, raw: dict[str, Any], picture: bytes, truth: bytes | None = None) -> Record:
        self._known(raw["model"])
        for name in ("paths", "times"):
            if not 1 <= raw[name] <= 32:
                raise InputError(f"The {name} must be from 1 to 32.", field=name)
        try:
            pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("L"))
        except OSError:
            raise InputError("The file is no picture.", field="image") from None
        if min(pixels.shape) < 32:
            raise InputError("The surface must have at least 32 × 32 pixels.", field="image")
        self.records.append(Record(f"detect-{len(self.records):06d}", raw, pixels, truth))
        return self.records[-1]

    def stream(self, record: Record) -> Iterator[int]:
        self.begun.set()
        try:
            for index in range(1, record.raw["times"] + 1):
                if self.hold and not self.gate.wait(PATIENCE):
                    raise AssertionError("nobody let the detection go")
                if record.stopping.is_set():
                    record.status = "stopped"
                    return
                if self.fail:
                    raise RuntimeError(self.fail)
                record.made = index
                yield index
        finally:
            record.closed = True

    def meta(self, record: Record) -> dict[str, Any]:
        raw = record.raw
        valid = (raw["paths"], raw["times"], raw["weight"], raw["aggregation"]) == (4, 4, "noise", "min")
        reference = {"scores": self.reference[True], "defective": self.reference[False], "auroc": 1.0,
                     "roc": [[0, 0], [0, 1], [1, 1]], "data": "Drawn waves.", "valid": valid,
                     "words": "These settings." if valid else "Measured with K = 4, T = 4, t² and min."}  # fmt: skip
        height, width = record.picture.shape
        return {"run": record.run, "model": raw["model"], "label": "Tiny tiles", "size": [width, height],
                "picture": uri(grey(record.picture)), "paths": raw["paths"], "times": record.times,
                "weight": raw["weight"], "aggregation": raw["aggregation"], "share": raw["share"], "seed": raw["seed"],
                "scale": SCALES[raw["weight"]], "threshold": SCALES[raw["weight"]] / 16, "reference": reference,
                "truth": record.truth and uri(record.truth), "note": ""}  # fmt: skip

    def frame_json(self, record: Record, index: int) -> dict[str, Any] | None:
        return None if index in self.lose else self._frame(record, index)

    def _frame(self, record: Record, index: int) -> dict[str, Any]:
        total = self._sum(record, index)
        t = record.times[index - 1]
        return {"index": index, "t": t, "evaluations": index * record.raw["paths"], "seconds": 0.1 * index,
                "map": self._encode(record, self._map(record, t)), "sum": self._encode(record, total),
                "score": image_score(total)}  # fmt: skip

    def end_json(self, record: Record) -> dict[str, Any]:
        score = image_score(self._sum(record, record.made)) if record.made else None
        return {"status": record.status, "message": None, "score": score, "seconds": 0.5,
                "evaluations": record.made * record.raw["paths"]}  # fmt: skip

    def regrade(self, run: str, weight: str, aggregation: str, share: float) -> dict[str, Any]:
        self.asked.append(("regrade", (run, weight, aggregation, share)))
        settings = {"weight": weight, "aggregation": aggregation, "share": share}
        before = self._record(run)
        record = replace(before, run=f"graded-{len(self.records):06d}", raw=before.raw | settings)
        self.records.append(record)
        frames = [self._frame(record, i + 1) for i in range(record.made)]
        return {"meta": self.meta(record), "frames": frames, "end": self.end_json(record)}

    def paths(self, run: str, index: int) -> dict[str, Any]:
        self.asked.append(("paths", (run, index)))
        record = self._record(run)
        t = record.times[index - 1]
        found = deltas(record.picture, t, record.raw["paths"], record.raw["seed"]) * weigh(t, record.raw["weight"])
        return {"maps": [self._encode(record, delta) for delta in found]}

    def frames(self, run: str, indices: list[int]) -> list[dict[str, Any]]:
        self.asked.append(("frames", (run, tuple(indices))))
        record = self._record(run)
        return [self._frame(record, i) for i in indices if 1 <= i <= record.made]

    def download(self, run: str, kind: str) -> dict[str, str]:
        record = self._record(run)
        data = png_bytes(record.picture) if kind == "map-png16" else b"{}"
        mime, suffix = ("image/png", "png") if kind == "map-png16" else ("application/json", "json")
        return {"name": f"{record.run}_{kind}.{suffix}", "mime": mime, "data": base64.b64encode(data).decode("ascii")}

    def _known(self, model: Any) -> None:
        if model not in (MODEL, OTHER):
            raise InputError("There is no such model.", field="model")

    def _record(self, run: str) -> Record:
        found = next((record for record in self.records if record.run == run), None)
        if found is None:
            raise InputError("This run is not kept any more.", field="run")
        return found

    def _map(self, record: Record, t: float) -> np.ndarray:
        raw = record.raw
        found = gather(deltas(record.picture, t, raw["paths"], raw["seed"]), raw["aggregation"], raw["share"])
        return found * weigh(t, raw["weight"])

    def _sum(self, record: Record, count: int) -> np.ndarray:
        return np.mean([self._map(record, t) for t in record.times[:count]], axis=0)

    def _encode(self, record: Record, values: np.ndarray) -> str:
        shares = np.minimum(values / SCALES[record.raw["weight"]], 1)
        return uri(grey(np.round(255 * np.sqrt(shares)).astype(np.uint8)))
