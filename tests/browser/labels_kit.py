"""The tab Classify & generate served alone on tiny random models, and hands on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import gradio as gr
import numpy as np
import pytest
from page_kit import Brake
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from flowdemo.engine import Engine

SIDE = 32
DIGITS, COLOUR, JUDGE = "tiny-digits", "tiny-things", "tiny-judge"
THINGS = ("boat", "kite", "umbrella")
LAB = "document.querySelector('#labels .fd-labels').fdLabels"


# Models ---------------------------------------------------------------------------------------------------------


def label_model(folder: Path, name: str, channels: int, classes: tuple[str, ...], seed: int = 0) -> None:
    """A random SymmFlow with labels of whole pictures; nothing of it starts at zero."""
    import torch

    from flowdemo.networks.unet import PatchUNet, UNetConfig

    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        network = PatchUNet(UNetConfig(channels + 1, channels + 1, 2, (8, 16), (False, False), 1, 8, 4))
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.06)
    save(folder, name, "symmflow", network, classes, prediction="velocity", beta={"default": 0.2, "trained": 0.25},
         steps={"image-to-label": 2, "label-to-image": 6}, data=f"drawn {channels}")  # fmt: skip


def judge_model(folder: Path, name: str, channels: int, classes: tuple[str, ...]) -> None:
    """A random classifier of the same data."""
    import torch

    from flowdemo.networks.convnet import ConvNet, ConvNetConfig

    with torch.random.fork_rng():
        torch.manual_seed(3)
        network = ConvNet(ConvNetConfig(channels, len(classes), (8, 16)))
    save(folder, name, "classifier", network, classes, prediction="logits", beta={}, steps={"image-to-label": 1},
         data=f"drawn {channels}")  # fmt: skip


def save(folder: Path, name: str, system: str, network: Any, classes: tuple[str, ...], data: str, **rest: Any) -> None:
    from flowdemo.networks.unet import parameter_count
    from flowdemo.rendering.palette import ClassColour, Palette
    from flowdemo.zoo import Manifest, save_model

    palette = Palette(tuple(ClassColour(i, n, (20 * i, 90, 200)) for i, n in enumerate(classes)), None)
    manifest = Manifest(
        name=name, label=name.replace("-", " ").capitalize(), system=system, size=(SIDE, SIDE), palette=palette,
        network=network.config.to_json(), space={"kind": "pixels"}, data={"name": data, "terms": "None."},
        training={"command": "none"}, scores={}, files={}, parameters=parameter_count(network), licence="MIT",
        flow={"labels": "global", "amplitude": 2.0, "time_scale": 1000.0}, **rest,
    )  # fmt: skip
    save_model(folder / name, manifest, network)


def label_models(folder: Path) -> Path:
    """Digits with a judge, and pictures of three things without."""
    digits = tuple("0123456789")
    label_model(folder, DIGITS, 1, digits, 1)
    label_model(folder, COLOUR, 3, THINGS, 2)
    judge_model(folder, JUDGE, 1, digits)
    return folder


# Server ---------------------------------------------------------------------------------------------------------


@dataclass
class Bench:
    """The served tab: address, engine, and the brake on its models."""

    url: str
    engine: Engine
    brake: Brake

    def let_go(self) -> None:
        """What is held goes on, and nothing is held any more."""
        self.brake.gate.set()
        self.brake.release()


@pytest.fixture(scope="session")
def labels_server(tmp_path_factory: pytest.TempPathFactory, serve: Any) -> Iterator[Bench]:
    from flowdemo.engine import Engine
    from flowdemo.ui.runner import Runner
    from flowdemo.ui.tabs import labels
    from flowdemo.ui.theme import STYLE, theme
    from flowdemo.zoo import folders

    models = label_models(tmp_path_factory.mktemp("label-models"))
    with pytest.MonkeyPatch.context() as patch:  # until the engine knows its models; other engines have others
        patch.delenv("FLOWDEMO_MODELS", raising=False)
        patch.setattr(folders, "CHECKPOINTS", models)
        engine, brake = Engine("cpu"), Brake()
        engine.manifests()
    for name in (DIGITS, COLOUR):
        brake.on(engine.model(name).system)
    with gr.Blocks() as demo, gr.Tabs(elem_classes="fd-tabs"), gr.Tab("Classify & generate"):
        labels.build(Runner(engine))
    with serve(demo.queue(max_size=16), theme=theme(), css_paths=[STYLE]) as address:
        yield Bench(address, engine, brake)


@pytest.fixture
def bench(labels_server: Bench) -> Iterator[Bench]:
    labels_server.brake.release()
    yield labels_server
    labels_server.let_go()


def thing(seed: int = 0, side: int = 90) -> Image.Image:
    """A picture in colour."""
    y, x = np.mgrid[:side, :side] / side
    waves = [np.sin(a * x + b * y + c) for a, b, c in np.random.default_rng(seed).uniform(1, 9, (3, 3))]
    return Image.fromarray(np.stack([120 + 80 * wave for wave in waves], -1).astype(np.uint8))


# Hands ----------------------------------------------------------------------------------------------------------


class Lab:
    """The widget on a page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.root = page.locator("#labels .fd-labels")

    def ready(self) -> Lab:
        self.page.wait_for_function("() => document.querySelector('#labels .fd-labels')?.fdLabels")
        self.page.locator("#labels .lb-columns, #labels .lb-grid").first.wait_for()
        return self

    def drawn(self) -> None:
        """Wait for what is to be drawn."""
        self.page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")

    def get(self, name: str) -> Any:
        self.drawn()
        return self.page.evaluate(f"() => {LAB}.{name}")

    def until(self, condition: str, seconds: float = 20) -> None:
        """Wait until a condition on ``p``, what the widget tells, holds and is drawn."""
        self.page.wait_for_function(f"() => {{ const p = {LAB}; return {condition}; }}", timeout=1000 * seconds)
        self.drawn()

    def button(self, name: str, exact: bool = True) -> Locator:
        return self.root.get_by_role("button", name=name, exact=exact).filter(visible=True)

    def model(self, name: str) -> None:
        self.page.get_by_label("Model", exact=True).select_option(name)
        self.drawn()

    def mode(self, name: str) -> None:
        self.page.locator(".lb-top").get_by_role("button", name=name).click()
        self.drawn()

    def go(self) -> None:
        self.page.locator(".lb-go:visible").click()

    def stroke(self, *places: tuple[float, float]) -> None:
        """A line with the mouse, in shares of the pad's side."""
        box = self.page.locator(".lb-pad").bounding_box()
        mouse = self.page.mouse
        points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in places]
        mouse.move(*points[0])
        mouse.down()
        for point in points[1:]:
            mouse.move(*point, steps=6)
        mouse.up()

    def give_file(self, data: bytes, name: str = "picture.png", mime: str = "image/png") -> None:
        self.page.locator(".lb-file").set_input_files([{"name": name, "mimeType": mime, "buffer": data}])

    @property
    def said(self) -> str:
        return self.page.locator(".lb-said").inner_text()

    def pictures(self) -> list[str]:
        """What the tiles of the grid show."""
        self.get("index")
        return self.page.evaluate("() => [...document.querySelectorAll('.lb-tile canvas')].map((c) => c.toDataURL())")
