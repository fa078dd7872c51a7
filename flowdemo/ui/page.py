"""The page: header, tabs, launch options."""

from __future__ import annotations

import html
from typing import Any

import gradio as gr

from flowdemo.engine import Engine
from flowdemo.engine.background import compute
from flowdemo.engine.detector import Detector
from flowdemo.engine.shaper import Shaper
from flowdemo.errors import ModelError
from flowdemo.ui import api, api_shape
from flowdemo.ui.comparison_families import families
from flowdemo.ui.guard import plain
from flowdemo.ui.readings import offers
from flowdemo.ui.runner import Runner
from flowdemo.ui.tabs import about, anomaly, compare, fieldlab, labels, learn, shape, trajectory
from flowdemo.ui.theme import STYLE, theme
from flowdemo.zoo.devices import device_label

MAX_BODY = 18 << 20  # bytes of one request: a file of 12 MB as base64, and the rest of the message
CACHE = (1800, 7200)  # seconds between sweeps of uploaded files, and their age when they go


def build(engine: Engine | None = None) -> gr.Blocks:
    """The whole page as blocks; pass them to :func:`launch`. Neither loads a model nor imports what models need.

    Raises:
        ModelError: there is no model to show.
    """
    engine = engine or Engine()
    if not engine.manifests():
        raise ModelError("There are no models here; put model folders into checkpoints or name their folder.")
    runner, detector, shaper = Runner(engine), Detector(engine), Shaper()
    with gr.Blocks(title="flowdemo", analytics_enabled=False, fill_width=True, delete_cache=CACHE) as demo:
        header = gr.HTML(_header("starting"), elem_id="header", padding=False)
        with gr.Tabs(elem_classes="fd-tabs"):
            with gr.Tab("Trajectory", id="trajectory"):
                opening, shown = trajectory.build(runner)
            if offers(engine):
                with gr.Tab("Classify & generate", id="labels"):
                    labels.build(runner)
            if families(engine):
                with gr.Tab("Compare", id="compare"):
                    compare.build(runner)
            with gr.Tab("Field lab", id="fieldlab"):
                fieldlab.build(runner)
            if engine.detectors():
                with gr.Tab("Anomaly", id="anomaly"):
                    anomaly.build(detector)
            with gr.Tab("Shape", id="shape"):
                shape.build(shaper, engine)
            with gr.Tab("Learn", id="learn"):
                learn.build()
            with gr.Tab("About", id="about"):
                about.build(engine)
        quiet = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
        demo.load(opening, None, shown, **quiet)
        demo.load(plain(lambda: _header(device_label(engine.device))), None, header, **quiet)
        api.add(runner)
        api_shape.add(shaper)
        if engine.detectors():
            api.add_anomaly(detector)
    demo.engine = engine
    return demo.queue(max_size=32, default_concurrency_limit=4)


def launch(demo: gr.Blocks, **options: Any) -> Any:
    """``demo.launch`` with this project's settings: nothing readable but uploads, no monitoring, no history.

    Once the page is served, a thread gets the first model ready.
    """
    settings = {
        "theme": theme(),
        "css_paths": [STYLE],
        "max_file_size": "12mb",
        "allowed_paths": [],
        "show_error": False,
        "enable_monitoring": False,
        "ssr_mode": False,
        "run_history": False,
        "footer_links": ["api", "settings"],
        "state_session_capacity": 500,
        "app_kwargs": {
            "docs_url": None,
            "redoc_url": None,
            "openapi_url": None,
            "max_body_size": MAX_BODY,
        },
    }
    wait = not options.pop("prevent_thread_lock", False)
    served = demo.launch(**(settings | options), prevent_thread_lock=True)
    compute(demo.engine.warm)
    if wait:
        demo.block_thread()
    return served


def _header(device: str) -> str:
    return (
        '<header class="fd-header"><h1>flowdemo</h1><p>Watch a flow turn photographs into masks, and masks into '
        f'photographs.</p><span class="fd-device" title="Where the models run">{html.escape(device)}</span></header>'
    )
