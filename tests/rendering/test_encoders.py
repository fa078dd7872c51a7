from __future__ import annotations

import base64
import io

import numpy as np
from PIL import Image

from flowdemo.rendering import encoders
from flowdemo.rendering.palette import ClassColour, Palette, safe_colours
from flowdemo.rendering.views import class_map

from .samples import photo

PALETTE = Palette(
    tuple(ClassColour(i, f"c{i}", c) for i, c in enumerate(safe_colours(11))),
    ClassColour(11, "void", (128, 128, 128)),
)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def scene_mask(side: int = 512) -> np.ndarray:
    """Street-like mask: bands, blobs, thin poles."""
    rng = np.random.default_rng(3)
    y, x = np.mgrid[:side, :side] / side
    mask = np.digitize(y + 0.05 * np.sin(9 * x), [0.3, 0.55, 0.7]).astype(np.uint8)
    for k in range(30):
        cx, cy, r = rng.random(3) * (1, 1, 0.12)
        mask[(x - cx) ** 2 + (y - cy) ** 2 < r * r] = 4 + k % 8
    mask[:, :: side // 6][:, :6] = 10
    return mask


def test_streamed_frames_stay_within_their_bytes() -> None:
    assert len(encoders.jpeg(photo(512))) <= 60_000
    large, small = scene_mask(512), scene_mask(256)
    frames = [
        (large, encoders.webp_lossless(class_map(large, PALETTE))),
        (small, encoders.png(small, palette=PALETTE)),
    ]
    for mask, data in frames:
        assert len(data) <= 6_000
        assert np.array_equal(np.asarray(opened(data).convert("RGB")), PALETTE.lut()[mask])


def test_noise_fits_a_limit_that_full_quality_would_break() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (512, 512, 3)).astype(np.uint8)
    assert len(encoders.jpeg(noise)) > 200_000
    limited = encoders.jpeg(noise, limit=60_000)
    assert len(limited) <= 60_000 and opened(limited).size == (512, 512)
    assert encoders.jpeg(photo(256), limit=60_000) == encoders.jpeg(photo(256))


def test_jpeg_keeps_colour_at_full_resolution() -> None:
    red_blue = np.zeros((16, 16, 3), np.uint8)
    red_blue[:, ::2] = (255, 0, 0)
    red_blue[:, 1::2] = (0, 0, 255)
    decoded = np.asarray(opened(encoders.jpeg(red_blue))).astype(int)
    assert np.abs(decoded - red_blue).mean() < 12  # halved colour would mix the columns to purple


def test_png_of_pictures_greys_and_indices() -> None:
    picture, grey = photo(32), photo(32)[..., 0].copy()
    assert np.array_equal(np.asarray(opened(encoders.png(picture))), picture)
    for data in (encoders.png(grey), encoders.grey_png(grey)):
        assert opened(data).mode == "L" and np.array_equal(np.asarray(opened(data)), grey)
    paletted = opened(encoders.png(np.array([[0, 11]], np.uint8), {"title": "Größe", "key": "値"}, PALETTE))
    assert paletted.mode == "P" and np.asarray(paletted).tolist() == [[0, 11]]
    assert paletted.text == {"title": "Größe", "key": "値"}


def test_data_uri_holds_the_bytes() -> None:
    uri = encoders.data_uri(encoders.MIME["jpeg"], b"\x00\xff")
    head, _, body = uri.partition(",")
    assert head == "data:image/jpeg;base64" and base64.b64decode(body) == b"\x00\xff"


def test_same_input_gives_same_bytes() -> None:
    for make in (encoders.jpeg, encoders.webp_lossless, encoders.png):
        assert make(photo(64)) == make(photo(64))
