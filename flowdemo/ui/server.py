"""What the player asks while a person looks: frames it missed, a pixel's path, files to download."""

from __future__ import annotations

import base64
from typing import Any

from flowdemo.engine import Engine
from flowdemo.engine.messages import frame_json, meta
from flowdemo.engine.probe import probe
from flowdemo.engine.products import make


class EngineServer:
    """Answers from the engine's kept runs; nothing is computed by a network here.

    Args:
        engine: whose runs are shown.
    """

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def frames(self, run: str, indices: list[int]) -> list[dict[str, Any]]:
        record = self.engine.runs.get(run)
        return [frame_json(record.drawn[i].frame) for i in indices if i < len(record.drawn)]

    def meta(self, run: str) -> dict[str, Any]:
        return meta(self.engine.runs.get(run))

    def probe(self, run: str, sample: int, x: int, y: int) -> dict[str, Any]:
        return probe(self.engine.runs.get(run), sample, x, y)

    def download(self, run: str, kind: str, index: int, sample: int) -> dict[str, str]:
        product = make(self.engine.runs.get(run), kind, index, sample)
        return {"name": product.name, "mime": product.mime, "data": base64.b64encode(product.data).decode("ascii")}
