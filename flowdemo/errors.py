"""One exception family; every message is one plain sentence fit for a visitor's eyes."""

from __future__ import annotations


class FlowdemoError(Exception):
    """Base of all errors that flowdemo raises on purpose.

    Args:
        message: one sentence that names the thing, the limit and what to do.
        field: the request field or control it concerns (``"steps"``, ``"beta"``, …), if any.
    """

    def __init__(self, message: str, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class InputError(FlowdemoError):
    """A value, picture, mask or recipe a person gave cannot be used."""


class DataError(FlowdemoError):
    """A data folder or array file is missing, incomplete or malformed."""


class ModelError(FlowdemoError):
    """A checkpoint is unknown, damaged, or not what its manifest says."""


class EngineError(FlowdemoError):
    """A run could not be finished: out of memory, out of time, or not finite."""


class Cancelled(EngineError):
    """The run was stopped on request; frames finished so far stay valid."""
