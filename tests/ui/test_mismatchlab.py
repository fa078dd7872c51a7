"""The lessons on Flow Mismatching without a browser: laid out in order, lightly, and taking nothing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import gradio as gr
import pytest

from flowdemo.ui.tabs import anomaly_lessons
from flowdemo.ui.widgets import mismatchlab
from flowdemo.ui.widgets.mismatchlab import Decomposition, Gaussian, Plane
from flowdemo.ui.widgets.section import bundle


def sections() -> list[gr.HTML]:
    with gr.Blocks() as demo:
        anomaly_lessons.build()
    return [block for block in demo.blocks.values() if isinstance(block, gr.HTML)]


def test_three_sections_under_their_links() -> None:
    links, *lessons = sections()
    assert [lesson.elem_id for lesson in lessons] == ["mm-plane", "mm-gaussian", "mm-decomposition"]
    for lesson in lessons:
        assert f'data-to="{lesson.elem_id}"' in links.html_template
        assert lesson.html_template.count("<h2") == 1 and lesson.html_template.count("<p>") == 2
        assert f'aria-label="{lesson.elem_id.removeprefix("mm-").capitalize()}"' in lesson.html_template


@pytest.mark.parametrize("kind", [Plane, Gaussian, Decomposition])
def test_a_lesson_takes_nothing_and_has_no_events(kind: type[gr.HTML]) -> None:
    with gr.Blocks():
        lesson = kind("text")
    assert lesson.preprocess(None) is None
    with pytest.raises(gr.Error, match="takes no input"):
        lesson.preprocess({"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}})
    with pytest.raises(AttributeError):
        lesson.pointerdown  # noqa: B018  # a word in quotes of its script


def test_every_script_and_sheet_of_the_folder_is_used() -> None:
    folder = Path(mismatchlab.__file__).parent
    scripts = "\n".join(lesson.js_on_load for lesson in sections()[1:])
    for file in folder.glob("*.js"):
        assert file.read_text("utf-8") in scripts, file.name
    assert "MISMATCH_STYLE" in scripts and ".mm-play" in scripts


def test_a_bundle_names_its_sheets_before_its_scripts(tmp_path: Path) -> None:
    files = {"a.css": "a { color: red }", "b.css": 'b::before { content: "</script>" }', "c.js": "use(A)"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, "utf-8")
    made = bundle(tmp_path, ("c",), A=("a.css", "b.css"))
    assert made == 'const A = "a { color: red }\\nb::before { content: \\"</script>\\" }";\nuse(A)'


def test_the_lessons_are_laid_out_without_torch() -> None:
    code = (
        "import sys, gradio as gr; from flowdemo.ui.tabs import anomaly_lessons\n"
        "with gr.Blocks(): anomaly_lessons.build()\n"
        "assert 'torch' not in sys.modules; print('light')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["light"], done.stderr
