from __future__ import annotations

import hashlib
import io
import json
import zipfile

import numpy as np
import pytest
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.rendering.animation import gif, webp, zip_frames
from flowdemo.rendering.palette import ClassColour, Palette, safe_colours
from flowdemo.rendering.views import class_map

from .samples import photo


def mask_frames(classes: int, count: int = 9) -> list[np.ndarray]:
    palette = Palette(tuple(ClassColour(i, str(i), c) for i, c in enumerate(safe_colours(classes))))
    rng = np.random.default_rng(classes)
    frames = [rng.integers(0, classes, (40, 56)).astype(np.uint8) for _ in range(count)]
    frames[2] = frames[1].copy()  # a step that changes nothing
    frames[3] = frames[2].copy()
    frames[3][5:9, 5:9] = 0  # and one that changes little
    return [class_map(frame, palette) for frame in frames]


def play(data: bytes) -> list[tuple[np.ndarray, int]]:
    """Frames as they are shown, and their milliseconds."""
    image = Image.open(io.BytesIO(data))
    shown = []
    for i in range(getattr(image, "n_frames", 1)):
        image.seek(i)
        shown.append((np.asarray(image.convert("RGB")), image.info["duration"]))
    return shown


def at_times(shown: list[tuple[np.ndarray, int]], count: int, step: int) -> list[np.ndarray]:
    """What is on the screen in the middle of each step; encoders may join equal frames."""
    ends = np.cumsum([duration for _, duration in shown])
    return [shown[int(np.searchsorted(ends, i * step + step / 2))][0] for i in range(count)]


@pytest.mark.parametrize("classes", [2, 11, 171, 255])
def test_gif_shows_exactly_the_class_colours(classes: int) -> None:
    frames = mask_frames(classes)
    shown = play(gif(frames, 0.1, hold_last=1.0))
    for frame, seen in zip(frames, at_times(shown, len(frames), 100), strict=True):
        assert np.array_equal(seen, frame)
    assert sum(duration for _, duration in shown) == 900 + 1000


def test_gif_of_photos_is_close() -> None:
    frames = [photo(64), photo(64)[::-1].copy()]
    for frame, (seen, _) in zip(frames, play(gif(frames, 0.2)), strict=True):
        assert np.abs(seen.astype(int) - frame).mean() < 8


def test_lossless_webp_shows_exactly_the_class_colours() -> None:
    frames = mask_frames(19)
    shown = play(webp(frames, 0.08, hold_last=0.5, lossless=True))
    for frame, seen in zip(frames, at_times(shown, len(frames), 80), strict=True):
        assert np.array_equal(seen, frame)
    lossy = play(webp([photo(64), photo(64)[::-1].copy()], 0.1))
    assert np.abs(lossy[0][0].astype(int) - photo(64)).mean() < 8


@pytest.mark.parametrize("make", [gif, webp])
def test_loop_and_determinism(make) -> None:
    frames = mask_frames(5)
    endless, once = make(frames, 0.1), make(frames, 0.1, loop=False)
    assert Image.open(io.BytesIO(endless)).info["loop"] == 0
    assert Image.open(io.BytesIO(once)).info.get("loop", 1) == 1
    assert make(frames, 0.1) == endless
    assert np.array_equal(play(make(frames[:1], 0.1))[0][0].shape, frames[0].shape)


@pytest.mark.parametrize("make", [gif, webp])
@pytest.mark.parametrize("frames", [[], [np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5, 3), np.uint8)]])
def test_impossible_animations_are_refused(make, frames) -> None:
    with pytest.raises(InputError):
        make(frames, 0.1)


def test_zip_lists_every_file_with_its_hash() -> None:
    files = {"frames/000.png": b"abc", "mask.png": b"\x00" * 99}
    data = zip_frames(files, {"model": "toy", "seed": 3})
    archive = zipfile.ZipFile(io.BytesIO(data))
    assert archive.testzip() is None and set(archive.namelist()) == {"manifest.json", *files}
    manifest = json.loads(archive.read("manifest.json"))
    assert manifest["model"] == "toy" and manifest["seed"] == 3
    for name, content in files.items():
        assert archive.read(name) == content
        entry = manifest["files"][name]
        assert entry == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert zip_frames(dict(files), {"seed": 3, "model": "toy"}) == data


@pytest.mark.parametrize(
    "name", ["../a.png", "/etc/a", "a/../b", "a\\b", "C:a", "", ".hidden", "a//b", "manifest.json", "a\nb"]
)
def test_names_that_could_escape_are_refused(name: str) -> None:
    with pytest.raises(InputError):
        zip_frames({name: b"x"}, {})
