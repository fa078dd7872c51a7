"""Synthetic joint runs, of both forms of labels, whose every pixel is known; a server for them, and a page."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import gradio as gr
import numpy as np
from player_runs import CODES, PAINT, PALETTE, FakeServer, draw_mask, png, url

from flowdemo.engine.messages import SETTLING
from flowdemo.ui.widgets.player import TrajectoryPlayer

THINGS = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TINTS = ((90, 140, 200), (200, 60, 60), (120, 180, 90), (220, 160, 70), (150, 110, 70), (190, 150, 110),
         (70, 140, 70), (130, 90, 60), (60, 90, 150), (110, 110, 120))  # fmt: skip
THING_PALETTE = {
    "classes": [{"index": i, "name": name, "color": list(TINTS[i])} for i, name in enumerate(THINGS)],
    "ignore": None,
}
LEVELS = np.linspace(-2, 2, len(THINGS))
SPACING = 4 / 9
GIVEN = 6  # class of the picture, or the class that was given


def levels_of(state: np.ndarray) -> np.ndarray:
    """Float [-1, 1] → uint8, as the pictures are sent."""
    return np.round((np.clip(state, -1, 1) + 1) * 127.5).astype(np.uint8)


@dataclass
class Joint:
    """Both halves go straight between noise and data: half(c) = c · data + (1 − c) · noise, c how clean it is.

    ``still``: as of a classifier, whose image stays as it was given and whose time runs towards the label.
    """

    run: str
    direction: str = "image-to-mask"
    steps: int = 5
    count: int = 1
    width: int = 64
    height: int = 48
    pause: float = 0.0
    still: bool = False

    def __post_init__(self) -> None:
        random = np.random.default_rng(3)
        mask = draw_mask(self.width, self.height, 0.0)
        tile = np.kron(random.normal(0, 0.1, (self.height // 4, self.width // 4)), np.ones((4, 4)))
        picture = np.clip(PAINT[mask] + tile[..., None], -1, 1)
        label = np.full((self.height, self.width, 1), LEVELS[GIVEN] / 2) if self.whole else CODES[mask]
        shape = (self.count, self.height, self.width)
        noise = {"image": random.normal(0, 0.6, (*shape, 3)), "label": random.normal(0, 0.5, (*shape, label.shape[-1]))}
        noise["label"] += np.linspace(-0.4, 0.4, 2 * self.count + 1)[1::2].reshape(-1, 1, 1, 1)  # samples that differ
        data = {"image": picture, "label": label}
        self.halves = {
            half: [self._clean(half, i) * data[half] + (1 - self._clean(half, i)) * noise[half]
                   for i in range(self.steps + 1)]
            for half in data
        }  # fmt: skip
        self.classes = [np.linalg.norm(s[..., None, :] - CODES, axis=-1).argmin(-1).astype(np.uint8)
                        for s in self.halves["label"]]  # fmt: skip
        self.means = [2 * s.mean((1, 2, 3)) for s in self.halves["label"]]  # [frames][samples]

    @property
    def whole(self) -> bool:
        return self.direction in ("image-to-label", "label-to-image")

    @property
    def forms(self) -> str:
        return "image" if self.direction.endswith("-to-image") else "label"

    @property
    def times(self) -> list[float]:
        grid = [i / self.steps for i in range(self.steps + 1)]
        return grid if self.forms == "image" or self.still else [1 - t for t in grid]

    def _clean(self, half: str, index: int) -> float:
        if self.still:
            return 1.0 if half == "image" else self.times[index]
        return self.times[index] if half == "image" else 1 - self.times[index]

    def picture(self, half: str, index: int, sample: int) -> np.ndarray:
        """What is sent of a half: uint8 [height, width, 3]; of whole labels one grey channel, repeated."""
        return np.broadcast_to(levels_of(self.halves[half][index][sample]), (self.height, self.width, 3))

    def speed(self, half: str, index: int, sample: int) -> np.ndarray | None:
        """Float [height, width], or None at the start."""
        if not index:
            return None
        return (
            np.linalg.norm(self.halves[half][index][sample] - self.halves[half][index - 1][sample], axis=-1)
            * self.steps
        )

    def top_speed(self) -> float:
        return max(float(self.speed(half, i, k).max()) for half in self.halves
                   for i in range(1, self.steps + 1) for k in range(self.count))  # fmt: skip

    def nearest(self, index: int, sample: int) -> int:
        return int(np.abs(LEVELS - self.means[index][sample]).argmin())

    def meta(self) -> dict[str, Any]:
        palette = THING_PALETTE if self.whole else PALETTE
        to_image = self.forms == "image"
        given = None if self.direction == "label-to-image" else url(png(self._given()), "image/png")
        return {
            "model": "toy", "model_label": "Toy pairs", "system": "SymmFlow", "direction": self.direction,
            "frames": self.steps + 1, "steps": self.steps, "solver": "euler", "solver_label": "Euler",
            "beta": (0.25 if self.whole else 51.0) if to_image else None,
            "beta_unit": "level spacings" if self.whole else "grey levels",
            "seed": 7, "samples": self.count, "size": [self.width, self.height], "origin": "live",
            "device": "CPU, 2 cores", "palette": palette,
            "views": ["state", "speed"] if self.whole else ["state", "classes", "overlay", "speed"], "view": "state",
            "input": given, "label": GIVEN if self.direction == "label-to-image" else None,
            "pair": {"forms": self.forms, "labels": "global" if self.whole else "pixel", "dissolves": not self.still},
            "levels": LEVELS.tolist() if self.whole else None,
            "codes": np.repeat(LEVELS[:, None] / 2, 3, 1).tolist() if self.whole else CODES.tolist(),
            "time": {"symbol": "t", "start": self.times[0], "end": self.times[-1]},
            "title": f"SymmFlow · {self.direction.replace('-to-', ' → ')} · Euler · seed 7", "note": None,
            "settling_label": SETTLING["label" if self.whole else "mask" if to_image else "picture"],
        }  # fmt: skip

    def _given(self) -> np.ndarray:
        if self.direction == "mask-to-image":
            return np.array([entry["color"] for entry in PALETTE["classes"]], np.uint8)[self.classes[0][0]]
        return self.picture("image", 0, 0)

    def _half(self, half: str, index: int, k: int) -> dict[str, Any]:
        speed = self.speed(half, index, k)
        scale = 0.0 if speed is None else float(speed.max())
        grey = (
            None if speed is None else url(png(np.round(speed / max(scale, 1e-6) * 255).astype(np.uint8)), "image/png")
        )
        state = np.ascontiguousarray(self.picture(half, index, k))
        return {"state": url(png(state), "image/png"), "speed": grey, "speed_scale": scale}

    def sample(self, index: int, k: int) -> dict[str, Any]:
        mean = float(self.means[index][k])
        distances = (np.abs(LEVELS - mean) / SPACING).tolist()
        return {
            **self._half("label", index, k),
            "classes": None if self.whole else url(png(self.classes[index][k]), "image/png"),
            "partner": self._half("image", index, k),
            "level": {"mean": mean, "distances": distances, "nearest": self.nearest(index, k)} if self.whole else None,
        }

    def frame(self, index: int) -> dict[str, Any]:
        speeds = [self.speed("label", index, k) for k in range(self.count)]
        return {
            "index": index, "progress": index / self.steps, "t": self.times[index], "evaluations": index,
            "seconds": 0.02 * index, "samples": [self.sample(index, k) for k in range(self.count)],
            "numbers": {"mean_speed": float(np.mean(speeds)) if index else None,
                        "changed": None if self.whole or not index else self._changed(index),
                        "step_seconds": 0.02 if index else None},
        }  # fmt: skip

    def _changed(self, index: int) -> float:
        return float((self.classes[index] != self.classes[index - 1]).mean())

    def end(self) -> dict[str, Any]:
        frames = range(self.steps + 1)
        if self.whole:
            wanted = [GIVEN if self.forms == "image" else self.nearest(self.steps, k) for k in range(self.count)]
            settled = [float(np.mean([self.nearest(i, k) == wanted[k] for k in range(self.count)])) for i in frames]
            changed, settling = [None] * (self.steps + 1), []
        else:
            # Until the pixel no longer reads as it was given, or since it reads as in the end.
            wanted = self.classes[0 if self.forms == "image" else -1]
            held = np.stack([c == wanted for c in self.classes][:: 1 if self.forms == "image" else -1])
            same = np.cumprod(held, axis=0)[:: 1 if self.forms == "image" else -1]
            steps = np.minimum(same.sum(0), self.steps) if self.forms == "image" else (1 - same).sum(0)
            settled, changed = [float(s.mean()) for s in same], [None] + [self._changed(i) for i in frames[1:]]
            settling = [url(png(step.astype(np.uint8)), "image/png") for step in steps]
        speeds = [None] + [float(np.mean([self.speed("label", i, k) for k in range(self.count)])) for i in frames[1:]]
        return {
            "status": "done", "message": None, "settling": settling,
            "numbers": {"path_length": 1.21, "straightness": 0.96, "evaluations": self.steps, "seconds": 0.1},
            "curves": {"speed": speeds, "changed": changed, "settled": settled},
        }  # fmt: skip

    def stream(self) -> Iterator[dict[str, Any]]:
        for i in range(self.steps + 1):
            time.sleep(self.pause)
            yield {"run": self.run, "meta": None if i else self.meta(), "frame": self.frame(i), "end": None}
        yield {"run": self.run, "meta": None, "frame": None, "end": self.end()}

    def stored(self) -> dict[str, Any]:
        """The one message of a run that is known already; the browser asks for the other frames."""
        return {"run": self.run, "meta": self.meta(), "frame": self.frame(self.steps), "end": self.end()}


class PairServer(FakeServer):
    """Answers for joint runs beside the others."""

    def joint(self, **settings: Any) -> Joint:
        run = Joint(f"run-{len(self.runs):06d}", **settings)
        self.runs[run.run] = run  # type: ignore[assignment]
        return run

    def probe(self, run: str, sample: int, x: int, y: int) -> dict[str, Any]:
        known = self.runs[run]
        if not isinstance(known, Joint):
            return super().probe(run, sample, x, y)
        self.questions.append(("probe", run, sample, x, y))
        path = [state[sample, y, x] for state in known.halves["label"]]
        return {
            "path": [point.tolist() for point in path],
            "classes": [int(c[sample, y, x]) for c in known.classes],
            "t": known.times,
            "settled": 0,
            "straightness": 1.0,
            "distance": [float(np.linalg.norm(CODES - point, axis=1).min() * 127.5) for point in path],
        }


SMALL = {"width": 32, "height": 32}
JOBS: dict[str, dict[str, Any]] = {
    "Segment": {"direction": "image-to-mask"},
    "Segment 3": {"direction": "image-to-mask", "count": 3},
    "Paint": {"direction": "mask-to-image"},
    "Paint 3": {"direction": "mask-to-image", "count": 3},
    "Classify": {"direction": "image-to-label", **SMALL},
    "Classify 3": {"direction": "image-to-label", "count": 3, **SMALL},
    "Large": {"direction": "mask-to-image", "width": 160, "height": 120},
    "Judge": {"direction": "image-to-label", "steps": 1, "still": True, **SMALL},
    "Imagine": {"direction": "label-to-image", **SMALL},
    "Imagine 3": {"direction": "label-to-image", "count": 3, **SMALL},
}


def build(server: PairServer) -> gr.Blocks:
    """A button for each kind of joint run, one for a live one, one for a run that is not joint, and the player."""

    def plain() -> Iterator[dict[str, Any]]:
        yield from server.new(steps=5).stream()

    def live() -> Iterator[dict[str, Any]]:
        yield from server.joint(direction="image-to-label", count=3, pause=0.1, **SMALL).stream()

    with gr.Blocks() as demo:
        with gr.Row():
            buttons = {name: gr.Button(name, min_width=40, size="sm") for name in [*JOBS, "Live", "Plain"]}
        player = TrajectoryPlayer(server)
        for name, settings in JOBS.items():
            buttons[name].click(
                lambda given=settings: server.joint(**given).stored(), None, player, show_progress="hidden"
            )
        buttons["Live"].click(live, None, player, show_progress="hidden")
        buttons["Plain"].click(plain, None, player, show_progress="hidden")
    return demo
