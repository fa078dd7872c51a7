from __future__ import annotations

import numpy as np
import pytest
import torch

from flowdemo.data.augment import Augmentation

CODES = torch.tensor([[-1.0, -1, -1], [1, -1, 0], [0, 1, 1]])


def _pair(size=(16, 16), n=24) -> tuple[torch.Tensor, torch.Tensor]:
    gen = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 3, (n, *size), generator=gen)
    return CODES[labels].permute(0, 3, 1, 2).contiguous(), labels


@pytest.mark.parametrize(
    "augmentation", [Augmentation(), Augmentation(flip_y=True, turns=True), Augmentation(False, False)]
)
def test_picture_and_labels_move_together_and_keep_every_pixel(augmentation: Augmentation) -> None:
    images, labels = _pair()
    moved, marks = augmentation(images, labels, torch.Generator().manual_seed(1))
    torch.testing.assert_close(moved, CODES[marks].permute(0, 3, 1, 2), atol=1e-4, rtol=0)
    assert torch.equal(torch.bincount(marks.flatten()), torch.bincount(labels.flatten()))
    changed = (marks != labels).flatten(1).any(1).float().mean()
    assert changed == 0 if not augmentation.flip_x else 0.2 < changed < 0.95


def test_all_eight_poses_of_a_square_occur() -> None:
    labels = torch.arange(16).reshape(1, 4, 4).repeat(200, 1, 1)
    images = torch.zeros(200, 3, 4, 4)
    _, marks = Augmentation(flip_y=True, turns=True)(images, labels, torch.Generator().manual_seed(2))
    base = np.arange(16).reshape(4, 4)
    poses = {np.rot90(p, k).tobytes() for p in (base, base[:, ::-1]) for k in range(4)}
    assert {m.numpy().astype(base.dtype).tobytes() for m in marks} == poses


def test_zoom_shows_a_part_and_no_new_labels() -> None:
    images, labels = _pair((32, 32))
    zoomed, marks = Augmentation(False, zoom=(2.0, 2.0), zoom_share=1.0)(images, labels, torch.Generator())
    assert zoomed.shape == images.shape and set(marks.unique().tolist()) <= {0, 1, 2}
    same = (marks[:, 1:] == marks[:, :-1]).float().mean()
    assert same > 0.6  # at factor 2 every other row repeats, where random labels agree by a third


def test_draws_depend_on_the_generator_alone() -> None:
    images, labels = _pair()
    augmentation = Augmentation(True, True, True, (0.8, 1.4), 0.5, 0.1)
    runs = [augmentation(images, labels, torch.Generator().manual_seed(s)) for s in (3, 3, 4)]
    assert torch.equal(runs[0][0], runs[1][0]) and torch.equal(runs[0][1], runs[1][1])
    assert not torch.equal(runs[0][0], runs[2][0])


def test_colour_stays_in_range_and_labels_stay() -> None:
    images, labels = _pair()
    tinted, marks = Augmentation(False, jitter=0.5)(images, labels, torch.Generator().manual_seed(0))
    assert tinted.abs().max() <= 1 and torch.equal(marks, labels) and not torch.equal(tinted, images)


def test_shifts_move_whole_pixels_and_mirror_the_border_in() -> None:
    images, labels = _pair((16, 12), 200)
    moved, marks = Augmentation(False, shift=2)(images, labels, torch.Generator().manual_seed(1))
    padded = torch.nn.functional.pad(labels[:, None].float(), (2, 2, 2, 2), mode="reflect")[:, 0].long()
    seen = set()
    for mark, wide in zip(marks, padded, strict=True):
        # grid_sample mirrors at the pixels' outer edge, so the border is compared inside of it
        found = [(dy, dx) for dy in range(5) for dx in range(5)
                 if torch.equal(mark[2:-2, 2:-2], wide[dy + 2 : dy + 14, dx + 2 : dx + 10])]  # fmt: skip
        assert len(found) == 1
        seen |= set(found)
    assert len(seen) == 25
    torch.testing.assert_close(moved, CODES[marks].permute(0, 3, 1, 2), atol=1e-4, rtol=0)


def test_labels_of_whole_pictures_stay_and_grey_stays_grey() -> None:
    images, labels = torch.rand(6, 1, 8, 8) * 2 - 1, torch.arange(6)
    augmentation = Augmentation(True, True, False, (0.8, 1.2), 1.0, 0.2, 3)
    moved, marks = augmentation(images, labels, torch.Generator().manual_seed(0))
    assert moved.shape == images.shape and torch.equal(marks, labels) and not torch.equal(moved, images)
    assert moved.abs().max() <= 1
