"""Inputs: what is admitted, at which size, and under which hash."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from tiny import CLASSES, POSTERIOR, SIDE, mask_labels, png_bytes

from flowdemo.engine import Engine, Given
from flowdemo.errors import InputError
from flowdemo.zoo import Manifest


@pytest.fixture(scope="module")
def manifest(shared_engine: Engine) -> Manifest:
    return shared_engine.manifest(POSTERIOR)


def test_a_photo_is_brought_to_the_models_size_and_says_so(manifest: Manifest, photo: bytes) -> None:
    given = Given.picture(photo, manifest)
    assert (given.kind, given.pixels.shape, given.pixels.dtype) == ("picture", (SIDE, SIDE, 3), np.uint8)
    assert given.note.endswith(".")
    exact = np.random.default_rng(3).integers(0, 256, (SIDE, SIDE, 3), dtype=np.uint8)
    untouched = Given.picture(png_bytes(exact), manifest)
    assert np.array_equal(untouched.pixels, exact)


def test_a_mask_file_keeps_its_indices(manifest: Manifest, mask: bytes) -> None:
    given = Given.mask(mask, manifest)
    assert given.kind == "mask" and np.array_equal(given.pixels, mask_labels()) and given.note.endswith(".")
    doubled = Given.mask(png_bytes(mask_labels().repeat(2, 0).repeat(2, 1)), manifest)
    assert np.array_equal(doubled.pixels, mask_labels())


def test_files_may_come_by_path(manifest: Manifest, photo: bytes, mask: bytes, tmp_path: Path) -> None:
    (tmp_path / "photo.png").write_bytes(photo)
    (tmp_path / "mask.png").write_bytes(mask)
    assert Given.picture(tmp_path / "photo.png", manifest).sha256 == Given.picture(photo, manifest).sha256
    assert Given.mask(tmp_path / "mask.png", manifest).sha256 == Given.mask(mask, manifest).sha256
    with pytest.raises(InputError) as caught:
        Given.picture(tmp_path / "none.png", manifest)
    assert str(tmp_path) not in caught.value.message


def test_the_hash_depends_on_kind_shape_and_pixels_alone() -> None:
    zeros = np.zeros((2, 6), np.uint8)
    given = Given("mask", zeros)
    assert given.sha256 == hashlib.sha256(b"mask (2, 6)" + bytes(12)).hexdigest()
    assert given.sha256 == Given("mask", np.zeros((6, 2), np.uint8).T, "another note").sha256
    others = [Given("mask", zeros.reshape(6, 2)), Given("picture", zeros), Given("mask", zeros + 1)]
    assert len({given.sha256, *(other.sha256 for other in others)}) == 4


def test_labels_admit_every_class_and_the_ignore_label(manifest: Manifest) -> None:
    given = Given.labels(mask_labels().astype(np.int64), manifest)
    assert given.pixels.dtype == np.uint8 and np.array_equal(given.pixels, mask_labels())
    assert set(np.unique(given.pixels)) == set(range(len(CLASSES) + 1))


@pytest.mark.parametrize(("value", "shown"), [(len(CLASSES) + 1, "4"), (255, "255"), (-1, "-1"), (0.5, "0.5")])
def test_labels_that_are_no_class(manifest: Manifest, value: float, shown: str) -> None:
    labels = mask_labels().astype(float if isinstance(value, float) else np.int64)
    labels[3, 4] = value
    with pytest.raises(InputError, match=shown) as caught:
        Given.labels(labels, manifest)
    assert caught.value.field == "mask"


@pytest.mark.parametrize("shape", [(SIDE, SIDE + 1), (SIDE - 1, SIDE), (SIDE, SIDE, 1), (SIDE * SIDE,), (0, 0)])
def test_labels_of_another_size(manifest: Manifest, shape: tuple[int, ...]) -> None:
    with pytest.raises(InputError, match=f"{SIDE} × {SIDE}"):
        Given.labels(np.zeros(shape, np.uint8), manifest)


@pytest.mark.parametrize("data", [b"", b"hello", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"\x89PNG\r\n\x1a\n"])
def test_what_is_no_picture(manifest: Manifest, data: bytes) -> None:
    for read, field in ((Given.picture, "image"), (Given.mask, "mask")):
        with pytest.raises(InputError) as caught:
            read(data, manifest)
        assert caught.value.field == field and caught.value.message.endswith(".")


def test_a_photo_is_no_mask(manifest: Manifest, photo: bytes) -> None:
    with pytest.raises(InputError) as caught:
        Given.mask(photo, manifest)
    assert caught.value.field == "mask"
