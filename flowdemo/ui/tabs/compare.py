"""Two settings, or up to four models, on one picture and one scrubber."""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import gradio as gr
from gradio.utils import get_upload_folder

from flowdemo.engine import Engine
from flowdemo.engine.products import make
from flowdemo.errors import FlowdemoError, InputError
from flowdemo.rendering.masks import write_palette_png
from flowdemo.request import IMAGE_TO_MASK
from flowdemo.ui.comparison import Comparison, Comparisons, compared, prepare
from flowdemo.ui.comparison_examples import drawn_truth, family_of, opening, opening_pair, pictures
from flowdemo.ui.comparison_families import Family, families
from flowdemo.ui.comparison_panel import Controls, lay_out, settings_of, shaped, strip
from flowdemo.ui.examples import Example, ExampleStrip
from flowdemo.ui.files import read_upload
from flowdemo.ui.guard import plain
from flowdemo.ui.runner import Runner
from flowdemo.ui.server import EngineServer
from flowdemo.ui.widgets.compare import CompareView, Head, Update
from flowdemo.ui.widgets.compare.contract import slim

COMPUTES = {"concurrency_id": "engine", "concurrency_limit": 1, "api_visibility": "private"}
QUIET = {"show_progress": "hidden", "queue": False, "api_visibility": "private"}
LATEST = {"trigger_mode": "always_last"}  # of choices made faster than they are answered the last one counts
SLOT = ("model", "steps", "solver", "seed", "settings")  # fields that an error may name, in the order of Slot.inputs

# A refusal goes as soon as the person acts on it; number boxes have no way to dismiss theirs.
DISMISS = """() => {
  document.querySelectorAll("#compare-input .validation-error [aria-label=Clear]").forEach((node) => node.click());
  document.querySelector("#compare-input")?.classList.add("cp-stale");
}"""
# After a click: a refusal comes into sight if it is not.
FOLLOW = """() => {
  const column = document.querySelector("#compare-input"), until = performance.now() + 4000;
  column.classList.remove("cp-stale");
  const look = () => {
    const found = [...column.querySelectorAll("div.validation-error")].find((node) => node.checkVisibility());
    const box = found?.getBoundingClientRect();
    if (box && (box.top < 0 || box.bottom > innerHeight - 100)) found.scrollIntoView({ block: "center" });
    if (!box && performance.now() < until) requestAnimationFrame(look);
  };
  setTimeout(look, 150);
}"""

# The column was closed by the widget while it opened; see its script.
FREE = "() => document.querySelector('#compare-input')?.removeAttribute('inert')"


class Answers:
    """What the widget asks while a person looks: nothing is computed by a network here.

    Args:
        engine: whose runs are shown.
        comparisons: the descriptions that are kept.
    """

    def __init__(self, engine: Engine, comparisons: Comparisons) -> None:
        self._engine, self._comparisons, self._runs = engine, comparisons, EngineServer(engine)

    def opening(self) -> Update | None:
        comparison = opening(self._engine)
        return None if comparison is None else comparison.update(comparison.head(), end="done")

    def head(self, comparison: str) -> Head:
        return self._comparisons.head(comparison)

    def frames(self, run: str, indices: list[int]) -> list[dict[str, Any]]:
        return [slim(frame) for frame in self._runs.frames(run, indices)]

    def recipe(self, run: str) -> dict[str, str]:
        product = make(self._engine.runs.get(run), "recipe")
        return {"name": product.name, "mime": product.mime, "data": base64.b64encode(product.data).decode("ascii")}


def build(runner: Runner) -> None:
    """Lay out the tab and wire it; there must be a family of models
    (:func:`~flowdemo.ui.comparison_families.families`).
    """
    engine, comparisons = runner.engine, Comparisons()
    known, items = families(engine), pictures(engine)
    key = next((family_of(engine, item) for item in items), None) or next(iter(known))
    with gr.Row(elem_classes="fd-main"):
        with gr.Column(scale=4, min_width=320, elem_classes="fd-input", elem_id="compare-input"):
            controls = lay_out(engine, known, key)
            shown = strip(items) if items else None
        with gr.Column(scale=9, min_width=340, elem_classes="fd-output"):
            view = CompareView(Answers(engine, comparisons), elem_id="compare")
    _wire_controls(engine, known, controls)
    for button, settings in ((controls.compare, _both), (controls.all, _all(engine, known))):
        _wire_run(runner, comparisons, controls, view, button, settings)
    _wire_stop(runner, comparisons, controls)
    if shown is not None:
        _wire_strip(engine, known, shown, items, controls)
    _wire_opening(engine, known, controls, view)


def _wire_controls(engine: Engine, known: dict[str, Family], c: Controls) -> None:
    # A list tells of an input also where it only lost the focus; what was typed since stays then.
    def family(key: Any, fitted: Any) -> list[Any]:
        key = key if key in known else next(iter(known))
        return [gr.skip()] * len(c.shaped) if key == fitted else shaped(engine, known[key])

    def model(name: Any, fitted: Any) -> list[Any]:
        return [gr.skip()] * len(c.a.shaped) if name == fitted else settings_of(engine, name)

    c.family.input(plain(family), [c.family, c.fitted], c.shaped, **QUIET, **LATEST)
    for slot in (c.a, c.b):
        slot.model.input(plain(model), [slot.model, slot.fitted], slot.shaped, **QUIET, **LATEST)
    acts = [c.photo.input, c.truth.upload, c.truth.clear, c.family.input]
    for act in [*acts, *(part.input for slot in (c.a, c.b) for part in slot.inputs)]:
        act(None, None, None, js=DISMISS, **QUIET)


def _wire_strip(
    engine: Engine, known: dict[str, Family], shown: ExampleStrip, items: list[Example], c: Controls
) -> None:
    by_key = {item.key: item for item in items}

    def pick(event: gr.EventData, chosen: Any) -> list[Any]:
        item = by_key[str(event.key)]
        key = family_of(engine, item)
        changed = [gr.skip()] * (1 + len(c.shaped))
        if key != chosen:  # settings of the same family stay as they were set
            changed = [key, *shaped(engine, known[str(key)])]
        return [item.pixels, _truth_file(engine, item), *changed]

    shown.pick(None, None, None, js=DISMISS, **QUIET)
    shown.pick(plain(pick), c.family, [c.photo, c.truth, c.family, *c.shaped], show_progress="hidden",
               concurrency_limit=None, api_visibility="private")  # fmt: skip


def _wire_opening(engine: Engine, known: dict[str, Family], c: Controls, view: CompareView) -> None:
    def opened() -> list[Any]:
        """The controls say what the stored comparison shows, so that Compare computes it anew."""
        pair = opening_pair(engine)
        if pair is None:
            return [gr.skip()] * (3 + len(c.shaped))
        key = str(family_of(engine, pair[0]))
        settings = shaped(engine, known[key], [item.request for item in pair])
        return [pair[0].pixels, _truth_file(engine, pair[0]), key, *settings]

    event = view.opened(plain(opened), None, [c.photo, c.truth, c.family, *c.shaped], **QUIET)
    for after in (event.then, event.failure):
        after(None, None, None, js=FREE, **QUIET)


def _truth_file(engine: Engine, item: Example) -> str | None:
    """The ground truth of a drawn picture as a file among the uploads, where every visitor's files are."""
    labels = drawn_truth(engine, item)
    if labels is None:
        return None
    data = write_palette_png(labels, engine.manifest(item.model).palette)
    folder = Path(get_upload_folder()) / hashlib.sha256(data).hexdigest()
    path = folder / f"truth-of-{item.key}.png"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return str(path)


# Runs -----------------------------------------------------------------------------------------------------------

Settings = Callable[[Engine, Sequence[Any]], list[dict[str, Any]]]  # values of the controls → recipe entries


def _wire_run(
    runner: Runner, comparisons: Comparisons, c: Controls, view: CompareView, button: gr.Button, settings: Settings
) -> None:
    engine = runner.engine

    def check(*values: Any) -> list[dict[str, Any]]:
        """A message beside the control at fault; nothing is queued and the buttons stay ready."""
        verdicts = [gr.validate(True, "") for _ in c.inputs]
        fault = _fault(engine, values, settings)
        if fault is not None:
            verdicts[fault[0]] = gr.validate(False, fault[1])
        return verdicts

    def compare(request: gr.Request, *values: Any) -> Iterator[dict[Any, Any]]:
        session = _key(request)
        comparison = _prepared(engine, values, settings)
        yield {c.compare: _ready(False), c.all: _ready(False), c.stop: _ready(True), c.report: _said("Starting …")}
        head = comparisons.begin(comparison, session)
        try:
            for update in compared(runner, comparison, head, session):
                yield {view: update} | ({c.report: _said("")} if update["head"] else {})
        finally:
            comparisons.done(session, comparison)

    button.click(None, None, None, js=FOLLOW, **QUIET)
    event = button.click(plain(compare), c.inputs, [view, c.compare, c.all, c.stop, c.report], validator=plain(check),
                         **COMPUTES, trigger_mode="once", show_progress="minimal",
                         show_progress_on=[c.report])  # fmt: skip

    def rest(key: Any) -> list[Any]:
        found = families(engine).get(key)
        return [_ready(True), _ready(found is None or len(found.all) > 1), _ready(False)]

    for after in (event.then, event.failure):  # the buttons are ready again, however the event ends
        after(rest, c.family, [c.compare, c.all, c.stop], **QUIET)


def _wire_stop(runner: Runner, comparisons: Comparisons, c: Controls) -> None:
    def stop(request: gr.Request) -> Any:
        comparisons.stop(_key(request))
        runner.stop(_key(request))
        return _ready(False)

    c.stop.click(stop, None, c.stop, **QUIET)


def _fault(engine: Engine, values: Sequence[Any], settings: Settings) -> tuple[int, str] | None:
    """Place among the inputs of what cannot be used, and a sentence."""
    raws = settings(engine, values)
    for k, raw in enumerate(raws):
        try:
            engine.manifest(raw["model"]), engine.request(raw)
        except FlowdemoError as error:
            place = SLOT.index(error.field) if error.field in SLOT else 0
            return 3 + len(SLOT) * min(k, 1) + place, error.message
    try:
        _prepared(engine, values, settings)
    except FlowdemoError as error:
        return (1 if error.field == "truth" else 0), error.message
    return None


def _prepared(engine: Engine, values: Sequence[Any], settings: Settings) -> Comparison:
    photo, truth = values[:2]
    data = read_upload(photo, "image") if photo else None
    try:
        mask = read_upload(truth, "ground truth") if truth else None
    except InputError as error:
        raise InputError(error.message, field="truth") from None
    return prepare(engine, settings(engine, values), data, mask)


def _both(engine: Engine, values: Sequence[Any]) -> list[dict[str, Any]]:
    """Recipe entries of A and B. What a model does not have must neither count nor be at fault."""
    raws = []
    for model, steps, solver, seed, temperature in (values[3:8], values[8:13]):
        raw: dict[str, Any] = {"model": model, "direction": IMAGE_TO_MASK, "steps": 1}
        if model not in engine.manifests():  # refused where recipes are checked
            raws.append(raw)
            continue
        limits = engine.limits(model)
        if limits.max_steps > 1:
            raw |= {"steps": steps, "solver": solver}
            if "temperature" in limits.settings and temperature != limits.settings["temperature"].default:
                raw["settings"] = {"temperature": temperature}
        raws.append(raw | ({"seed": seed} if IMAGE_TO_MASK in limits.random else {}))
    return raws


def _all(engine: Engine, known: dict[str, Family]) -> Settings:
    """Every model of the family with its usual steps, and the seed of A."""

    def settings(engine: Engine, values: Sequence[Any]) -> list[dict[str, Any]]:
        family = known.get(values[2]) or next(iter(known.values()))
        seed = _both(engine, values)[0].get("seed", 0)
        return [{"model": m, "direction": IMAGE_TO_MASK, "seed": seed} for m in family.all]

    return settings


def _key(request: gr.Request) -> str:
    """Name of the visitor's runs in this tab; the other tabs have theirs."""
    return f"{request.session_hash} compare"


def _ready(ready: bool) -> Any:
    return gr.update(interactive=ready)


def _said(text: str, bad: bool = False) -> str:
    """One sentence under the buttons."""
    return f'<p class="fd-report{" fd-bad" if bad else ""}" role="status">{html.escape(text)}</p>' if text else ""
