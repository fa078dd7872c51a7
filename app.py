"""flowdemo: the page. Start it with ``python app.py``."""

from __future__ import annotations

import os

from flowdemo.threads import set_policy

os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")
set_policy(serving=True)  # before any numerical import

from flowdemo.ui.page import build, launch  # noqa: E402

if __name__ == "__main__":
    launch(build())
