from __future__ import annotations

import io
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image

from flowdemo.errors import InputError
from flowdemo.rendering.masks import read_mask, resize_nearest, write_index_png, write_palette_png
from flowdemo.rendering.palette import ClassColour, Palette, safe_colours
from flowdemo.rendering.pictures import fit

from .samples import chunk, encode, exif_orientation, grey_tiff

pytestmark = pytest.mark.filterwarnings("error")

COLOURS = ((128, 128, 128), (128, 0, 0), (192, 192, 128), (128, 64, 128), (60, 40, 222))
CLASSES = tuple(ClassColour(i, f"class {i}", c) for i, c in enumerate(COLOURS))
VOID = ClassColour(5, "void", (0, 0, 0))
PALETTE = Palette(CLASSES, VOID)
masks = arrays(np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 5))


def blobs(side: int = 128) -> np.ndarray:
    y, x = np.mgrid[:side, :side]
    mask = (x * 3 // side).astype(np.uint8)
    mask[(x - 40) ** 2 + (y - 60) ** 2 < 900] = 3
    mask[(x - 90) ** 2 + (y - 40) ** 2 < 500] = 4
    return mask


def refusal(data: bytes, *args, **kwargs) -> str:
    with pytest.raises(InputError) as caught:
        read_mask(data, *args, **kwargs)
    assert caught.value.field == "mask" and caught.value.message.endswith(".")
    return caught.value.message


@settings(deadline=None)
@given(masks)
def test_written_masks_are_read_back_exactly(indices) -> None:
    for data in (write_index_png(indices, {"a": "b"}), write_palette_png(indices, PALETTE, {"a": "b"})):
        report = read_mask(data, CLASSES, ignore=VOID)
        assert np.array_equal(report.indices, indices) and report.indices.dtype == np.uint8
        assert report.snapped_share == 0 and report.resized is None
        assert report.kind in ("index", "palette") and "exact" in report.message


@settings(deadline=None)
@given(masks)
def test_class_colours_are_read_back_exactly_from_any_lossless_file(indices) -> None:
    image = Image.fromarray(PALETTE.lut()[indices])
    files = [encode(image, kind) for kind in ("PNG", "BMP", "TIFF", "GIF")]
    files.append(encode(image, "WEBP", lossless=True))
    files.append(encode(image.quantize(256), "PNG"))  # a palette in another order than the classes
    single_black = (indices == 5).all()  # black alone may as well be index 0
    for data in files:
        report = read_mask(data, CLASSES, ignore=VOID)
        assert report.snapped_share == 0
        assert np.array_equal(report.indices, indices) or single_black


def test_grey_rgb_is_read_as_indices() -> None:
    indices = blobs()
    report = read_mask(encode(Image.fromarray(np.stack([indices] * 3, -1)), "PNG"), CLASSES)
    assert report.kind == "index" and np.array_equal(report.indices, indices)


def test_sixteen_bit_one_bit_and_whole_number_files_hold_indices() -> None:
    wide = np.array([[0, 4], [3, 1]])
    for image in (Image.fromarray(wide.astype(np.uint16)), Image.fromarray(wide.astype(np.int32))):
        report = read_mask(encode(image, "TIFF"), CLASSES)
        assert report.kind == "index" and np.array_equal(report.indices, wide)
    bits = Image.fromarray(np.array([[True, False]]))
    assert read_mask(encode(bits, "PNG"), CLASSES).indices.tolist() == [[1, 0]]
    big_endian = grey_tiff(2, 1, 16, 1, struct.pack(">2H", 2, 4), ">")
    assert read_mask(big_endian, CLASSES).indices.tolist() == [[2, 4]]


@pytest.mark.parametrize(
    ("kind", "options"),
    [("JPEG", {"quality": 90}), ("JPEG", {"quality": 75}), ("WEBP", {"quality": 80})],
)
def test_lossy_copy_is_snapped_and_says_so(kind: str, options: dict) -> None:
    indices = blobs()
    report = read_mask(encode(Image.fromarray(PALETTE.lut()[indices]), kind, **options), CLASSES, ignore=VOID)
    assert report.kind == "colour" and 0 < report.snapped_share <= 1
    assert "snapped" in report.message and "%" in report.message
    assert (report.indices == indices).mean() > 0.97


def test_snapped_share_counts_the_pixels() -> None:
    pixels = PALETTE.lut()[blobs(50)]
    pixels[0, :5] += 1
    report = read_mask(encode(Image.fromarray(pixels), "PNG"), CLASSES, ignore=VOID)
    assert report.snapped_share == pytest.approx(5 / 2500)
    assert "0.2 % of the pixels" in report.message
    assert np.array_equal(report.indices, blobs(50))


def test_a_photo_is_no_mask() -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (40, 40, 3)).astype(np.uint8)
    assert "no class colour" in refusal(encode(Image.fromarray(pixels), "PNG"), CLASSES)
    grey_jpeg = encode(
        Image.fromarray(blobs()), "JPEG"
    )  # indices do not survive JPEG, so they are not believed
    assert "no class colour" in refusal(grey_jpeg, CLASSES)


def test_foreign_indices_are_listed() -> None:
    indices = np.array([[0, 4, 5, 77, 255]], np.uint8)
    message = refusal(write_index_png(indices), CLASSES)
    assert "5, 77, 255" in message and "0 to 4" in message
    message = refusal(write_index_png(indices), CLASSES, ignore=VOID)
    assert "77, 255" in message and "5 to ignore" in message and " 5," not in message
    many = refusal(write_index_png(np.arange(100, dtype=np.uint8)[None]), CLASSES)
    assert "5, 6, 7, 8, 9, 10 and 89 more" in many
    wide = encode(Image.fromarray(np.array([[300, 2]], np.uint16)), "PNG")
    assert "300" in refusal(wide, CLASSES)
    negative = encode(Image.fromarray(np.array([[-1, 2]], np.int32)), "TIFF")
    assert "-1" in refusal(negative, CLASSES)


def test_palette_positions_beyond_the_classes_go_through_their_colours() -> None:
    image = Image.fromarray(np.array([[200, 201]], np.uint8))
    table = np.zeros((256, 3), np.uint8)
    table[200], table[201] = COLOURS[3], COLOURS[1]
    image.putpalette(table.tobytes())
    report = read_mask(encode(image, "PNG"), CLASSES)
    assert report.kind == "colour" and report.indices.tolist() == [[3, 1]]
    table[201] = (0, 255, 0)
    image.putpalette(table.tobytes())
    assert "200, 201" in refusal(encode(image, "PNG"), CLASSES)


def test_grey_ramp_palette_means_indices_even_where_a_class_is_black() -> None:
    image = Image.fromarray(np.zeros((2, 3), np.uint8))
    image.putpalette(np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
    report = read_mask(encode(image, "PNG"), CLASSES, ignore=VOID)
    assert report.kind == "palette" and report.indices.max() == 0


def test_masks_are_never_padded() -> None:
    with pytest.raises(InputError, match="cover or stretch"):
        read_mask(write_index_png(blobs(8)), CLASSES, size=(4, 8), mode="pad")


def test_black_and_white_file_matches_black_and_white_classes() -> None:
    pair = (ClassColour(0, "back", (0, 0, 0)), ClassColour(1, "shape", (255, 255, 255)))
    data = encode(Image.fromarray(np.array([[0, 255]], np.uint8)), "PNG")
    assert read_mask(data, pair).indices.tolist() == [[0, 1]]
    assert "255" in refusal(data, CLASSES)


def test_transparent_pixels_become_the_ignore_label_or_are_refused() -> None:
    pixels = np.zeros((2, 10, 4), np.uint8)
    pixels[..., :3], pixels[..., 3] = COLOURS[2], 255
    pixels[0, 0] = (9, 9, 9, 0)
    data = encode(Image.fromarray(pixels), "PNG")
    report = read_mask(data, CLASSES, ignore=VOID)
    assert report.indices[0, 0] == 5 and (report.indices[1] == 2).all() and report.snapped_share == 0
    assert "transparent in 5.0 %" in refusal(data, CLASSES)
    grey = np.array([[[3, 255], [200, 0]]], np.uint8)
    assert read_mask(encode(Image.fromarray(grey), "PNG"), CLASSES, ignore=VOID).indices.tolist() == [[3, 5]]


def test_classes_of_one_colour_can_only_be_read_by_index() -> None:
    twins = (*CLASSES, ClassColour(5, "twin", COLOURS[0]))
    indices = np.array([[0, 5, 1]], np.uint8)
    assert np.array_equal(read_mask(write_palette_png(indices, Palette(twins)), twins).indices, indices)
    assert "two classes share" in refusal(encode(Image.fromarray(PALETTE.lut()[blobs()]), "PNG"), twins)


def test_alike_colours_are_exact_or_refused() -> None:
    classes = tuple(ClassColour(i, str(i), (10 * i, 0, 0)) for i in range(5))
    pixels = Palette(classes).lut()[blobs()]
    assert np.array_equal(read_mask(encode(Image.fromarray(pixels), "PNG"), classes).indices, blobs())
    assert "too alike" in refusal(encode(Image.fromarray(pixels), "JPEG"), classes)


@pytest.mark.parametrize("mode", ["F", "LAB"])
def test_modes_without_indices_or_colours_are_refused(mode: str) -> None:
    assert "class indices" in refusal(encode(Image.new(mode, (4, 4)), "TIFF"), CLASSES)


def test_orientation_flag_turns_the_mask_as_it_turns_the_picture() -> None:
    indices = np.array([[0, 1, 2], [3, 4, 0]], np.uint8)
    plain = write_index_png(indices)
    turned = plain[:33] + chunk(b"eXIf", exif_orientation(6)[6:]) + plain[33:]
    assert read_mask(turned, CLASSES).indices.tolist() == [[3, 0], [4, 1], [0, 2]]


@settings(deadline=None)
@given(masks, st.integers(1, 30), st.integers(1, 30), st.sampled_from(["cover", "stretch"]))
def test_resizing_invents_no_class(indices, width, height, mode) -> None:
    resized = resize_nearest(indices, (width, height), mode)
    assert resized.shape == (height, width)
    assert set(np.unique(resized)) <= set(np.unique(indices))


def test_resizing_reports_the_size_and_takes_the_pixel_under_the_centre() -> None:
    report = read_mask(write_index_png(blobs(64)), CLASSES, size=(16, 16))
    assert report.resized == (64, 64) and "resized from 64 × 64" in report.message
    assert np.array_equal(report.indices, blobs(64)[2::4, 2::4])
    doubled = resize_nearest(np.array([[0, 1]], np.uint8), (4, 2))
    assert doubled.tolist() == [[0, 0, 1, 1]] * 2
    assert read_mask(write_index_png(blobs(64)), CLASSES, size=(64, 64)).resized is None


def test_mask_and_picture_are_cropped_alike() -> None:
    wide = np.zeros((20, 60), np.uint8)
    wide[:, 20:40] = 1
    picture = fit(np.repeat(wide[..., None] * 200, 3, axis=2), (20, 20)).picture
    assert np.array_equal(resize_nearest(wide, (20, 20)), picture[..., 0] // 200)


def test_many_classes() -> None:
    classes = tuple(ClassColour(i, str(i), c) for i, c in enumerate(safe_colours(171)))
    indices = np.arange(171, dtype=np.uint8).repeat(3).reshape(27, 19)
    data = encode(Image.fromarray(Palette(classes).lut()[indices]), "PNG")
    assert np.array_equal(read_mask(data, classes).indices, indices)


def test_written_files_mean_the_same_to_other_readers() -> None:
    indices = blobs()
    for data in (write_index_png(indices), write_palette_png(indices, PALETTE)):
        assert np.array_equal(np.asarray(Image.open(io.BytesIO(data))), indices)
