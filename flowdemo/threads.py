"""The thread policy, set through the environment before any numerical import."""

from __future__ import annotations

import os


def set_policy(serving: bool) -> None:
    """Choose thread counts and waiting for this process; what the environment says already stays.

    Spinning OpenMP workers slow a small shared host down by an order of magnitude, so they wait passively. While
    serving, one core is left to drawing and the server: on two cores a streamed trajectory then ends sooner than with
    both given to the network, whose threads wait for each other at every layer.

    Args:
        serving: whether frames are drawn while the network works; training and evaluation take all cores.
    """
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # numpy's own pool would fight with the network's
    if serving:
        os.environ.setdefault("OMP_NUM_THREADS", str(max((os.cpu_count() or 2) - 1, 1)))
