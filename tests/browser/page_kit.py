"""The whole page on tiny random models: its server, a brake on the engine behind it, and hands on the page."""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

if TYPE_CHECKING:
    from playwright.sync_api import Locator, Page

    from flowdemo.engine import Engine, RunRecord

WIDTH, HEIGHT = 64, 48
FLOW, OTHER, ONE_STEP = "tiny-flow", "tiny-other", "tiny-label"
LABELS = {FLOW: "Tiny flow", OTHER: "Tiny velocity", ONE_STEP: "Tiny labeller"}
CLASSES = (("ground", (244, 241, 234)), ("stem", (120, 180, 214)), ("leaf", (88, 62, 132)))
VOID = 3
BETA_BOUND = 127.0  # (k = 2 → s = 254) / 2
TO_MASK, TO_IMAGE = "Photo → mask", "Mask → image"
PLAYER = "document.querySelector('#player .fd-player').fdPlayer"


# Pictures -------------------------------------------------------------------------------------------------------


def file_of(image: Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def drawing(seed: int = 0, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """A smooth picture uint8 [height, width, 3] with a bright corner at the upper left."""
    noise = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width] / height
    waves = [np.sin(a * x + b * y + c) for a, b, c in noise.uniform(1, 9, (3, 3))]
    picture = np.stack([110 + 60 * wave for wave in waves], axis=-1)
    picture[: height // 4, : width // 4] = 250
    return picture.astype(np.uint8)


def photo(seed: int = 0, **size: int) -> bytes:
    return file_of(Image.fromarray(drawing(seed, **size)))


def turned_jpeg(seed: int = 0) -> bytes:
    """A photo as a telephone stores it: lying on its side, with the EXIF flag that says how to turn it (6)."""
    upright = Image.fromarray(drawing(seed, 128, 96))
    exif = Image.Exif()
    exif[0x0112] = 6
    return file_of(upright.transpose(Image.Transpose.ROTATE_90), "JPEG", quality=95, exif=exif)


# Server ---------------------------------------------------------------------------------------------------------


class Brake:
    """Between the systems and the engine: counts, slows, holds or breaks their steps."""

    def __init__(self) -> None:
        self.release()
        self.starts = 0

    def release(self) -> None:
        """As if it were not there."""
        self.pause, self.fail_at, self.hold_at = 0.0, -1, -1
        self.gate = threading.Event()
        self.made = 0  # steps of the run in progress

    def on(self, system: Any) -> None:
        steps = system.steps

        def braked(*args: Any, **kw: Any) -> Iterator[Any]:
            self.starts, self.made = self.starts + 1, 0
            for step in steps(*args, **kw):
                if step.index == self.fail_at:
                    raise RuntimeError("secret /srv/models/tiny: tensor 0x7f is broken")
                if step.index == self.hold_at:
                    self.gate.wait(20)
                time.sleep(self.pause)
                self.made = step.index + 1
                yield step

        system.steps = braked


@dataclass
class Desk:
    """A served page: address, engine, brake, and the keys of its two stored examples."""

    url: str
    engine: Engine
    brake: Brake
    stored: list[str] = field(default_factory=list)

    def record(self, page: Page) -> RunRecord:
        """The engine's record of the run that the page shows."""
        return self.engine.runs.get(page.evaluate(f"{PLAYER}.run"))


def tiny_model(folder: Path, name: str, system: str, prediction: str, out: int, seed: int) -> None:
    import torch

    from flowdemo.networks.unet import PatchUNet, UNetConfig, parameter_count
    from flowdemo.rendering.palette import ClassColour, Palette
    from flowdemo.zoo import Manifest, save_model

    with torch.random.fork_rng(), torch.no_grad():
        torch.manual_seed(seed)
        network = PatchUNet(UNetConfig(3, out, 2, (8, 16), (False, False), 1, 8, 4))
        for weight in network.parameters():
            weight.add_(torch.randn_like(weight) * 0.06)
    entries = tuple(ClassColour(i, name, colour) for i, (name, colour) in enumerate(CLASSES))
    one_step = system == "discriminative"
    manifest = Manifest(
        name=name, label=LABELS[name], system=system, size=(WIDTH, HEIGHT),
        palette=Palette(entries, ClassColour(VOID, "void", (0, 0, 0))),
        network=network.config.to_json(), prediction=prediction,
        beta={} if one_step else {"default": 40.5, "trained": 60.0},
        steps={"image-to-mask": 1} if one_step else {"image-to-mask": 4, "mask-to-image": 6}, space={"kind": "pixels"},
        data={"name": "drawn", "terms": "None."}, training={"command": "none", "seconds": 90},
        scores={"test": {"data": "drawn", "split": "test", "n": 8, "direction": "image-to-mask",
                         "rows": [{"steps": 1, "miou": 0.4321}, {"steps": 5, "miou": 0.5678}]}},
        files={}, parameters=parameter_count(network), licence="MIT",
    )  # fmt: skip
    save_model(folder / name, manifest, network)


def store_examples(engine: Engine, folder: Path) -> list[str]:
    """Two finished runs as the project ships them: from a photo, and from a mask."""
    from flowdemo.engine import Given, run
    from flowdemo.engine.stored import save_stored

    manifest = engine.manifest(FLOW)
    rows, columns = np.mgrid[:HEIGHT, :WIDTH]
    labels = ((columns > 20).astype(np.uint8) + (rows > 30)).astype(np.uint8)
    given = {"image-to-mask": Given.picture(photo(7), manifest), "mask-to-image": Given.labels(labels, manifest)}
    for number, (direction, start) in enumerate(given.items()):
        record = run({"model": FLOW, "direction": direction, "steps": 5, "seed": 3}, start, engine)
        save_stored(record, folder / f"{number}.zip", {"title": f"Drawn {start.kind}", "origin": "Drawn in code."})
    return [path.stem for path in sorted(folder.glob("*.zip"))]


@pytest.fixture(scope="session")
def page_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    from flowdemo.engine import Engine
    from flowdemo.ui import examples
    from flowdemo.ui.page import build, launch
    from flowdemo.zoo import folders

    models, stored = tmp_path_factory.mktemp("page-models"), tmp_path_factory.mktemp("page-stored")
    tiny_model(models, FLOW, "semflow", "posterior", 3 + len(CLASSES) + 1, 1)
    tiny_model(models, OTHER, "semflow", "velocity", 3, 2)
    tiny_model(models, ONE_STEP, "discriminative", "logits", len(CLASSES), 3)
    with pytest.MonkeyPatch.context() as patch:  # until the engine knows its models; other engines have others
        patch.delenv("FLOWDEMO_MODELS", raising=False)
        patch.setattr(folders, "CHECKPOINTS", models)
        engine = Engine("cpu")
        engine.manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(examples, "STORED", stored)
        keys = store_examples(engine, stored)
        brake = Brake()
        for name in engine.manifests():
            brake.on(engine.model(name).system)
        demo = build(engine)
        _, url, _ = launch(demo, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
        yield Desk(url.rstrip("/"), engine, brake, keys)
        demo.close(verbose=False)


@pytest.fixture
def desk(page_server: Desk) -> Iterator[Desk]:
    page_server.brake.release()
    yield page_server
    page_server.brake.gate.set()
    page_server.brake.release()


# Hands ----------------------------------------------------------------------------------------------------------


def ready(page: Page) -> Page:
    """Wait until the page is usable and shows its stored run."""
    page.wait_for_function(f"() => document.querySelector('#player .fd-player')?.fdPlayer && {PLAYER}.status")
    page.locator("#run:not([disabled])").wait_for()
    return page


def open_tab(page: Page, name: str) -> None:
    """Choose a tab of the page; on a phone most are in the menu behind the dots."""
    tab = page.get_by_role("tab", name=name, exact=True)
    if not tab.is_visible():
        page.locator(".overflow-menu > button").click()
        tab = page.locator(".overflow-dropdown button", has_text=name)
    tab.click()


def shown(page: Page, name: str) -> Any:
    """A property of what the player shows."""
    return page.evaluate(f"() => {PLAYER}.{name}")


def until(page: Page, condition: str, seconds: float = 20) -> None:
    """Wait until a condition on ``p``, what the player shows, holds."""
    page.wait_for_function(f"() => {{ const p = {PLAYER}; return {condition}; }}", timeout=1000 * seconds)


def painted(page: Page) -> None:
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def give_photo(page: Page, data: bytes, name: str = "photo.png", mime: str = "image/png") -> None:
    """Choose a file, and wait until the box shows it."""
    before = page.locator("#photo img").get_attribute("src") if page.locator("#photo img").count() else ""
    page.locator("#photo input[type=file]").set_input_files([{"name": name, "mimeType": mime, "buffer": data}])
    page.wait_for_function("old => (document.querySelector('#photo img')?.src ?? old) !== old", arg=before)


def direction(page: Page, name: str) -> None:
    page.locator("#direction").get_by_text(name).click()
    page.locator("#painter canvas" if name == TO_IMAGE else "#photo").wait_for()


def choose_model(page: Page, name: str) -> None:
    choose(page, "#model", LABELS[name])


def choose(page: Page, place: str, text: str) -> None:
    page.locator(f"{place} input").click()
    page.get_by_role("option", name=text, exact=True).click()


def number(page: Page, place: str) -> Locator:
    return page.locator(f"{place} input[type=number]")


def type_number(page: Page, place: str, value: Any) -> None:
    box = number(page, place)
    box.fill(str(value))
    box.press("Tab")


def unfold(page: Page, place: str) -> None:
    if "open" not in (page.locator(f"{place} .label-wrap").get_attribute("class") or ""):
        page.locator(f"{place} .label-wrap").click()


def start(page: Page) -> None:
    page.locator("#run").click()


def begun(page: Page, before: str) -> None:
    """Wait until another run than ``before`` has shown its first frame."""
    until(page, f"p.run !== {json.dumps(before)} && p.newest >= 0")


def run(page: Page) -> None:
    """Press Run and wait until the run has ended and Run is ready again."""
    before = shown(page, "run")
    start(page)
    finish(page, before)


def finish(page: Page, before: str) -> None:
    until(page, f"p.run !== {json.dumps(before)} && p.status && p.arrived === p.newest + 1", 40)
    page.locator("#run:not([disabled])").wait_for()


def box(page: Page, name: str, corner: tuple[int, int], other: tuple[int, int]) -> None:
    """Paint the rectangle between two pixels of the mask in a class."""
    page.locator("#painter .mp-chip", has_text=name).click()
    page.locator("#painter").get_by_role("button", name="Box", exact=True).click()
    canvas = page.locator("#painter canvas")
    canvas.scroll_into_view_if_needed()
    area = canvas.bounding_box()
    places = [(area["x"] + (x + 0.5) * area["width"] / WIDTH, area["y"] + (y + 0.5) * area["height"] / HEIGHT)
              for x, y in (corner, other)]  # fmt: skip
    page.mouse.move(*places[0])
    page.mouse.down()
    page.mouse.move(*places[1], steps=3)
    page.mouse.up()


def three_classes(page: Page) -> np.ndarray:
    """Paint boxes of all three classes; returns what the mask must be, uint8 [HEIGHT, WIDTH]."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    for name, value, (x0, y0), (x1, y1) in (
        ("stem", 1, (5, 4), (40, 20)), ("leaf", 2, (30, 15), (60, 44)), ("ground", 0, (35, 18), (38, 30)),
        ("void", VOID, (0, 40), (9, 47)),
    ):  # fmt: skip
        box(page, name, (x0, y0), (x1, y1))
        mask[y0 : y1 + 1, x0 : x1 + 1] = value
    return mask


def save(page: Page, title: str) -> tuple[str, bytes]:
    """Name and bytes of one of the player's downloads."""
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save: {title}").click()
    return download.value.suggested_filename, Path(download.value.path()).read_bytes()


def load_recipe(page: Page, name: str, data: bytes) -> str:
    """Drop a file on the recipe box; returns what the page says when the server has answered."""
    unfold(page, "#recipe-box")
    with page.expect_response(lambda response: "/run/predict" in response.url):
        page.locator("#recipe input[type=file]").set_input_files(
            [{"name": name, "mimeType": "application/octet-stream", "buffer": data}]
        )
    page.wait_for_timeout(150)
    return page.locator("#report p").inner_text()


def controls(page: Page) -> dict[str, Any]:
    """What the controls say, the mask in the painter by its PNG."""
    unfold(page, "#more")
    found = {name: number(page, f"#{name}").input_value() for name in ("steps", "temperature")}
    found |= {name: page.locator(f"#{name} input").input_value() for name in ("model", "solver")}
    found["direction"] = page.locator("#direction label.selected").inner_text().strip()
    if found["direction"] == TO_IMAGE:
        found |= {name: number(page, f"#{name}").input_value() for name in ("beta", "seed", "samples")}
        found["mask"] = page.locator("#painter canvas").evaluate("node => node.toDataURL()")
    return found


def refusal(page: Page) -> Locator:
    """What a control says it does not take."""
    return page.locator("div.validation-error:visible")


def pixels(url: str) -> np.ndarray:
    """Picture of a data URL as an array."""
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(url.split(",", 1)[1]))))
