"""Timings as ratios taken in one run: streamed trajectories against bare network calls, and where the rest goes."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import torch

from flowdemo import bench_detection, bench_shapes
from flowdemo.bench_timing import pair, timed
from flowdemo.data.drawings import draw_street
from flowdemo.engine import Engine, Given
from flowdemo.engine.frames import draw
from flowdemo.engine.messages import message
from flowdemo.errors import InputError
from flowdemo.zoo.devices import device_label

WARM = 2
SEARCHES = 3  # a search takes much longer than a trajectory: one round in so many


def bench(names: list[str], device: str | None, steps: int, rounds: int, browser: bool) -> dict[str, Any]:
    """Time models and print a table.

    Args:
        names: models; all flows and detectors at hand, and the shape priors, if empty.
        device: as for the engine.
        steps: N of the timed trajectory.
        rounds: rounds; each times the bare calls and the stream back to back, in turns the one or the other first, so
            that a busy machine and a clock that falls hit both.
        browser: also start the page and time the first frame in Chromium.

    Returns:
        ``{"device", "threads", "rows": [...], "detectors": [...], "shapes": [...]}``; times in milliseconds,
        medians over rounds.
        ``evaluation_ms`` is a call as runs make it, ``plain_ms`` one of the network unrecorded. ``ratio`` is the median
        of streamed over bare in each round, ``plain_ratio`` over the network unrecorded; ``least_ratio`` that of the
        fastest streamed and the fastest bare round, which other tenants of a shared host disturb least.
    """
    engine = Engine(device)
    flows = [n for n in engine.manifests() if engine.limits(n).max_steps > 1]
    chosen = [engine.add(name) for name in names] or [*flows, *engine.detectors()]
    searching = [name for name in chosen if name in engine.detectors()]
    told = {"device": device_label(engine.device), "threads": torch.get_num_threads(), "steps": steps}
    rows = [_row(engine, name, steps, rounds) for name in chosen if name not in searching]
    searches = [bench_detection.row(engine, name, max(rounds // SEARCHES, 3)) for name in searching]
    shapes = [] if names else bench_shapes.rows(rounds)
    result: dict[str, Any] = told | {"rows": rows, "detectors": searches, "shapes": shapes}
    if browser:
        result["browser"] = _browser(engine, flows[0])
    return result


def _row(engine: Engine, name: str, steps: int, rounds: int) -> dict[str, Any]:
    if engine.limits(name).max_steps == 1:
        raise InputError(f"The model {name!r} has one step only; there is no trajectory to time.", field="model")
    manifest = engine.manifest(name)
    direction = manifest.kind.directions[0]
    given = Given("picture", draw_street(manifest.size)[0])
    request = engine.request({"model": name, "direction": direction, "steps": steps}, given)
    bare = _bare(engine, name, direction, given, steps)
    first_frame: list[float] = []
    kilobytes: list[float] = []

    def streamed() -> None:
        record, begin = engine.start(request, given), time.perf_counter()
        for frame in engine.stream(record):
            if frame.index == 1:
                first_frame.append(time.perf_counter() - begin)
            sent = message(record, frame)
            kilobytes.append(sum(len(v) for v in sent["frame"]["samples"][0].values() if isinstance(v, str)) / 1000)

    for _ in range(WARM):
        bare(), streamed()
    plain = _bare(engine, name, direction, given, steps, plain=True)
    first_frame.clear()
    pairs, slow = [], []
    for turn in range(rounds):
        pairs.append(pair(bare, streamed, swapped=bool(turn % 2)))
        slow.append(timed(plain))
    row = {
        "model": name,
        "evaluation_ms": 1000 * statistics.median(b for b, _ in pairs) / steps,
        "plain_ms": 1000 * statistics.median(slow) / steps,
        "plain_ratio": statistics.median(s / p for (_, s), p in zip(pairs, slow, strict=True)),
        "bare_ms": 1000 * statistics.median(b for b, _ in pairs),
        "streamed_ms": 1000 * statistics.median(s for _, s in pairs),
        "ratio": statistics.median(s / b for b, s in pairs),
        "least_ratio": min(s for _, s in pairs) / min(b for b, _ in pairs),
        "first_step_ms": 1000 * statistics.median(first_frame),
        "draw_ms": 1000 * _drawing(engine, name, direction, given),
        "kilobytes_per_frame": statistics.median(kilobytes),
    }
    print(
        f"{name:24} one call {row['evaluation_ms']:6.1f} ms   "
        f"{steps} calls {row['bare_ms']:7.1f} ms   "
        f"streamed {row['streamed_ms']:7.1f} ms   ratio {row['ratio']:.3f}, fastest rounds {row['least_ratio']:.3f}   "
        f"unrecorded call {row['plain_ms']:6.1f} ms, ratio {row['plain_ratio']:.3f}   "
        f"first step {row['first_step_ms']:6.1f} ms   "
        f"drawing {row['draw_ms']:4.1f} ms and {row['kilobytes_per_frame']:4.1f} kB a frame"
    )
    return row


def _bare(
    engine: Engine, name: str, direction: str, given: Given, steps: int, plain: bool = False
) -> Callable[[], None]:
    """N calls of the network, with what the first step of a run gives it, and nothing else.

    Runs replay a recording of the network (:mod:`~flowdemo.networks.traced`), and so do these calls, unless the
    network itself is asked for.
    """
    system, seen = engine.model(name).system, []
    field = system.field(direction)
    network = field.network

    def noted(*given: torch.Tensor) -> torch.Tensor:
        seen[:] = given
        return network(*given)

    field.network = noted
    with torch.no_grad():
        field(system.start(direction, given.pixels[None]), system.grid(direction, steps)[0])
    network.settle()

    called = network.plain if plain else network

    @torch.no_grad()
    def run() -> None:
        for _ in range(steps):
            called(*seen)
        if seen[0].is_cuda:
            torch.cuda.synchronize()

    return run


def _drawing(engine: Engine, name: str, direction: str, given: Given) -> float:
    """Seconds to draw and encode one frame, alone."""
    system, levels = engine.model(name).system, engine.manifest(name).levels
    steps = list(system.steps(direction, system.start(direction, given.pixels[None]), 2, "euler"))
    before = draw(steps[0], system, 0.0, None, levels)
    return statistics.median(timed(lambda: draw(steps[1], system, 1.0, before, levels)) for _ in range(20))


def _browser(engine: Engine, name: str) -> dict[str, float]:
    """Milliseconds from the click on Run to the first computed frame in the player, median of five, in Chromium.

    Raises:
        InputError: playwright or Chromium is missing.
    """
    try:
        from flowdemo.bench_browser import first_frame
    except ImportError as error:
        raise InputError("--browser needs the package playwright and a Chromium.", field="browser") from error
    result = first_frame(engine, name)
    print(f"browser: click to first computed frame {result['first_frame_ms']:.0f} ms ({result['rounds']} rounds), "
          f"field redrawn in {result['field_redraw_ms']:.0f} ms")  # fmt: skip
    return result
