"""Label forms: what is written can be read, up to the bound on the noise and not beyond."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from flowdemo.codes import base_k
from flowdemo.codes.levels import level_line
from flowdemo.errors import InputError, ModelError
from flowdemo.systems.labels import GlobalLabels, PixelLabels, add_uniform, mode, posterior_mean

SIZE = (12, 12)


def _noisy(form: GlobalLabels | PixelLabels, labels: np.ndarray, beta: float, seed: int) -> torch.Tensor:
    clean = form.encode(labels, SIZE)
    return add_uniform(clean, form.half_width(beta), torch.Generator().manual_seed(seed))


@given(st.integers(2, 20), st.floats(0, 0.499), st.floats(0.1, 8), st.integers(0, 2**31))
@settings(max_examples=60)
def test_every_noisy_label_of_a_picture_is_read_as_written(classes: int, beta: float, amplitude: float, seed: int):
    form, labels = GlobalLabels(classes, amplitude), np.arange(classes)
    half = _noisy(form, labels, beta, seed)
    assert np.array_equal(form.distances(half).argmin(1), labels)
    pixels = form.codebook.decode(form.codes(half).numpy())
    assert np.array_equal(pixels, np.broadcast_to(labels[:, None, None], pixels.shape))


@given(st.integers(2, 20), st.booleans(), st.floats(0, 0.999), st.integers(0, 2**31))
@settings(max_examples=40)
def test_every_noisy_mask_is_read_as_written(classes: int, void: bool, share: float, seed: int) -> None:
    form = PixelLabels(base_k(classes, void))
    labels = np.random.default_rng(seed).integers(0, classes, (2, *SIZE)).astype(np.uint8)
    half = _noisy(form, labels, share * form.beta_bound, seed)
    assert np.array_equal(form.codebook.decode(form.codes(half).numpy()), labels)


@pytest.mark.parametrize("classes", [2, 3, 10, 20])
def test_beyond_the_bound_some_pixel_is_misread(classes: int) -> None:
    form = GlobalLabels(classes)
    assert form.beta_bound == 0.5
    half = _noisy(form, np.arange(classes), 0.6, 0)
    assert (form.codebook.decode(form.codes(half).numpy()) != np.arange(classes)[:, None, None]).any()


def test_levels_of_the_published_digit_classifier() -> None:
    """10 classes from −2 to 2, 4/9 apart, and noise of a quarter of that: ±1/9."""
    form = GlobalLabels(10)
    torch.testing.assert_close(form.points[:, 0], torch.tensor([-2 + 4 / 9 * c for c in range(10)]))
    noise = _noisy(form, np.array([0]), 0.25, 3) + 2
    assert form.spacing == pytest.approx(4 / 9) and 0.1 < noise.abs().max() <= 1 / 9
    half = form.encode(np.array([7]), SIZE)
    assert half.shape == (1, 1, *SIZE) and half.std() == 0
    np.testing.assert_allclose(form.distances(half)[0], np.abs(np.arange(10) - 7), atol=1e-5)


def test_a_label_is_read_by_the_mean_and_not_by_its_pixels() -> None:
    form = GlobalLabels(5, 2.0)  # levels −2, −1, 0, 1, 2
    half = torch.full((1, 1, 2, 2), -2.0)
    half[0, 0, 0] = 2.0
    assert form.distances(half)[0].tolist() == [2, 1, 0, 1, 2]


def test_logits_of_a_picture_are_averaged_and_those_of_a_mask_are_not() -> None:
    logits = torch.arange(24.0).view(1, 2, 3, 4)
    assert PixelLabels(base_k(2, False)).pool(logits) is logits
    assert GlobalLabels(2).pool(logits).flatten().tolist() == [5.5, 17.5]


def test_labels_without_a_level_are_refused() -> None:
    for wrong in ([3], [-1], [[0]], [0, 7]):
        with pytest.raises(InputError, match="0 to 2") as caught:
            GlobalLabels(3).encode(np.array(wrong), SIZE)
        assert caught.value.field == "label"
    with pytest.raises(InputError, match="index 5"):
        PixelLabels(base_k(3, True)).encode(np.full((1, 2, 2), 5, np.uint8))
    for classes, amplitude in ((1, 2.0), (3, 0.0), (3, float("nan")), (3, 1e9)):
        with pytest.raises(ModelError):
            GlobalLabels(classes, amplitude)


def test_the_line_of_levels() -> None:
    book = level_line(3)
    np.testing.assert_allclose(book.levels, [[0] * 3, [127.5] * 3, [255] * 3])
    assert (book.classes, book.void, book.spacing) == (3, None, 127.5)
    for classes in (0, 1, 256):
        with pytest.raises(InputError):
            level_line(classes)


def test_noise_fills_its_width_and_no_more() -> None:
    noise = add_uniform(torch.zeros(2, 3, 64, 64), torch.tensor([0.1, 2.0]).view(2, 1, 1, 1), torch.Generator())
    for part, width in zip(noise, (0.1, 2.0), strict=True):
        assert 0.99 * width < part.abs().max() <= width
        assert part.std().item() == pytest.approx(width / 3**0.5, rel=0.03)


def test_the_mean_of_a_posterior_lies_between_its_points() -> None:
    points = torch.tensor([[-1.0, 0.0], [1.0, 0.5], [9.0, 9.0]])
    logits = torch.tensor([0.25, 0.75]).log().view(1, 2, 1, 1)  # two logits: the third point does not count
    assert posterior_mean(logits, points).flatten().tolist() == pytest.approx([0.5, 0.375])
    assert posterior_mean(logits, points, 0.0).flatten().tolist() == [1.0, 0.5]
    assert posterior_mean(logits, points, 1e-3).flatten().tolist() == pytest.approx([1.0, 0.5])


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_mode_is_the_first_largest(layout: torch.memory_format) -> None:
    logits = torch.randint(0, 4, (2, 7, 9, 11), generator=torch.Generator().manual_seed(0)).float()  # with many ties
    found = mode(logits.contiguous(memory_format=layout))
    expected = (logits == logits.amax(1, keepdim=True)).int().argmax(1)  # the first that is true
    assert torch.equal(found, expected)
