"""flowdemo: the page. Start it with ``python app.py``."""

from __future__ import annotations

import os

# Before any numerical import: spinning OpenMP workers slow a small shared host down by an order of magnitude.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

from flowdemo.ui.page import build, launch

if __name__ == "__main__":
    launch(build())
