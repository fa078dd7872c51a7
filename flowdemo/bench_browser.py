"""The part of the benchmark that needs a browser: click to first computed frame, and redraws under a drag."""

from __future__ import annotations

import io
import os
import shutil
import statistics
from typing import Any

import numpy as np
from PIL import Image

from flowdemo.engine import Engine
from flowdemo.errors import InputError

ROUNDS = 5
MOVES = 20
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
# Counted by the browser's own clock, from the click to the first frame after the start that the player holds.
WAIT = """() => new Promise((done) => {
  const player = document.querySelector("#player .fd-player").fdPlayer, before = player.run;
  document.querySelector("#run").click();
  const begin = performance.now();
  const look = () => {
    if (player.run !== before && player.newest >= 1) done(performance.now() - begin);
    else requestAnimationFrame(look);
  };
  look();
})"""


def first_frame(engine: Engine, name: str) -> dict[str, Any]:
    """Milliseconds from the click on Run to the first computed frame held by the player, and of a redraw of the field
    laboratory; medians.

    Raises:
        InputError: no Chromium is found.
        ImportError: playwright is not installed.
    """
    from playwright.sync_api import sync_playwright

    from flowdemo.ui.page import build, launch

    program = os.environ.get("FLOWDEMO_CHROMIUM") or next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        raise InputError("--browser needs Chromium; install it or set FLOWDEMO_CHROMIUM.", field="browser")
    demo = build(engine)
    _, url, _ = launch(demo, prevent_thread_lock=True, quiet=True)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            page.goto(url)
            page.wait_for_selector("#run")
            page.set_input_files("#photo input[type=file]", _picture(engine, name))
            page.wait_for_selector("#photo img")
            times = [_round(page) for _ in range(ROUNDS + 1)][1:]
            redraws = _redraws(page)
            browser.close()
    finally:
        demo.close(verbose=False)
    return {"first_frame_ms": statistics.median(times), "rounds": ROUNDS, "model": name,
            "field_redraw_ms": statistics.median(redraws)}  # fmt: skip


def _redraws(page: Any) -> list[float]:
    """Milliseconds that the plane of the field laboratory takes to follow a dragged code: field, paths and plots."""
    page.get_by_role("tab", name="Field lab").click()
    page.wait_for_function("() => document.querySelector('.fl-plane')?.fdPlane?.scale > 0")
    move = "() => document.querySelector('.fl-plane').fdPlane.timeMove()"
    return [float(page.evaluate(move)) for _ in range(MOVES + 3)][3:]


def _round(page: Any) -> float:
    elapsed = page.evaluate(WAIT)
    page.wait_for_function("() => !document.querySelector('#run').disabled")
    return float(elapsed)


def _picture(engine: Engine, name: str) -> dict[str, Any]:
    width, height = engine.manifest(name).size
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return {"name": "noise.png", "mimeType": "image/png", "buffer": buffer.getvalue()}
