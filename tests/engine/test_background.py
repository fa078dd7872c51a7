"""A process that ends in the middle of a run ends cleanly."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LEAVES = """
import threading, time
from flowdemo.engine.background import compute
import torch

def work(stop, began):
    image = torch.randn(1, 32, 96, 96)
    layer = torch.nn.Conv2d(32, 32, 3)
    while not stop.is_set():
        layer(image)
        began.set()
    print("stopped", flush=True)

stop, began = threading.Event(), threading.Event()
compute(work, stop, began, stop=stop)
began.wait()
"""
FINISHES = """
import time
from flowdemo.engine.background import compute

def work():
    time.sleep(0.5)
    print("finished", flush=True)

compute(work)
"""


@pytest.mark.parametrize(("script", "told"), [(LEAVES, "stopped"), (FINISHES, "finished")])
def test_the_end_of_the_process_stops_threads_or_waits_for_them(script: str, told: str) -> None:
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == told
