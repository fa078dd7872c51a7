from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import binary_dilation, label

from flowdemo.data.surface_defects import DEFECTS, add_defect
from flowdemo.data.surfaces import TEXTURES, draw_surface

SIZE = (128, 128)


def _rng(*seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("texture", TEXTURES)
def test_a_seed_is_a_surface(texture: str) -> None:
    first, again, other = (draw_surface(texture, SIZE, _rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).mean() > 0.8


@pytest.mark.parametrize("texture", TEXTURES)
def test_surfaces_are_well_exposed(texture: str) -> None:
    for seed in range(6):
        picture = draw_surface(texture, SIZE, _rng(seed))
        assert picture.dtype == np.uint8 and picture.shape == (128, 128)
        assert 100 < picture.mean() < 180 and picture.std() > 5
        assert np.isin(picture, (0, 255)).mean() < 0.001


def test_size_is_width_and_height() -> None:
    assert draw_surface("knit", (96, 40), _rng(0)).shape == (40, 96)


def test_brushed_lines_run_along_the_width() -> None:
    picture = draw_surface("brushed", SIZE, _rng(3)).astype(float)
    assert np.abs(np.diff(picture, axis=0)).mean() > 2 * np.abs(np.diff(picture, axis=1)).mean()


@pytest.mark.parametrize("texture", ["weave", "knit", "tiles"])
def test_patterns_repeat(texture: str) -> None:
    """The autocorrelation along a row has a clear second peak at the period."""
    picture = draw_surface(texture, SIZE, _rng(4)).astype(float)
    spectrum = np.abs(np.fft.rfft(picture - picture.mean(axis=1, keepdims=True), axis=1)) ** 2
    correlation = np.fft.irfft(spectrum.mean(axis=0))
    assert (correlation[5:40] / correlation[0]).max() > 0.25


def test_unknown_names_are_refused() -> None:
    with pytest.raises(KeyError):
        draw_surface("marble", SIZE, _rng(0))
    with pytest.raises(KeyError):
        add_defect(draw_surface("knit", SIZE, _rng(0)), "crack", _rng(0))


@pytest.mark.parametrize("texture", TEXTURES)
@pytest.mark.parametrize("defect", DEFECTS)
def test_the_mask_is_where_the_picture_changed(texture: str, defect: str) -> None:
    for seed in range(4):
        sound = draw_surface(texture, SIZE, _rng(seed, 1))
        kept = sound.copy()
        faulty, mask = add_defect(sound, defect, _rng(seed, 2))
        np.testing.assert_array_equal(sound, kept)
        change = np.abs(faulty.astype(int) - sound)
        assert faulty.dtype == np.uint8 and mask.dtype == bool and mask.shape == sound.shape
        assert 0.001 <= mask.mean() <= 0.05
        assert not change[~binary_dilation(mask, iterations=3)].any()
        assert change[mask].mean() > 6 > change[~mask].mean() * 20
        assert (change[mask] > 2).mean() > 0.6
        assert label(mask, np.ones((3, 3)))[1] == 1


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_seed_is_a_defect(defect: str) -> None:
    sound = draw_surface("tiles", SIZE, _rng(0))
    (first, mask), (again, same), (_, other) = (add_defect(sound, defect, _rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(mask, same)
    assert (mask != other).any()


@pytest.mark.parametrize("defect", DEFECTS)
def test_defects_lie_all_over_the_picture(defect: str) -> None:
    sound = draw_surface("weave", SIZE, _rng(0))
    hit = np.mean([add_defect(sound, defect, _rng(seed))[1] for seed in range(40)], axis=0) > 0
    quarters = hit[:64, :64], hit[:64, 64:], hit[64:, :64], hit[64:, 64:]
    assert all(quarter.any() for quarter in quarters)


def test_a_defect_keeps_its_shape_on_a_larger_picture() -> None:
    for defect in DEFECTS:
        small = add_defect(draw_surface("weave", SIZE, _rng(5)), defect, _rng(6))[1].mean()
        large = add_defect(draw_surface("weave", (256, 256), _rng(5)), defect, _rng(6))[1].mean()
        assert large == pytest.approx(small, rel=0.35), defect
