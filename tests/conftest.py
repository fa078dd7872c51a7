"""What all tests share: one torch thread, patient properties, tiny models, pictures, and a served page.

Fixtures
    tiny_models   a folder of small random models, at hand by ``FLOWDEMO_MODELS`` for the whole session. Names, in
                  ``tiny.py``: ``POSTERIOR`` and ``VELOCITY`` (SemFlow, 3 classes, ignore label, 32 × 32), ``ONE_STEP``
                  (discriminative, of the same classes), ``JOINT`` and ``LEVELS`` (SymmFlow, of the same classes for
                  every pixel, and for the whole of a grey picture).
    engine        an engine of its own on these models, on the CPU.
    shared_engine one for the whole session, its models loaded once; for tests that leave it as it was.
    photo, mask   bytes of a PNG of 48 × 40 pixels, and of an index mask of 32 × 32.
    site          the page, served on a free port of this machine for the whole session.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import settings
from tiny import (
    CLASSES,
    JOINT,
    LEVELS,
    ONE_STEP,
    POSTERIOR,
    VELOCITY,
    mask_labels,
    png_bytes,
    write_tiny_model,
    write_tiny_symmflow,
)

if TYPE_CHECKING:
    from flowdemo.engine import Engine

# More torch threads than there are free cores slow every test down, and sums depend on their number; read at import.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# Blocks that a test builds must not call home; read when they are built.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")

settings.register_profile("flowdemo", deadline=None, database=None, print_blob=True)
settings.load_profile("flowdemo")


@pytest.fixture(scope="session")
def tiny_models(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("models")
    for seed, (name, system, prediction, out) in enumerate(
        (
            (POSTERIOR, "semflow", "posterior", 3 + len(CLASSES) + 1),
            (VELOCITY, "semflow", "velocity", 3),
            (ONE_STEP, "discriminative", "logits", len(CLASSES)),
        )
    ):
        write_tiny_model(folder / name, name, system, prediction, out, seed)
    write_tiny_symmflow(folder / JOINT, JOINT, "pixel", 3)
    write_tiny_symmflow(folder / LEVELS, LEVELS, "global", 4)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FLOWDEMO_MODELS", str(folder))
        yield folder


@pytest.fixture
def engine(tiny_models: Path) -> Engine:
    from flowdemo.engine import Engine

    return Engine("cpu")


@pytest.fixture(scope="session")
def shared_engine(tiny_models: Path) -> Engine:
    from flowdemo.engine import Engine

    return Engine("cpu")


@pytest.fixture(scope="session")
def photo() -> bytes:
    return png_bytes(np.random.default_rng(0).integers(0, 256, (40, 48, 3), dtype=np.uint8))


@pytest.fixture(scope="session")
def mask() -> bytes:
    return png_bytes(mask_labels())


@dataclass(frozen=True)
class Site:
    """A served page: its address (with a slash at the end), its blocks, and the engine behind it."""

    url: str
    demo: Any
    engine: Any


@pytest.fixture(scope="session")
def site(shared_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    from flowdemo.ui import examples
    from flowdemo.ui.page import build, launch

    with pytest.MonkeyPatch.context() as patch:  # the page opens with a stored run where there is one
        patch.setattr(examples, "STORED", tmp_path_factory.mktemp("stored"))
        demo = build(shared_engine)
    _, url, _ = launch(demo, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    yield Site(url, demo, shared_engine)
    demo.close(verbose=False)
