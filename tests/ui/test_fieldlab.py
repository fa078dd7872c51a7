"""The field laboratory without a browser: training scores read, refused and reduced, and sections that take nothing."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import gradio as gr
import pytest

from flowdemo.errors import InputError
from flowdemo.ui.tabs import fieldlab
from flowdemo.ui.widgets.fieldlab import Codes, Curves, Plane, read_convergence


def run(eta: int, seed: int, *points: tuple[int, float]) -> dict[str, Any]:
    return {"label": "term" if eta else "plain", "eta": eta, "seed": seed, "points": [list(point) for point in points]}


def scores(*runs: dict[str, Any]) -> dict[str, Any]:
    words = {"data": "toy streets", "split": "test", "n": 12, "steps": 1, "note": "Two seeds."}
    return {**words, "runs": list(runs)}


PLAIN = [run(0, 0, (0, 0.0), (100, 0.2), (200, 0.4)), run(0, 1, (0, 0.0), (100, 0.3), (200, 0.5))]
TERM = [run(1, 0, (0, 0.0), (100, 0.44), (200, 0.6)), run(1, 1, (0, 0.1), (100, 0.46), (200, 0.7))]


@pytest.fixture
def written(tmp_path: Path) -> Any:
    def write(value: Any) -> Path:
        file = tmp_path / "scores.json"
        file.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
        return file

    return write


def test_means_level_and_the_step_that_reaches_it(written: Any) -> None:
    found = read_convergence(written(scores(*TERM, *PLAIN)))
    assert found is not None
    assert found.mean(0) == ((0, 0.0), (100, 0.25), (200, pytest.approx(0.45)))
    assert (found.level, found.reached) == (pytest.approx(0.45), 100), "0.45 is at the level"
    assert [(r.eta, r.seed) for r in found.runs] == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert "at step 100, 50 % of these steps (2 seeds with η = 0 and 2 seeds with η = 1)" in found.sentence()
    sent = json.loads(json.dumps(found.to_json()))
    assert sent["means"]["plain"][1] == [100, 0.25] and sent["runs"][3]["points"][1] == [100, 0.46]
    assert sent["source"] == "toy streets, test: 12 pictures, 1 Euler step each. Two seeds."


def test_means_are_of_the_steps_that_all_seeds_were_scored_at(written: Any) -> None:
    late = run(0, 2, (100, 0.1), (300, 0.9))
    found = read_convergence(written(scores(*PLAIN, late, *TERM)))
    assert found is not None and [step for step, _ in found.mean(0)] == [100]


def test_a_level_that_is_not_reached_is_said_to_be_so(written: Any) -> None:
    weak = [run(1, 0, (0, 0.0), (100, 0.3), (200, 0.2))]
    found = read_convergence(written(scores(*PLAIN, *weak)))
    assert found is not None and found.reached is None
    assert "does not reach it (best 30.00 % at step 100" in found.sentence()
    assert found.to_json()["reached"] is None


@pytest.mark.parametrize(
    "value",
    ["no json", "[]", {}, scores(), scores(*PLAIN), scores(run(0, 0), *TERM), scores(*PLAIN, run(2, 0, (0, 0.1))),
     scores(*PLAIN, run(1, 0, (0, 42.0))), scores(*PLAIN, run(1, 0, (9, 0.1), (5, 0.2))),
     scores(*TERM, PLAIN[0] | {"seed": "0"}), scores(*PLAIN, run(1, 0, (0, float("nan")))),
     {**scores(*PLAIN, *TERM), "n": "many"}],
)  # fmt: skip
def test_scores_of_another_form_are_refused(written: Any, value: Any) -> None:
    with pytest.raises(InputError):
        read_convergence(written(value))


def sections(scores_file: Path) -> list[gr.HTML]:
    with gr.Blocks() as demo:
        fieldlab.build(scores=scores_file)
    return [block for block in demo.blocks.values() if isinstance(block, gr.HTML)]


def test_convergence_is_left_out_where_nothing_was_scored(written: Any, tmp_path: Path) -> None:
    assert [s.elem_id for s in sections(tmp_path / "none.json")] == ["fl-nav", "fl-plane", "fl-codes"]
    assert [s.elem_id for s in sections(written("broken"))] == ["fl-nav", "fl-plane", "fl-codes"]
    shown = sections(written(scores(*PLAIN, *TERM)))
    assert [s.elem_id for s in shown] == ["fl-nav", "fl-plane", "fl-codes", "fl-convergence"]
    links = shown[0].html_template
    assert all(f'data-to="{section.elem_id}"' in links for section in shown[1:])


def test_a_section_takes_nothing_and_has_no_events(written: Any) -> None:
    found = read_convergence(written(scores(*PLAIN, *TERM)))
    assert found is not None
    with gr.Blocks():
        made = [Plane(""), Codes(""), Curves(found, "")]
    for section in made:
        assert section.preprocess(None) is None
        for payload in ("text", {"path": "/etc/passwd", "meta": {"_type": "gradio.FileData"}}):
            with pytest.raises(gr.Error, match="takes no input"):
                section.preprocess(payload)
        with pytest.raises(AttributeError):
            section.pointerdown  # noqa: B018  # a word in quotes of its script


def test_a_note_cannot_bring_markup_into_the_page(written: Any) -> None:
    hostile = {**scores(*PLAIN, *TERM), "note": "<img src=x onerror=alert(1)>"}
    found = read_convergence(written(hostile))
    assert found is not None
    with gr.Blocks():
        made = Curves(found, "text")
    assert "onerror" not in made.html_template and "onerror" not in (made.js_on_load or "")


def test_the_tab_is_laid_out_without_torch(tmp_path: Path) -> None:
    code = (
        "import sys, gradio as gr; from pathlib import Path; from flowdemo.ui.tabs import fieldlab\n"
        f"with gr.Blocks(): fieldlab.build(scores=Path({str(tmp_path)!r}) / 'none')\n"
        "assert 'torch' not in sys.modules; print('light')"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.split() == ["light"], done.stderr
