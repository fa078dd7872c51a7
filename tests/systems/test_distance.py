"""Signed distances against geometry, and the means along their levels against a plain loop."""

from __future__ import annotations

import math

import numpy as np
import torch

from flowdemo.systems.distance import blurred, gaussian, gaussian_weights, level_means, signed_distance


def test_a_straight_contour_has_no_flat_step() -> None:
    mask = np.zeros((1, 6, 8), bool)
    mask[..., 3:] = True
    phi = signed_distance(mask, smooth=0)
    expected = torch.arange(8) - 2.5
    torch.testing.assert_close(phi, expected.expand(1, 1, 6, 8).float())
    torch.testing.assert_close(signed_distance(~mask, smooth=0), -phi)


def test_a_disc() -> None:
    y, x = np.mgrid[:64, :64] - 31.5
    away = np.hypot(x, y)
    phi = signed_distance((away < 20)[None], smooth=0)[0, 0].numpy()
    assert abs(phi - (20 - away)).max() < 0.75, "to half the diagonal of a pixel"
    assert (np.sign(phi) == np.sign(20 - away)).all()
    smooth = signed_distance((away < 20)[None], smooth=1.5)[0, 0].numpy()
    near = (abs(20 - away) < 8) & (away > 8)
    rough, calm = (np.hypot(*np.gradient(field))[near] for field in (phi, smooth))
    assert abs(calm - 1).max() < 0.1 < abs(rough - 1).max(), "smoothing brings |∇φ| to 1"


def test_a_batch_is_its_masks_one_by_one() -> None:
    masks = np.random.default_rng(0).random((3, 20, 14)) > 0.6
    together = signed_distance(masks)
    for one, mask in zip(together, masks, strict=True):
        torch.testing.assert_close(one, signed_distance(mask[None])[0])
    torch.testing.assert_close(signed_distance(torch.from_numpy(masks)[:, None].double()), together)


def test_without_a_contour_the_distance_is_constant() -> None:
    full, empty = signed_distance(np.stack([np.ones((9, 12), bool), np.zeros((9, 12), bool)]))[:, 0]
    torch.testing.assert_close(full, torch.full((9, 12), 15.0))
    torch.testing.assert_close(empty, torch.full((9, 12), -15.0))


def test_a_margin_tells_the_distance_beyond_the_picture() -> None:
    mask = np.zeros((1, 10, 10), bool)
    mask[0, 4:7, 3:8] = True
    wide = signed_distance(mask, smooth=0, margin=5)
    assert wide.shape == (1, 1, 20, 20)
    torch.testing.assert_close(wide[..., 5:15, 5:15], signed_distance(mask, smooth=0))
    assert float(wide[0, 0, 10, 0]) == -7.5  # eight pixels left of the first one inside


def test_the_gaussian() -> None:
    weights = gaussian_weights(7, 1.3)
    ratio = float(weights[5] / weights[3])
    assert math.isclose(float(weights.sum()), 1) and math.isclose(ratio, math.exp(-(2**2) / (2 * 1.3**2)))
    torch.testing.assert_close(gaussian(torch.full((1, 2, 9, 9), 3.0), 2.0), torch.full((1, 2, 9, 9), 3.0))
    point = torch.zeros(1, 2, 9, 9, dtype=torch.float64)
    point[0, 1, 4, 3] = 1
    found = blurred(point, weights)
    torch.testing.assert_close(found[0, 1, 1:8, :7], torch.outer(weights, weights))
    assert not found[0, 0].any(), "channels do not mix"
    width = torch.tensor(1.3, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda sigma: gaussian_weights(5, sigma), (width,))


def test_level_means_against_a_loop() -> None:
    gen = torch.Generator().manual_seed(0)
    field, phi = torch.randn(2, 3, 8, 9, generator=gen), 4 * torch.randn(2, 1, 8, 9, generator=gen)
    found = level_means(field, phi, 1.5)
    for b, c in ((0, 0), (1, 2)):
        bands = torch.floor(phi[b, 0] / 1.5)
        for band in bands.unique():
            here = bands == band
            torch.testing.assert_close(found[b, c][here], field[b, c][here].mean().expand(int(here.sum())))
