"""flowdemo: interactive demonstrations of flow-based vision models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["__version__", "load", "run"]

if TYPE_CHECKING:
    from flowdemo.engine import run as run
    from flowdemo.zoo import load as load


def __getattr__(name: str) -> Any:
    """Import the heavy rooms only when they are asked for, so that ``import flowdemo`` stays light."""
    if name == "load":
        from flowdemo.zoo import load

        return load
    if name == "run":
        from flowdemo.engine import run

        return run
    raise AttributeError(f"module 'flowdemo' has no attribute {name!r}")
