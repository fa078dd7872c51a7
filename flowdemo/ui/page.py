"""The page: header, tabs, launch options."""

from __future__ import annotations

from typing import Any

import gradio as gr

from flowdemo.engine import Engine
from flowdemo.engine.core import device_label
from flowdemo.ui import api
from flowdemo.ui.runner import Runner
from flowdemo.ui.tabs import about, trajectory
from flowdemo.ui.theme import STYLE, theme

CACHE = (1800, 7200)  # seconds between sweeps of uploaded files, and their age when they go


def build(engine: Engine | None = None) -> gr.Blocks:
    """The whole page as blocks; pass them to :func:`launch`."""
    engine = engine or Engine()
    runner = Runner(engine)
    with gr.Blocks(title="flowdemo", analytics_enabled=False, fill_width=True, delete_cache=CACHE) as demo:
        gr.HTML(_header(engine), elem_id="header", padding=False)
        with gr.Tabs(elem_classes="fd-tabs"):
            with gr.Tab("Trajectory", id="trajectory"):
                opening, player = trajectory.build(runner)
            with gr.Tab("About", id="about"):
                about.build(engine)
        demo.load(opening, None, player, show_progress="hidden", queue=False, api_visibility="private")
        api.add(runner)
    return demo.queue(max_size=32, default_concurrency_limit=4)


def launch(demo: gr.Blocks, **options: Any) -> Any:
    """``demo.launch`` with this project's settings: nothing readable but uploads, no monitoring, no history."""
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
        "app_kwargs": {"docs_url": None, "redoc_url": None, "openapi_url": None},
    }
    return demo.launch(**(settings | options))


def _header(engine: Engine) -> str:
    device = device_label(engine.device)
    return (
        '<header class="fd-header"><h1>flowdemo</h1><p>Watch a flow turn photographs into masks, and masks into '
        f'photographs.</p><span class="fd-badge">{device}</span></header>'
    )
