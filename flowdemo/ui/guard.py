"""What visitors see of trouble: one sentence. What broke inside goes to the server's log."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import Callable, Iterator
from typing import Any

import gradio as gr

from flowdemo.errors import FlowdemoError

FAILED = "The server could not answer; try once more, or load the page again."

log = logging.getLogger(__name__)


class Refusal(gr.Error):
    """One sentence for the visitor; gradio's own error puts it in quotes where a check before the run raises it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, print_exception=False)

    def __str__(self) -> str:
        return self.message


def plain(handler: Callable[..., Any]) -> Callable[..., Any]:
    """The handler, a function or a generator function, with ``gr.Error`` as its only exception."""

    @functools.wraps(handler)
    def call(*args: Any, **kw: Any) -> Any:
        try:
            return handler(*args, **kw)
        except Exception as error:
            raise _shown(error) from None

    @functools.wraps(handler)
    def stream(*args: Any, **kw: Any) -> Iterator[Any]:
        try:
            yield from handler(*args, **kw)
        except Exception as error:
            raise _shown(error) from None

    return stream if inspect.isgeneratorfunction(handler) else call


def answered(ask: Callable[[], Any], what: str) -> Any:
    """Result of a question that the browser asks by itself, or ``{"error": sentence}`` about why there is none.

    Args:
        ask: finds the answer.
        what: failed, for the log.
    """
    try:
        return ask()
    except FlowdemoError as error:
        return {"error": error.message}
    except Exception:
        log.exception("%s failed", what)
        return {"error": FAILED}


def _shown(error: Exception) -> gr.Error:
    if isinstance(error, gr.Error):
        return error
    if isinstance(error, FlowdemoError):
        return Refusal(error.message)
    log.error("a handler failed", exc_info=error)
    return Refusal(FAILED)
