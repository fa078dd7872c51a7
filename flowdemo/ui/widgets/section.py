"""Parts of the page that are computed and drawn wholly in the browser: they take nothing and ask nothing."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import gradio as gr


@cache
def bundle(folder: Path, scripts: Sequence[str], **sheets: Sequence[str]) -> str:
    """One function body for the browser.

    Args:
        folder: where the files lie, or what their names are relative to.
        scripts: names without ``.js``, in the order in which they are read; a tuple.
        **sheets: style sheets by the name of the constant that holds them; tuples of file names.
    """
    style = [f"const {name} = {json.dumps(_joined(folder, files))};" for name, files in sheets.items()]
    return "\n".join([*style, _joined(folder, [f"{name}.js" for name in scripts])])


def _joined(folder: Path, names: Sequence[str]) -> str:
    return "\n".join((folder / name).read_text("utf-8") for name in names)


class Section(gr.HTML):
    """A part of the page that takes nothing and asks nothing.

    Args:
        body: trusted HTML that the script finds under ``element``.
        script: the body of a function, as :func:`bundle` makes it.
        **kw: further arguments of ``gr.HTML`` (``value``, ``elem_id``, …).
    """

    def __init__(self, body: str, script: str, **kw: Any) -> None:
        super().__init__(html_template=body, css_template="", js_on_load=script, apply_default_css=False, **kw)

    def __getattr__(self, name: str) -> Any:
        # gr.HTML takes every quoted word of the script for an event; a section has none.
        raise AttributeError(f"{type(self).__name__} has no attribute {name!r}")

    def preprocess(self, payload: Any) -> None:
        """None; ``gr.Error`` for a value, since a section is no input."""
        if payload is not None and payload != self.value:
            raise gr.Error("This section takes no input; leave it empty.", print_exception=False)

    def api_info(self) -> dict[str, Any]:
        return {"type": "object", "description": "What the section shows."}

    def example_payload(self) -> None:
        return None

    def example_value(self) -> None:
        return None
