"""The model zoo: folders that describe themselves, verified before anything of them is used.

What needs torch (``Model``, ``load``, ``save_model``) is imported when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowdemo.zoo.folders import available, find, read_manifest
from flowdemo.zoo.manifest import Manifest

if TYPE_CHECKING:
    from flowdemo.zoo.models import Model, load
    from flowdemo.zoo.storage import save_model

__all__ = ["Manifest", "Model", "available", "find", "load", "read_manifest", "save_model"]


def __getattr__(name: str) -> Any:
    if name in ("Model", "load"):
        from flowdemo.zoo import models

        return getattr(models, name)
    if name == "save_model":
        from flowdemo.zoo.storage import save_model

        return save_model
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
