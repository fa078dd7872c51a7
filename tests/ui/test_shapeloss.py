"""The section on losses of shapes without a browser: laid out, lightly, and taking nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest

from flowdemo.ui.tabs import shape_losses
from flowdemo.ui.widgets import shapeloss


def section() -> gr.HTML:
    with gr.Blocks() as demo:
        shape_losses.build()
    (found,) = [block for block in demo.blocks.values() if isinstance(block, gr.HTML)]
    return found


def test_one_section_with_its_text_that_takes_nothing() -> None:
    found = section()
    assert found.elem_id == shape_losses.ELEM_ID and shape_losses.TEXT in found.html_template
    assert found.html_template.count("<h2") == 1 and 'aria-label="Losses"' in found.html_template
    assert found.preprocess(None) is None
    with pytest.raises(gr.Error, match="takes no input"):
        found.preprocess({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}})
    with pytest.raises(AttributeError):
        found.pointerdown  # noqa: B018  # a word in quotes of its script


def test_every_script_and_sheet_of_the_folder_is_used() -> None:
    folder, script = Path(shapeloss.__file__).parent, section().js_on_load
    files = sorted(folder.glob("*.js"))
    assert len(files) >= 8
    for file in files:
        assert file.read_text("utf-8") in script, file.name
    assert "LOSS_STYLE" in script and ".sl-track" in script


def test_it_is_laid_out_without_torch() -> None:
    code = (
        "import sys, gradio as gr; from flowdemo.ui.tabs import shape_losses\n"
        "with gr.Blocks(): shape_losses.build()\n"
        "assert not {'torch', 'scipy'} & set(sys.modules); print('light')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["light"], done.stderr
