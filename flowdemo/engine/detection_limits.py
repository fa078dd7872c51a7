"""What a request to a detector may ask."""

from __future__ import annotations

from flowdemo.flow.gradings import AGGREGATIONS, MAX_PATHS, MAX_TIMES, WEIGHTS
from flowdemo.request import Limits, Setting
from flowdemo.zoo.manifest import Manifest


def detection_limits(manifest: Manifest) -> Limits:
    """Steps are the times T; the paths K are a setting."""
    flow = manifest.flow
    return Limits(
        model=manifest.name,
        directions=manifest.kind.directions,
        max_steps=MAX_TIMES,
        default_steps=manifest.steps,
        random=(),
        settings={
            "paths": Setting(float(flow["paths"]), 1, MAX_PATHS, whole=True),
            "weight": Setting(words=_first(flow["weight"], tuple(WEIGHTS))),
            "aggregation": Setting(words=_first(flow["aggregation"], AGGREGATIONS)),
            "share": Setting(float(flow["share"]), 0.01, 1.0),
        },
    )


def _first(word: str, words: tuple[str, ...]) -> tuple[str, ...]:
    return (word, *(other for other in words if other != word))
