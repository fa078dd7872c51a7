from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

import flowdemo.systems.patch_statistics as module
from flowdemo.errors import InputError, ModelError
from flowdemo.systems.patch_statistics import RIDGE, ROUNDING, PatchStatistics


def _surface(seed: int, size: tuple[int, int] = (21, 26), channels: int = 1, strength: float = 0.5) -> Tensor:
    """Slanted stripes of any phase with grain, ``[C, H, W]`` in [-1, 1]."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[: size[0], : size[1]]
    phases = rng.uniform(0, 2 * np.pi) + np.arange(channels)[:, None, None]
    waves = strength * np.sin(0.9 * x + 0.5 * y + phases) + 0.1 * rng.normal(size=(channels, *size))
    return torch.from_numpy(waves.clip(-1, 1)).float()


def _naive(normal: list[Tensor], picture: Tensor, side: int, border: str) -> np.ndarray:
    """Patch by patch, with the inverse of the covariance."""

    def patches(x: np.ndarray) -> np.ndarray:
        _, height, width = x.shape
        corners = [(i, j) for i in range(height - side + 1) for j in range(width - side + 1)]
        return np.array([x[:, i : i + side, j : j + side].ravel() for i, j in corners])

    seen = np.concatenate([patches(x.double().numpy()) for x in normal])
    covariance = np.cov(seen, rowvar=False, bias=True)
    ridge = max(RIDGE * np.trace(covariance) / len(covariance), ROUNDING)
    inverse = np.linalg.inv(covariance + ridge * np.eye(len(covariance)))
    reach = (side // 2, (side - 1) // 2)
    full = picture.double().numpy()
    if border == "reflect":
        full = np.pad(full, ((0, 0), reach, reach), mode="reflect")
    distances = [np.sqrt((z - seen.mean(0)) @ inverse @ (z - seen.mean(0))) for z in patches(full)]
    found = np.array(distances).reshape(full.shape[1] - side + 1, full.shape[2] - side + 1)
    return found if border == "reflect" else np.pad(found, (reach, reach), mode="edge")


@pytest.mark.parametrize("border", ["reflect", "inside"])
@pytest.mark.parametrize(("side", "channels"), [(4, 1), (3, 3), (1, 2)])
def test_matches_a_loop(side: int, channels: int, border: str) -> None:
    normal = [_surface(i, (12 + i, 20 - i), channels) for i in range(5)]
    picture = _surface(9, (11, 14), channels)
    found = PatchStatistics.fit(normal, side).map(picture, border)
    assert found.shape == (11, 14) and found.dtype == torch.float32
    np.testing.assert_allclose(found, _naive(normal, picture, side, border), rtol=2e-4)


def test_normal_patches_are_about_the_root_of_their_pixels_away() -> None:
    statistics = PatchStatistics.fit([_surface(i, (40, 40)) for i in range(12)], side=4)
    squares = statistics.map(_surface(50, (60, 60)), "inside").square()
    assert 0.75 * 16 < squares.mean() < 1.25 * 16


@pytest.mark.parametrize(("defect", "border"), [("turned", "inside"), ("scratch", "inside"), ("scratch", "reflect")])
@pytest.mark.parametrize("side", [4, 8])
def test_a_planted_defect_scores_highest(side: int, defect: str, border: str) -> None:
    strength = 0.5 if border == "inside" else 0.0  # grain alone stays what it is when reflected
    statistics = PatchStatistics.fit([_surface(i, (40, 44), strength=strength) for i in range(8)], side)
    plain = _surface(60, (40, 44), strength=strength)
    marked = plain.clone()
    if defect == "turned":
        marked[:, 17:22, 25:31] = plain[:, 17:22, 25:31].flip(2)  # the same greys, the stripes slanted the other way
    else:
        marked[:, 19, 25:31] = 1
    before, after = statistics.map(plain, border), statistics.map(marked, border)
    row, column = divmod(int(after.argmax()), 44)
    assert 17 <= row < 22 and 24 <= column < 32
    assert after.max() > 1.2 * before.max()
    changed = (before - after).abs() > 1e-4
    rows, columns = (changed.any(d).nonzero() for d in (1, 0))
    assert rows.min() >= 17 - (side - 1) // 2 and rows.max() < 22 + side // 2, "a patch sees its own pixels only"
    assert columns.min() >= 25 - (side - 1) // 2 and columns.max() < 31 + side // 2


def test_reflected_stripes_are_not_normal_and_those_inside_are() -> None:
    statistics = PatchStatistics.fit([_surface(i, (40, 44)) for i in range(8)])
    reflected, inside = (statistics.map(_surface(60, (40, 44)), border) for border in ("reflect", "inside"))
    torch.testing.assert_close(reflected[4:-3, 4:-3], inside[4:-3, 4:-3], rtol=1e-5, atol=1e-5)
    assert reflected[0].mean() > 2 * inside.max()


def test_flat_surfaces_and_the_smallest_picture_have_finite_maps() -> None:
    statistics = PatchStatistics.fit([torch.full((1, 9, 9), 0.25)])
    assert statistics.map(torch.full((1, 8, 8), 0.25)).max() < 1e-2
    step = statistics.map(torch.full((1, 8, 8), 0.25 + 2 / 255))
    assert step.isfinite().all()
    torch.testing.assert_close(step, torch.full((8, 8), 8 * 12**0.5), rtol=1e-3, atol=0)  # one grey level off, 64 times
    assert statistics.map(torch.ones(1, 64, 8)).isfinite().all()


def test_strips_are_one_map(monkeypatch: pytest.MonkeyPatch) -> None:
    statistics, picture = PatchStatistics.fit([_surface(0)], side=4), _surface(1)
    whole = statistics.map(picture)
    monkeypatch.setattr(module, "STRIP", 16 * 26 * 4)  # four rows at a time, one left over
    torch.testing.assert_close(statistics.map(picture), whole, rtol=1e-5, atol=1e-5)


def test_the_draw_is_seeded_even_and_bounded() -> None:
    shapes, taken = [(1, 30, 30), (1, 12, 12), (1, 8, 8)], []
    pictures = [_surface(i, s[1:]) for i, s in enumerate(shapes)]
    for seed in range(200):
        places = module._places(shapes, 8, seed, 100)
        assert sum(map(len, places)) == 100
        assert all(len(set(p)) == len(p) and (p >= 0).all() for p in places)
        assert all(p.max(initial=0) < n for p, n in zip(places, (529, 25, 1), strict=True))
        taken.append([len(p) for p in places])
    np.testing.assert_allclose(np.mean(taken, 0), 100 * np.array([529, 25, 1]) / 555, rtol=0.35, atol=0.02)
    assert [len(p) for p in module._places(shapes, 8, 0, 555)] == [529, 25, 1]

    def fit(seed: int) -> Tensor:
        return PatchStatistics.fit(pictures, seed=seed, limit=100).whitening

    assert torch.equal(fit(0), fit(0)) and not torch.equal(fit(0), fit(1))


def test_stored_and_read_is_the_same_to_the_bit(tmp_path: Path) -> None:
    statistics, picture = PatchStatistics.fit([_surface(0, channels=3)], side=4), _surface(1, channels=3)
    save_file(statistics.tensors(), tmp_path / "a.safetensors")
    back = PatchStatistics.from_tensors(load_file(tmp_path / "a.safetensors"))
    assert all(torch.equal(t, back.tensors()[name]) for name, t in statistics.tensors().items())
    assert torch.equal(back.map(picture), statistics.map(picture))


@pytest.mark.parametrize(
    "change",
    [
        lambda t: t.pop("mean"),
        lambda t: t.pop("whitening"),
        lambda t: t.update(mean=t["mean"][0]),
        lambda t: t.update(mean=t["mean"][:, :2]),
        lambda t: t.update(mean=t["mean"][:, :, :0]),
        lambda t: t.update(whitening=t["whitening"][:5]),
        lambda t: t.update(whitening=t["whitening"].half()),
        lambda t: t.update(whitening=t["whitening"] / 0),
    ],
)
def test_damaged_tensors_are_refused(change) -> None:
    tensors = PatchStatistics.fit([_surface(0)], side=3).tensors()
    change(tensors)
    with pytest.raises(ModelError):
        PatchStatistics.from_tensors(tensors)


def test_pictures_that_do_not_fit_are_refused() -> None:
    good = _surface(0)
    statistics = PatchStatistics.fit([good])
    for wrong in (good[0], good.repeat(3, 1, 1), good[:, :7], good[:, :, :7], good / 0):
        with pytest.raises(InputError):
            statistics.map(wrong)
        with pytest.raises(InputError):
            PatchStatistics.fit([good, wrong])
    with pytest.raises(InputError):
        PatchStatistics.fit([])
    with pytest.raises(InputError):
        statistics.map(good, "zero")
