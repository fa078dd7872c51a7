from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.codes import base_k
from flowdemo.data.silhouettes import silhouette
from flowdemo.errors import InputError
from flowdemo.systems.base import IMAGE_TO_MASK
from flowdemo.systems.convexity_measures import defect
from flowdemo.systems.shape_models import USUAL, ShapeSegmenter, evened, prior_of, repaired

SIDE = 48
STAR = silhouette("star", SIDE, 2.0)


def bright(x: Tensor, tau: Tensor) -> Tensor:
    """A network for which whatever is bright is inside."""
    assert tau.tolist() == [0.0] * len(x)
    return 4 * x


def photo(levels: np.ndarray, low: int = 20, high: int = 90) -> np.ndarray:
    """Levels ``[H, W]`` in [0, 1] as a dark uint8 picture ``[1, H, W, 3]``."""
    grey = (low + (high - low) * levels).round().astype(np.uint8)
    return np.repeat(grey[None, ..., None], 3, 3)


def segmenter(prior: str = "none") -> ShapeSegmenter:
    return ShapeSegmenter(bright, base_k(2, False), prior=prior)


def mask(prior: str, picture: np.ndarray) -> np.ndarray:
    system = segmenter(prior)
    *_, last = system.steps(IMAGE_TO_MASK, system.start(IMAGE_TO_MASK, picture))
    return system.classes(last.x)[0]


def test_a_patch_is_brought_to_its_own_range() -> None:
    for low, high in ((20, 90), (0, 255)):
        found = evened(photo(STAR, low, high))
        assert found.shape == (1, 1, SIDE, SIDE) and (found.min(), found.max()) == (0, 1)
        np.testing.assert_allclose(found[0, 0], STAR, atol=1 / (high - low) + 0.02)
    assert not evened(np.full((2, 8, 8), 77, np.uint8)).any()
    scaled = 3 * torch.from_numpy(STAR)[None, None] - 7
    torch.testing.assert_close(evened(scaled), evened(torch.from_numpy(STAR)[None, None]), atol=1e-5, rtol=0)


def test_a_run_shows_the_picture_and_then_the_mask() -> None:
    system, picture = segmenter(), photo(STAR)
    first, last = system.steps(IMAGE_TO_MASK, system.start(IMAGE_TO_MASK, picture))
    np.testing.assert_array_equal(system.picture(first.x), picture)
    np.testing.assert_array_equal(system.classes(last.x)[0], evened(picture)[0, 0].numpy() >= 0.5)
    assert (last.index, last.evaluations) == (1, 1) and torch.allclose(first.x + last.v, last.x)
    with pytest.raises(InputError, match="one step"):
        list(system.steps(IMAGE_TO_MASK, torch.zeros(1, 3, 8, 8), 2))


@pytest.mark.parametrize("prior", ["curvature", "line-scan", "projection"])
def test_priors_repair_what_is_less_convex_than_true_nuclei(prior: str) -> None:
    picture = photo(STAR)
    plain = mask("none", picture)
    assert defect(plain) > 0.2
    assert defect(mask(prior, picture)) < 0.7 * defect(plain)


@pytest.mark.parametrize("prior", ["curvature", "line-scan", "projection"])
def test_priors_leave_alone_what_is_as_convex_as_true_nuclei(prior: str) -> None:
    levels = evened(np.concatenate([photo(silhouette("disc", SIDE, 2.0)), photo(STAR)]))
    system = segmenter()
    plain, found = system.soft(levels, "none"), system.soft(levels, prior)
    assert torch.equal(found[0], plain[0]) and not torch.equal(found[1], plain[1])


def test_a_repair_ends_as_soon_as_the_defect_is_usual() -> None:
    logits = 8 * evened(photo(STAR)) - 4
    counts = []

    def filled(o: torch.Tensor, count: int) -> torch.Tensor:
        counts.append(count)
        return torch.ones_like(o) if count >= 3 else o.sigmoid()

    assert (repaired(logits, filled, (1, 2, 3, 4)) == 1).all() and counts == [1, 2, 3]
    assert 0 < USUAL < defect(logits[0, 0].numpy() >= 0)


def test_an_unknown_prior_is_refused() -> None:
    with pytest.raises(InputError, match="no prior 'hull'"):
        prior_of("hull")
