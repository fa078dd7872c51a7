"""The mask painter in real Chromium: what Python receives equals a reference raster, pixel by pixel."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect
from reloads import forgive_reload
from scipy import ndimage

from flowdemo.ui.widgets.painter import MaskPainter, PaintedMask

WIDTH, HEIGHT = 64, 48
VOID = 255
HOSTILE = '<img src=x onerror="window.hit=1">'
Point = tuple[int, int]


def palette(names: list[str], ignore: bool = True) -> dict[str, object]:
    classes = [
        {"index": i, "name": name, "color": [(37 * i) % 256, (91 * i + 40) % 256, 200 - 8 * i]}
        for i, name in enumerate(names)
    ]
    void = {"index": VOID, "name": "void", "color": [128, 128, 128]}
    return {"classes": classes, "ignore": void if ignore else None}


CELLS = palette(["background", "cytoplasm", "nucleus"])
WIDE = palette([f"thing {i}" for i in range(19)], ignore=False)


# --- reference raster ------------------------------------------------------------------------------------------


def bresenham(start: Point, end: Point) -> Iterator[Point]:
    (x, y), (dx, dy) = start, (abs(end[0] - start[0]), -abs(end[1] - start[1]))
    error = dx + dy
    while True:
        yield x, y
        if (x, y) == end:
            return
        twice = 2 * error
        if twice >= dy:
            error, x = error + dy, x + (1 if start[0] < end[0] else -1)
        if twice <= dx:
            error, y = error + dx, y + (1 if start[1] < end[1] else -1)


def painted(mask: np.ndarray, points: list[Point], size: int, value: int) -> np.ndarray:
    """Copy of a mask [H, W] with a stroke of discs (x − cx)² + (y − cy)² ≤ (size / 2)² through the points."""
    result = mask.copy()
    rows, columns = np.mgrid[: mask.shape[0], : mask.shape[1]]
    for start, end in zip(points, points[1:] or points, strict=False):
        for x, y in bresenham(start, end):
            result[(columns - x) ** 2 + (rows - y) ** 2 <= (size / 2) ** 2] = value
    return result


def flooded(mask: np.ndarray, point: Point, value: int) -> np.ndarray:
    areas, _ = ndimage.label(mask == mask[point[1], point[0]])
    return np.where(areas == areas[point[1], point[0]], value, mask).astype(np.uint8)


# --- the page under test ---------------------------------------------------------------------------------------


@dataclass
class Server:
    """Address of the page and every mask its handler received."""

    url: str = ""
    masks: list[np.ndarray | None] = field(default_factory=list)
    events: list[dict[str, object]] = field(default_factory=list)

    def read(self, mask: PaintedMask | None) -> None:
        self.masks.append(None if mask is None else mask.indices)

    def receive(self, mask: PaintedMask | None, event: gr.EventData) -> None:
        self.read(mask)
        self.events.append({"used": event.used, "counts": event.counts})


def photo() -> str:
    data = file_of(Image.new("RGB", (8, 8), (200, 30, 30)))
    return "data:image/png;base64," + base64.b64encode(data).decode()


def build(server: Server) -> gr.Blocks:
    changes = {
        "to wide": lambda: MaskPainter.change(WIDE, 40, 30, report="Another model."),
        "to cells": lambda: MaskPainter.change(CELLS, WIDTH, HEIGHT),
        "push mask": lambda: MaskPainter.change(CELLS, WIDTH, HEIGHT, mask=np.full((HEIGHT, WIDTH), 2, np.uint8)),
        "to hostile": lambda: MaskPainter.change(palette([HOSTILE, "other"]), 8, 8, report=HOSTILE),
        "add photo": lambda: MaskPainter.change(CELLS, WIDTH, HEIGHT, underlay=photo()),
        "hide": lambda: gr.update(visible=False),
        "show": lambda: gr.update(visible=True),
    }
    with gr.Blocks() as demo:
        with gr.Column(elem_id="narrow"):
            painter = MaskPainter(CELLS, WIDTH, HEIGHT, label="Mask", elem_id="painter")
            gr.Textbox(label="Seed")
        for name, change in changes.items():
            gr.Button(name).click(change, None, painter)
        gr.Button("read").click(server.read, painter, None)
        gr.HTML("<div style='height:1500px'></div>")
        painter.stroke_end(server.receive, painter, None, trigger_mode="always_last")
    return demo


class Canvas:
    """Hands on the painter of one page."""

    def __init__(self, page: Page, server: Server, width: int = WIDTH, height: int = HEIGHT) -> None:
        self.page, self.server, self.width, self.height = page, server, width, height
        self.area = page.locator("#painter canvas")
        expect(page.get_by_role("radio").first).to_be_visible(timeout=15_000)

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Position in the window of the middle of mask pixel (x, y)."""
        self.area.scroll_into_view_if_needed()
        box = self.area.bounding_box()
        return box["x"] + (x + 0.5) * box["width"] / self.width, box["y"] + (y + 0.5) * box["height"] / self.height

    def stroke(self, points: list[Point]) -> None:
        self.page.mouse.move(*self.at(*points[0]))
        self.page.mouse.down()
        for point in points[1:]:
            self.page.mouse.move(*self.at(*point))
        self.page.mouse.up()

    def click(self, point: Point, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.down(key)
        self.stroke([point])
        for key in keys:
            self.page.keyboard.up(key)

    def tool(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def chip(self, name: str) -> Locator:
        return self.page.locator(".mp-chip", has_text=name)

    def size(self, pixels: int) -> None:
        slider = self.page.get_by_label("Brush size in pixels")
        slider.focus()
        slider.press("Home")
        for _ in range(pixels - 1):
            slider.press("ArrowRight")

    def load(self, data: bytes, name: str = "mask.png") -> None:
        self.page.get_by_label("Mask file").set_input_files(
            [{"name": name, "mimeType": "application/octet-stream", "buffer": data}]
        )

    def load_mask(self, mask: np.ndarray) -> None:
        self.load(file_of(Image.fromarray(mask)))
        self.expect(mask)

    def save(self, kind: str) -> bytes:
        self.tool("Save")
        with self.page.expect_download() as download:
            self.page.get_by_role("button", name=kind).click()
        return Path(download.value.path()).read_bytes()

    def expect(self, mask: np.ndarray | None) -> None:
        """Wait until Python has received this mask; show the difference where it does not."""
        self.wait(lambda found: same(found, mask))
        if mask is None:
            assert self.server.masks[-1] is None
        else:
            np.testing.assert_array_equal(self.server.masks[-1], mask)

    def wait(self, good: Callable[[np.ndarray | None], object]) -> None:
        """Give the newest mask that Python received 20 s to become a good one."""
        masks, end = self.server.masks, time.monotonic() + 20
        while not (masks and good(masks[-1])) and time.monotonic() < end:
            self.page.wait_for_timeout(20)
        assert masks, "Python received nothing"

    def is_chosen(self, name: str) -> None:
        expect(self.chip(name)).to_have_attribute("aria-checked", "true")


def same(found: np.ndarray | None, mask: np.ndarray | None) -> bool:
    return found is mask if found is None or mask is None else np.array_equal(found, mask)


def file_of(image: Image.Image, kind: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def blank(width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    return np.zeros((height, width), np.uint8)


def ring() -> np.ndarray:
    """A closed frame of class 1 around background."""
    mask = blank()
    mask[10:30, 10:40] = 1
    mask[11:29, 11:39] = 0
    return mask


@pytest.fixture(scope="module")
def running(serve: Callable[..., object]) -> Iterator[Server]:
    server = Server()
    with serve(build(server)) as server.url:
        yield server


@pytest.fixture
def server(running: Server) -> Server:
    running.masks.clear()
    running.events.clear()
    return running


@pytest.fixture
def canvas(open_page: Callable[..., Page], server: Server) -> Canvas:
    return Canvas(open_page(server.url), server)


# --- painting --------------------------------------------------------------------------------------------------

THREE_STROKES = [
    ("cytoplasm", 8, 1, [(10, 10), (40, 12), (30, 40), (12, 30)]),
    ("nucleus", 3, 2, [(20, 20), (21, 33), (33, 22)]),
    ("void", 1, VOID, [(2, 45), (60, 3)]),
]


@pytest.mark.parametrize("ratio", [1, 2, 3])
def test_mouse_strokes_equal_the_reference_at_every_pixel_ratio(
    open_page: Callable[..., Page], server: Server, ratio: int
) -> None:
    canvas = Canvas(open_page(server.url, ratio=ratio), server)
    mask = blank()
    for name, size, value, points in THREE_STROKES:
        canvas.chip(name).click()
        canvas.size(size)
        canvas.stroke(points)
        mask = painted(mask, points, size, value)
        canvas.expect(mask)
    values, counts = np.unique(mask, return_counts=True)
    last = server.events[-1]
    assert last["used"] == values.tolist()
    assert last["counts"] == {str(v): n for v, n in zip(values.tolist(), counts.tolist(), strict=True)}
    share = f"{100 * counts[1] / mask.size:.1f}"
    expect(canvas.chip("cytoplasm")).to_contain_text(share if float(share) < 9.95 else f"{round(float(share))} %")


def test_brush_shapes(canvas: Canvas) -> None:
    canvas.size(1)
    for size in range(1, 25):  # each disc covers the one before
        canvas.click((20, 25))
        canvas.expect(painted(blank(), [(20, 25)], size, 1))
        canvas.page.get_by_label("Brush size in pixels").press("ArrowRight")


def test_touch_paints_and_the_page_does_not_scroll(open_page: Callable[..., Page], server: Server) -> None:
    page = open_page(server.url, width=390, height=844, ratio=3, touch=True)
    canvas = Canvas(page, server)
    box = canvas.area.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["y"] + box["height"] <= 844
    points = [(10, 5), (30, 40), (50, 8)]
    touch(page, [canvas.at(*point) for point in points])
    canvas.expect(painted(blank(), points, 3, 1))
    assert page.evaluate("scrollY") == 0


def touch(page: Page, places: list[tuple[float, float]]) -> None:
    session = page.context.new_cdp_session(page)
    kinds = ["touchStart"] + ["touchMove"] * (len(places) - 1)
    for kind, (x, y) in zip(kinds, places, strict=True):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": x, "y": y}]})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_fast_zigzag_has_no_gap(canvas: Canvas) -> None:
    canvas.size(1)
    points = [(2 + 4 * i, 2 if i % 2 else 45) for i in range(15)]
    canvas.stroke(points)
    canvas.expect(painted(blank(), points, 1, 1))
    _, areas = ndimage.label(canvas.server.masks[-1] == 1, np.ones((3, 3)))
    assert areas == 1


def test_a_stroke_may_leave_the_canvas_and_come_back(canvas: Canvas) -> None:
    points = [(5, 20), (-8, 25), (5, 30)]
    canvas.stroke(points)
    canvas.expect(painted(blank(), points, 4 - 1, 1))


# --- tools -----------------------------------------------------------------------------------------------------


def test_fill_stays_in_a_closed_shape(canvas: Canvas) -> None:
    canvas.load_mask(ring())
    canvas.tool("Fill")
    canvas.chip("nucleus").click()
    canvas.click((20, 20))
    canvas.expect(flooded(ring(), (20, 20), 2))


def test_fill_runs_out_through_a_leak_of_one_pixel(canvas: Canvas) -> None:
    mask = ring()
    mask[29, 20] = 0
    canvas.load_mask(mask)
    canvas.tool("Fill")
    canvas.click((20, 20))
    filled = flooded(mask, (20, 20), 1)
    assert filled[0, 0] == 1
    canvas.expect(filled)


def test_fill_does_not_pass_a_diagonal_leak(canvas: Canvas) -> None:
    mask = ring()
    mask[10, 10] = 0
    canvas.load_mask(mask)
    canvas.tool("Fill")
    canvas.chip("nucleus").click()
    canvas.click((20, 20))
    canvas.expect(flooded(mask, (20, 20), 2))


def test_fill_covers_an_empty_canvas_and_a_maze(canvas: Canvas) -> None:
    canvas.tool("Fill")
    canvas.chip("nucleus").click()
    canvas.click((0, 0))
    canvas.expect(np.full((HEIGHT, WIDTH), 2, np.uint8))
    maze = (np.random.default_rng(3).random((HEIGHT, WIDTH)) < 0.4).astype(np.uint8)
    maze[24, 32] = 0
    canvas.load_mask(maze)
    canvas.click((32, 24))
    canvas.expect(flooded(maze, (32, 24), 2))


def test_replace_changes_a_class_everywhere(canvas: Canvas) -> None:
    mask = blank()
    mask[5:9, 5:9] = mask[30:40, 30:50] = 1
    canvas.load_mask(mask)
    canvas.tool("Fill")
    canvas.chip("void").click()
    canvas.click((6, 6), "Shift")
    mask[mask == 1] = VOID
    canvas.expect(mask)
    canvas.page.get_by_label("Replace this class in the whole mask").check()
    canvas.chip("nucleus").click()
    canvas.click((40, 35))
    mask[mask == VOID] = 2
    canvas.expect(mask)


def test_protect_keeps_all_but_one_class(canvas: Canvas) -> None:
    mask = ring()
    canvas.load_mask(mask)
    canvas.page.get_by_label("Paint over").select_option("Over background only")
    canvas.chip("nucleus").click()
    canvas.size(9)
    canvas.stroke([(5, 20), (45, 20)])
    mask = np.where(mask == 0, painted(mask, [(5, 20), (45, 20)], 9, 2), mask)
    canvas.expect(mask)
    canvas.tool("Fill")
    canvas.click((10, 10))
    canvas.tool("Box")
    canvas.stroke([(8, 8), (14, 14)])
    box = mask.copy()
    box[8:15, 8:15] = 2
    canvas.expect(np.where(mask == 0, box, mask))


def test_box_erase_and_pick(canvas: Canvas) -> None:
    canvas.tool("Box")
    canvas.chip("nucleus").click()
    canvas.stroke([(40, 30), (10, 12)])
    mask = blank()
    mask[12:31, 10:41] = 2
    canvas.expect(mask)
    canvas.tool("Erase")
    canvas.stroke([(20, 20), (30, 20)])
    mask = painted(mask, [(20, 20), (30, 20)], 3, 0)
    canvas.expect(mask)
    canvas.chip("cytoplasm").click()
    canvas.click((12, 28), "Alt")
    canvas.is_chosen("nucleus")
    canvas.tool("Pick")
    canvas.click((25, 20))
    canvas.is_chosen("background")


def test_clear_gives_an_empty_state_that_undo_reverts(canvas: Canvas) -> None:
    canvas.click((20, 20))
    mask = painted(blank(), [(20, 20)], 3, 1)
    canvas.expect(mask)
    canvas.tool("Clear")
    canvas.expect(None)
    expect(canvas.page.get_by_text("Paint here")).to_be_visible()
    canvas.tool("Undo")
    canvas.expect(mask)


# --- undo and memory -------------------------------------------------------------------------------------------


def test_a_hundred_undos_and_redos_then_a_reload(canvas: Canvas) -> None:
    page = canvas.page
    mask, before_last = ring(), blank()
    canvas.load_mask(mask)
    start = mask
    for i in range(100):
        point, keep = (int(i * 7.3) % WIDTH, (i * 5) % HEIGHT), mask
        page.keyboard.press("2" if i % 2 else "1")
        canvas.click(point)
        mask = painted(mask, [point], 3, 2 if i % 2 else 1)
        before_last = keep if i == 99 else before_last
    canvas.expect(mask)
    for _ in range(100):
        page.keyboard.press("Control+z")
    canvas.expect(start)
    for _ in range(100):
        page.keyboard.press("Control+Shift+z")
    canvas.expect(mask)
    expect(page.get_by_role("button", name="Redo")).to_be_disabled()
    page.keyboard.press("Control+z")
    canvas.expect(before_last)
    page.reload()
    again = Canvas(page, canvas.server)
    canvas.server.masks.clear()
    page.get_by_role("button", name="read").click()
    again.expect(before_last)
    forgive_reload(page)


def test_a_fresh_page_is_empty_and_each_model_keeps_its_own_mask(canvas: Canvas) -> None:
    page = canvas.page
    page.get_by_role("button", name="read").click()
    canvas.expect(None)
    canvas.click((20, 20))
    mask = painted(blank(), [(20, 20)], 3, 1)
    canvas.expect(mask)
    page.get_by_role("button", name="to wide").click()
    expect(page.get_by_text("Another model.")).to_be_visible()
    wide = Canvas(page, canvas.server, 40, 30)
    wide.click((7, 9))
    wide.expect(painted(blank(40, 30), [(7, 9)], 2, 1))
    page.get_by_role("button", name="to cells").click()
    expect(canvas.chip("cytoplasm")).to_contain_text("0.3 %")
    page.get_by_role("button", name="read").click()
    canvas.expect(mask)


def test_a_mask_from_python_shows_and_a_hidden_painter_keeps_its_mask(canvas: Canvas) -> None:
    page = canvas.page
    page.get_by_role("button", name="push mask").click()
    expect(canvas.chip("nucleus")).to_contain_text("100 %")
    canvas.chip("cytoplasm").click()
    canvas.click((30, 30))
    mask = painted(np.full((HEIGHT, WIDTH), 2, np.uint8), [(30, 30)], 3, 1)
    canvas.expect(mask)
    page.get_by_role("button", name="hide").click()
    expect(canvas.area).to_be_hidden()
    page.get_by_role("button", name="show").click()
    expect(canvas.area).to_be_visible()
    canvas.server.masks.clear()
    page.get_by_role("button", name="read").click()
    canvas.expect(mask)
    canvas.click((10, 10))
    canvas.expect(painted(mask, [(10, 10)], 3, 1))


# --- keyboard --------------------------------------------------------------------------------------------------


def test_keys_act_only_while_the_painter_has_focus(canvas: Canvas) -> None:
    page = canvas.page
    canvas.click((20, 20))
    mask = painted(blank(), [(20, 20)], 3, 1)
    canvas.expect(mask)
    page.get_by_label("Seed").click()
    page.keyboard.type("2e[[")
    page.keyboard.press("Control+z")
    canvas.is_chosen("cytoplasm")
    expect(page.get_by_role("button", name="Brush")).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_role("button", name="Undo")).to_be_enabled()
    canvas.area.focus()
    for key, name in {"e": "Erase", "f": "Fill", "r": "Box", "i": "Pick", "b": "Brush"}.items():
        page.keyboard.press(key)
        expect(page.get_by_role("button", name=name, exact=True)).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("2")
    canvas.is_chosen("nucleus")
    page.keyboard.press("v")
    canvas.is_chosen("void")
    page.keyboard.press("]")
    canvas.click((40, 40))
    mask = painted(mask, [(40, 40)], 4, VOID)
    canvas.expect(mask)
    page.keyboard.press("Control+z")
    canvas.expect(painted(blank(), [(20, 20)], 3, 1))
    page.keyboard.press("Control+y")
    canvas.expect(mask)


def test_two_digits_choose_classes_above_nine(canvas: Canvas) -> None:
    page = canvas.page
    page.get_by_role("button", name="to wide").click()
    expect(canvas.chip("thing 18")).to_be_attached()
    canvas.area.focus()
    page.keyboard.type("10")
    canvas.is_chosen("thing 10")
    page.wait_for_timeout(700)
    page.keyboard.type("5")
    expect(canvas.chip("thing 5")).to_have_attribute("aria-checked", "true")
    page.wait_for_timeout(700)
    page.keyboard.type("29")
    expect(canvas.chip("thing 9")).to_have_attribute("aria-checked", "true")


def test_search_finds_a_class_among_many(canvas: Canvas) -> None:
    search = canvas.page.get_by_label("Find a class")
    expect(search).to_be_hidden()
    canvas.page.get_by_role("button", name="to wide").click()
    search.fill("thing 17")
    expect(canvas.page.get_by_role("radio")).to_have_count(1)
    search.press("Tab")
    canvas.page.keyboard.press("Enter")
    canvas.is_chosen("thing 17")


def test_painting_without_a_pointer(canvas: Canvas) -> None:
    page = canvas.page
    canvas.area.focus()
    middle = (WIDTH // 2, HEIGHT // 2)
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Control+ArrowUp")
    page.keyboard.press(" ")
    x, y = middle[0] - 1, middle[1] - 10
    mask = painted(blank(), [(x, y)], 3, 1)
    canvas.expect(mask)
    page.keyboard.down("Shift")
    for _ in range(6):
        page.keyboard.press("ArrowDown")
    page.keyboard.up("Shift")
    mask = painted(mask, [(x, y), (x, y + 6)], 3, 1)
    canvas.expect(mask)
    page.keyboard.press("Control+z")
    canvas.expect(painted(blank(), [(x, y)], 3, 1))
    expect(page.get_by_text(f"{x}, {y + 6} ·").first).to_be_visible()


def test_letter_keys_can_be_switched_off(canvas: Canvas) -> None:
    page = canvas.page
    canvas.area.focus()
    page.keyboard.press("?")
    page.get_by_label("Use letter and number keys").uncheck()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    canvas.area.focus()
    page.keyboard.press("e")
    page.keyboard.press("2")
    canvas.is_chosen("cytoplasm")
    expect(page.get_by_role("button", name="Brush")).to_have_attribute("aria-pressed", "true")


def test_the_plain_wheel_scrolls_the_page_and_alt_wheel_sizes_the_brush(canvas: Canvas) -> None:
    page = canvas.page
    page.mouse.move(*canvas.at(20, 20))
    page.keyboard.down("Alt")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Alt")
    expect(page.get_by_label("Brush size in pixels")).to_have_value("4")
    assert page.evaluate("scrollY") == 0
    page.mouse.wheel(0, 200)
    page.wait_for_function("scrollY > 100")


# --- files -----------------------------------------------------------------------------------------------------


def coloured(mask: np.ndarray) -> Image.Image:
    table = np.zeros((256, 3), np.uint8)
    for entry in [*CELLS["classes"], CELLS["ignore"]]:
        table[entry["index"]] = entry["color"]
    return Image.fromarray(table[mask])


def palette_picture(mask: np.ndarray) -> Image.Image:
    image = Image.fromarray(mask, "P")
    image.putpalette(np.arange(768, dtype=np.uint16).astype(np.uint8).tobytes())
    return image


@pytest.mark.parametrize("kind", [Image.fromarray, palette_picture, coloured], ids=["index", "palette", "colour"])
def test_exact_files_load_exactly(canvas: Canvas, kind: Callable[[np.ndarray], Image.Image]) -> None:
    mask = ring()
    mask[40:45, 5:60] = VOID
    mask[20:25, 20:25] = 2
    canvas.load(file_of(kind(mask)))
    canvas.expect(mask)


def test_a_lossy_copy_is_snapped_and_says_so(canvas: Canvas) -> None:
    mask = np.kron(np.array([[0, 1, 2], [2, 0, 1]], np.uint8), np.ones((24, 24), np.uint8))[:, :WIDTH]
    canvas.load(file_of(coloured(mask), "WEBP", quality=80), "mask.webp")
    expect(canvas.page.locator(".mp-status")).to_contain_text("%")
    canvas.wait(lambda found: True)
    wrong = np.mean(canvas.server.masks[-1] != mask)
    assert wrong < 0.02


def test_another_size_is_resized_and_says_so(canvas: Canvas) -> None:
    canvas.load(file_of(Image.fromarray(np.kron(ring(), np.ones((2, 2), np.uint8)))))
    canvas.expect(ring())
    expect(canvas.page.locator(".mp-status")).to_contain_text("128")


@pytest.mark.parametrize(
    "data", [b"no picture at all", file_of(Image.fromarray(np.full((HEIGHT, WIDTH), 9, np.uint8))), b"\0" * 4_000_001]
)
def test_unusable_files_are_refused_in_words_and_change_nothing(canvas: Canvas, data: bytes) -> None:
    canvas.click((20, 20))
    canvas.expect(painted(blank(), [(20, 20)], 3, 1))
    canvas.load(data)
    expect(canvas.page.locator(".mp-status .mp-error")).to_contain_text(".")
    canvas.server.masks.clear()
    canvas.page.get_by_role("button", name="read").click()
    canvas.expect(painted(blank(), [(20, 20)], 3, 1))


def test_a_dropped_file_is_loaded(canvas: Canvas) -> None:
    data = base64.b64encode(file_of(Image.fromarray(ring()))).decode()
    transfer = canvas.page.evaluate_handle(
        """(data) => {
            const transfer = new DataTransfer();
            const bytes = Uint8Array.from(atob(data), (char) => char.charCodeAt(0));
            transfer.items.add(new File([bytes], "mask.png", { type: "image/png" }));
            return transfer;
        }""",
        data,
    )
    canvas.area.dispatch_event("drop", {"dataTransfer": transfer})
    canvas.expect(ring())


NOISE = np.random.default_rng(1).choice(np.array([0, 1, 2, VOID], np.uint8), (HEIGHT, WIDTH))


@pytest.mark.parametrize("kind", ["PNG of class numbers", "PNG with palette"])
@pytest.mark.parametrize("mask", [ring(), NOISE], ids=["ring", "noise"])
def test_saved_masks_load_again_byte_by_byte(canvas: Canvas, kind: str, mask: np.ndarray) -> None:
    canvas.load_mask(mask)
    saved = canvas.save(kind)
    image = Image.open(io.BytesIO(saved))
    image.load()
    assert image.mode == ("L" if "numbers" in kind else "P")
    np.testing.assert_array_equal(np.array(image), mask)
    if image.mode == "P":
        np.testing.assert_array_equal(np.array(image.convert("RGB")), np.array(coloured(mask)))
    canvas.tool("Clear")
    canvas.expect(None)
    canvas.load(saved)
    canvas.expect(mask)
    assert canvas.save(kind) == saved


def test_the_legend_names_every_class(canvas: Canvas) -> None:
    legend = json.loads(canvas.save("Legend as JSON"))
    assert [entry["name"] for entry in legend["classes"]] == ["background", "cytoplasm", "nucleus"]
    assert legend["ignore"]["index"] == VOID and (legend["width"], legend["height"]) == (WIDTH, HEIGHT)


# --- looks and manners -----------------------------------------------------------------------------------------


def test_class_names_and_messages_are_only_text(canvas: Canvas) -> None:
    page = canvas.page
    page.get_by_role("button", name="to hostile").click()
    expect(page.locator(".mp-chip .mp-name").first).to_have_text(HOSTILE)
    expect(page.locator(".mp-status")).to_contain_text(HOSTILE)
    expect(page.get_by_label("Paint over").locator("option").nth(1)).to_have_text(f"Over {HOSTILE} only")
    assert page.locator("#painter img[src=x]").count() == 0
    assert page.evaluate("window.hit") is None


def test_the_photo_slider_is_there_only_with_a_photo(canvas: Canvas) -> None:
    slider = canvas.page.get_by_label("Share of the photo in the view")
    expect(slider).to_be_hidden()
    canvas.page.get_by_role("button", name="add photo").click()
    expect(slider).to_be_visible()
    slider.press("End")
    expect(canvas.area).to_have_css("opacity", "0")
    canvas.page.get_by_role("button", name="to cells").click()
    expect(slider).to_be_hidden()
    expect(canvas.area).to_have_css("opacity", "1")


def test_numbers_name_the_regions(canvas: Canvas) -> None:
    canvas.load_mask(ring())
    page = canvas.page
    numbers = page.locator(".mp-numbers span")
    expect(numbers).to_have_count(0)
    page.get_by_role("button", name="Keyboard shortcuts").click()
    page.get_by_label("Show class numbers on the mask").check()
    expect(numbers).to_have_text(["0", "1", "0"])
    page.keyboard.press("Escape")
    stage = canvas.area.bounding_box()
    for i, value in enumerate([0, 1, 0]):
        box = numbers.nth(i).bounding_box()
        x = int((box["x"] + box["width"] / 2 - stage["x"]) * WIDTH / stage["width"])
        y = int((box["y"] + box["height"] / 2 - stage["y"]) * HEIGHT / stage["height"])
        assert ring()[y, x] == value


SMALL_TARGETS = """() => [...document.querySelectorAll("#painter button, #painter input, #painter select")]
    .map((node) => [node.closest(".mp-check") || node])
    .map(([node]) => [node.textContent.trim() || node.ariaLabel, node.getBoundingClientRect()])
    .filter(([, box]) => box.height > 0 && (box.height < 43.5 || box.width < 43.5))
    .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""

NAMELESS = """() => [...document.querySelectorAll("#painter button, #painter input, #painter select, #painter canvas")]
    .filter((node) => !(node.ariaLabel || node.textContent.trim() || node.labels?.[0]?.textContent.trim()))
    .map((node) => node.outerHTML)"""


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 390])
def test_phones_have_large_targets_and_no_sideways_scroll(
    open_page: Callable[..., Page], server: Server, width: int, theme: str
) -> None:
    page = open_page(server.url, width=width, height=800, ratio=2, touch=True, theme=theme)
    canvas = Canvas(page, server)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for name in ["Save", "Keyboard shortcuts"]:
        opener = page.get_by_role("button", name=name)
        opener.tap()
        assert page.evaluate(SMALL_TARGETS) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        opener.tap()
    for tool in ["Fill", "Brush"]:
        canvas.tool(tool)
        assert page.evaluate(SMALL_TARGETS) == []


def test_every_control_has_a_name_and_nothing_moves_while_painting(canvas: Canvas) -> None:
    page = canvas.page
    assert page.evaluate(NAMELESS) == []
    below = page.get_by_label("Seed")
    place = below.bounding_box()
    for tool in ["Fill", "Box", "Pick", "Erase", "Brush"]:
        canvas.tool(tool)
        canvas.click((20, 20))
        assert below.bounding_box() == place
