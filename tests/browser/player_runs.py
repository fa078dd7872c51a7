"""Synthetic runs whose every pixel is known, a server that answers for them, and a page for the player."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gradio as gr
import numpy as np
from PIL import Image

from flowdemo.engine.messages import SETTLING
from flowdemo.errors import InputError
from flowdemo.ui.widgets.player import TrajectoryPlayer

HOSTILE = '<img src=x onerror="window.hacked=1">'
NAMES = ("background", "cytoplasm", "nucleus", f"debris {HOSTILE}")
COLORS = ((232, 226, 212), (120, 180, 214), (88, 62, 132), (214, 137, 74))
CODES = np.array([[-1, -1, -1], [-1, 0.8, 0.9], [0.9, -0.9, 0.7], [0.8, 0.6, -0.9]])
PAINT = np.array([[0.55, 0.5, 0.3], [0.45, 0.25, 0.5], [-0.2, -0.55, 0.35], [0.5, -0.1, -0.3]])
PALETTE = {
    "classes": [
        {"index": i, "name": n, "color": list(c)} for i, (n, c) in enumerate(zip(NAMES, COLORS, strict=True))
    ],
    "ignore": {"index": 4, "name": "void", "color": [0, 0, 0]},
}


def png(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "PNG")
    return buffer.getvalue()


def jpeg(array: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(array).save(buffer, "JPEG", quality=88)
    return buffer.getvalue()


def url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


def draw_mask(width: int, height: int, shift: float) -> np.ndarray:
    """uint8 [height, width]: a cell with three lobes, and a speck of debris."""
    y, x = np.mgrid[:height, :width] / height
    x = x - (width / height - 1) / 2
    mask = np.zeros((height, width), np.uint8)
    mask[
        np.hypot(x - 0.5, (y - 0.5) * 1.1) < 0.36 + 0.02 * np.sin(9 * np.arctan2(y - 0.5, x - 0.5) + shift)
    ] = 1
    for cx, cy, r in ((0.46, 0.36, 0.13), (0.62, 0.5, 0.12), (0.44, 0.62, 0.11)):
        mask[np.hypot(x - cx - 0.02 * np.sin(shift), y - cy) < r] = 2
    mask[np.hypot(x - 0.93, y - 0.16) < 0.07] = 3
    return mask


@dataclass
class Synthetic:
    """x(p) = (1 − p)·a + p·b + p·(1 − p)·bend, between a picture and the codes of its mask."""

    run: str
    steps: int = 10
    count: int = 1
    direction: str = "image-to-mask"
    width: int = 64
    height: int = 48
    pause: float = 0.0
    origin: str = "live"
    states: list[np.ndarray] = field(default_factory=list)  # per frame [samples, height, width, 3]

    def __post_init__(self) -> None:
        noise = np.random.default_rng(5)
        self.masks = np.stack([draw_mask(self.width, self.height, 2.0 * k) for k in range(self.count)])
        grain = (
            noise.normal(0, 0.07, (self.count, self.height // 4, self.width // 4, 3))
            .repeat(4, 1)
            .repeat(4, 2)
        )
        tint = noise.normal(0, 0.08, (self.count, 1, 1, 3))
        picture, code = np.clip(PAINT[self.masks] + grain + tint, -1, 1), CODES[self.masks]
        start, end = (code, picture) if self.back else (picture, code)
        bend = (
            noise.normal(0, 0.5, (self.count, self.height // 8, self.width // 8, 3)).repeat(8, 1).repeat(8, 2)
        )
        for i in range(self.steps + 1):
            p = i / self.steps
            self.states.append(np.clip((1 - p) * start + p * end + p * (1 - p) * bend, -1, 1))
        self.speeds = [
            np.linalg.norm(b - a, axis=-1) * self.steps
            for a, b in zip(self.states, self.states[1:], strict=False)
        ]
        distance = [np.linalg.norm(s[..., None, :] - CODES, axis=-1) for s in self.states]
        self.classes = [d.argmin(-1).astype(np.uint8) for d in distance]
        self.distances = [d.min(-1) * 127.5 for d in distance]
        self.settling, same = self.read() if self.back else self.kept()
        self.settled = [float(s.mean()) for s in same]
        self.changed = [None] + [
            float((a != b).mean()) for a, b in zip(self.classes, self.classes[1:], strict=False)
        ]

    def kept(self) -> tuple[np.ndarray, np.ndarray]:
        """Step from which on pixels keep their class, and whether they do at each step."""
        same = np.cumprod(np.stack([c == self.classes[-1] for c in self.classes])[::-1], axis=0)[::-1]
        return (1 - same).sum(0).astype(np.uint8), same

    def read(self) -> tuple[np.ndarray, np.ndarray]:
        """Step at which pixels stop reading as painted, or the last, and whether they do at each step."""
        same = np.stack([c == self.masks for c in self.classes])
        return np.where(same.all(0), self.steps, same.argmin(0)).astype(np.uint8), same

    @property
    def back(self) -> bool:
        return self.direction == "mask-to-image"

    def times(self) -> list[float]:
        return [1 - i / self.steps if self.back else i / self.steps for i in range(self.steps + 1)]

    def picture(self, index: int, sample: int) -> np.ndarray:
        return np.round((self.states[index][sample] + 1) * 127.5).astype(np.uint8)

    def meta(self) -> dict[str, Any]:
        arrow = "mask → image" if self.back else "image → mask"
        return {
            "model": "toy", "model_label": "Toy cells", "system": "SemFlow", "direction": self.direction,
            "frames": self.steps + 1, "steps": self.steps, "solver": "euler", "solver_label": "Euler",
            "beta": 51.0, "seed": 7, "samples": self.count, "size": [self.width, self.height],
            "origin": self.origin, "device": "CPU, 2 cores", "palette": PALETTE,
            "views": ["state", "classes", "overlay", "speed"], "view": "state",
            "input": url(jpeg(self.picture(0, 0)), "image/jpeg"), "codes": CODES.tolist(),
            "time": {"symbol": "t", "start": self.times()[0], "end": self.times()[-1]},
            "title": f"SemFlow · {arrow} · Euler · seed 7", "note": None,
            "settling_label": SETTLING["mask" if self.back else "picture"],
        }  # fmt: skip

    def sample(self, index: int, k: int) -> dict[str, Any]:
        scale = float(max(self.speeds[index - 1][k].max(), 1e-6)) if index else 0.0
        grey = np.round(self.speeds[index - 1][k] / scale * 255).astype(np.uint8) if index else None
        return {
            "state": url(jpeg(self.picture(index, k)), "image/jpeg"),
            "classes": url(png(self.classes[index][k]), "image/png"),
            "speed": None if grey is None else url(jpeg(grey), "image/jpeg"),
            "speed_scale": scale,
        }

    def frame(self, index: int) -> dict[str, Any]:
        speed = float(self.speeds[index - 1].mean()) if index else None
        return {
            "index": index, "progress": index / self.steps, "t": self.times()[index], "evaluations": index,
            "seconds": 0.012 + 0.031 * index, "samples": [self.sample(index, k) for k in range(self.count)],
            "numbers": {
                "mean_speed": speed,
                "changed": self.changed[index],
                "step_seconds": 0.031 if index else None,
            },
        }  # fmt: skip

    def end(
        self, status: str = "done", last: int | None = None, message: str | None = None
    ) -> dict[str, Any]:
        last = self.steps if last is None else last
        speeds = [None] + [float(s.mean()) for s in self.speeds[:last]]
        return {
            "status": status,
            "message": message,
            "numbers": {"path_length": 1.73, "straightness": 0.912, "evaluations": last, "seconds": 0.32},
            "curves": {
                "speed": speeds,
                "changed": self.changed[: last + 1],
                "settled": self.settled[: last + 1],
            },
            "settling": [url(png(self.settling[k]), "image/png") for k in range(self.count)],
        }

    def message(
        self, index: int | None, *, meta: bool = False, end: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        return {
            "run": self.run,
            "meta": self.meta() if meta else None,
            "frame": None if index is None else self.frame(index),
            "end": end,
        }

    def stream(self) -> Iterator[dict[str, Any]]:
        for i in range(self.steps + 1):
            time.sleep(self.pause)
            yield self.message(i, meta=i == 0)
        yield self.message(None, end=self.end())


class FakeServer:
    """Answers for all synthetic runs; keeps the questions."""

    def __init__(self) -> None:
        self.runs: dict[str, Synthetic] = {}
        self.questions: list[tuple[Any, ...]] = []

    def new(self, **settings: Any) -> Synthetic:
        run = Synthetic(f"run-{len(self.runs):06d}", **settings)
        self.runs[run.run] = run
        return run

    def frames(self, run: str, indices: list[int]) -> list[dict[str, Any]]:
        self.questions.append(("frames", run, indices))
        return [self.runs[run].frame(i) for i in indices if i <= getattr(self.runs[run], "reached", 10**6)]

    def meta(self, run: str) -> dict[str, Any]:
        self.questions.append(("meta", run))
        return self.runs[run].meta()

    def probe(self, run: str, sample: int, x: int, y: int) -> dict[str, Any]:
        self.questions.append(("probe", run, sample, x, y))
        known = self.runs[run]
        return {
            "path": [state[sample, y, x].tolist() for state in known.states],
            "classes": [int(c[sample, y, x]) for c in known.classes],
            "t": known.times(),
            "settled": int(known.kept()[0][sample, y, x]),
            "straightness": 0.93,
            "distance": [float(d[sample, y, x]) for d in known.distances],
        }

    def download(self, run: str, kind: str, index: int, sample: int) -> dict[str, str]:
        self.questions.append(("download", run, kind, index, sample))
        known = self.runs[run]
        if kind == "sheet":
            raise InputError("A sheet of <b>this</b> run would be too large; save the frames instead.")
        data, mime, suffix = self._file(known, kind, index, sample)
        return {"name": f"toy_{kind}_seed7.{suffix}", "mime": mime, "data": base64.b64encode(data).decode()}

    def _file(self, run: Synthetic, kind: str, index: int, sample: int) -> tuple[bytes, str, str]:
        if kind == "mask":
            return png(run.classes[-1][sample]), "image/png", "png"
        if kind == "recipe":
            return json.dumps({"model": "toy", "seed": 7}).encode(), "application/json", "json"
        if kind in {"gif", "webp"}:
            buffer = io.BytesIO()
            first, *rest = [Image.fromarray(run.picture(i, sample)) for i in range(run.steps + 1)]
            first.save(buffer, kind.upper(), save_all=True, append_images=rest, duration=80)
            return buffer.getvalue(), f"image/{kind}", kind
        if kind == "zip":
            buffer = io.BytesIO()
            with zipfile.ZipFile(buffer, "w") as archive:
                for i in range(run.steps + 1):
                    archive.writestr(f"{i:03d}.png", png(run.picture(i, sample)))
            return buffer.getvalue(), "application/zip", "zip"
        return png(run.picture(index if kind == "frame" else run.steps, sample)), "image/png", "png"


def build(server: FakeServer, stop: threading.Event) -> gr.Blocks:
    """Buttons that push runs of every kind into one player, and a second one in a tab nobody has opened."""

    def run() -> Iterator[dict[str, Any]]:
        yield from server.new(pause=0.12).stream()

    def stopped() -> Iterator[dict[str, Any]]:
        known = server.new(steps=50, pause=0.1)
        stop.clear()
        for i in range(51):
            known.reached = i
            yield known.message(i, meta=i == 0)
            if stop.wait(0.1):
                break
        yield known.message(None, end=known.end("stopped", known.reached))

    def failing() -> Iterator[dict[str, Any]]:
        known = server.new(steps=10)
        known.reached = 3
        for i in range(4):
            yield known.message(i, meta=i == 0)
            time.sleep(0.02)
        yield known.message(
            None, end=known.end("failed", 3, f"The model ran out of memory {HOSTILE}; use fewer steps.")
        )

    def lossy() -> Iterator[dict[str, Any]]:
        known = server.new(steps=10)
        for i in (0, 4, 9):
            yield known.message(i)
            time.sleep(0.05)
        yield known.message(None, end=known.end())

    def stored() -> dict[str, Any]:
        known = server.new(steps=25, origin="stored")
        return known.message(25, meta=True, end=known.end())

    def seeds() -> Iterator[dict[str, Any]]:
        yield from server.new(steps=5, count=4, direction="mask-to-image").stream()

    with gr.Blocks() as demo:
        with gr.Row():
            jobs = {
                "Run": run,
                "Long": stopped,
                "Fail": failing,
                "Lossy": lossy,
                "Stored": stored,
                "Seeds": seeds,
            }
            buttons = {
                name: gr.Button(name, min_width=40, size="sm") for name in [*jobs, "Stop", "Fill second"]
            }
        with gr.Tabs():
            with gr.Tab("First"):
                player = TrajectoryPlayer(server)
            with gr.Tab("Second"):
                second = TrajectoryPlayer(server)
        for name, job in jobs.items():
            buttons[name].click(job, None, player, show_progress="hidden")
        buttons["Stop"].click(stop.set, None, None, queue=False)
        buttons["Fill second"].click(seeds, None, second, show_progress="hidden")
    return demo
