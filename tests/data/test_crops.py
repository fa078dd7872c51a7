from __future__ import annotations

import numpy as np
import pytest

from flowdemo.data.crops import PLACES, Crops, enlarged


def numbered(height: int, width: int, first: int = 0) -> np.ndarray:
    """A picture whose every pixel is told from the others by its level."""
    return (first + np.arange(height * width)).reshape(height, width).astype(np.uint8)


def test_there_are_so_many_crops_of_each_picture() -> None:
    crops = Crops([numbered(9, 12), numbered(20, 7)], (6, 5))
    assert len(crops) == 2 * PLACES
    found = crops[[0, 1, 2, len(crops) - 1]]
    assert found.shape == (4, 5, 6) and found.dtype == np.uint8


def test_a_crop_is_a_part_of_its_own_picture() -> None:
    pictures = [numbered(9, 12), numbered(8, 11, first=130)]
    for index, crop in enumerate(Crops(pictures, (6, 5))[range(40)]):
        picture = pictures[index % 2]
        (row, column), *others = np.argwhere(picture == crop[0, 0])
        assert not others and (picture[row : row + 5, column : column + 6] == crop).all()


def test_every_place_occurs_and_none_beyond() -> None:
    picture = numbered(7, 8)
    corners = {int(crop[0, 0]) for crop in Crops([picture], (6, 5))[range(PLACES)]}
    assert corners == {int(level) for level in picture[:3, :3].flat}


def test_the_place_depends_on_the_index_and_the_seed_alone() -> None:
    pictures = [numbered(15, 16)]
    one, again, other = (Crops(pictures, (4, 4), seed)[range(PLACES)] for seed in (3, 3, 4))
    assert (one == again).all() and (one != other).any()
    backwards = Crops(pictures, (4, 4), 3)[range(PLACES - 1, -1, -1)]
    assert (backwards[::-1] == one).all()
    assert len({crop.tobytes() for crop in one}) > 20


@pytest.mark.parametrize("shape", [(3, 20), (20, 3), (2, 2), (5, 6), (1, 30)])
def test_short_sides_are_mirrored(shape: tuple[int, int]) -> None:
    picture = numbered(*shape)
    wide = enlarged(picture, (6, 5))
    assert wide.shape == (max(5, shape[0]), max(6, shape[1])) and set(np.unique(wide)) == set(np.unique(picture))
    top, left = ((whole - have) // 2 for whole, have in zip(wide.shape, shape, strict=True))
    assert (wide[top : top + shape[0], left : left + shape[1]] == picture).all()
    assert Crops([picture], (6, 5))[[0, 1]].shape == (2, 5, 6)


def test_a_mirror_repeats_no_border() -> None:
    assert enlarged(numbered(1, 4)[:, :3], (7, 1)).tolist() == [[2, 1, 0, 1, 2, 1, 0]]


def test_a_large_picture_stays_the_same_memory() -> None:
    picture = numbered(10, 10)
    assert enlarged(picture, (10, 4)) is picture


def test_colours_stay_together() -> None:
    grey = numbered(4, 12)
    crops = Crops([np.stack([grey, grey + 50, grey + 100], -1)], (6, 5))
    found = crops[range(6)].astype(int)
    assert found.shape == (6, 5, 6, 3)
    assert (found[..., 1] - found[..., 0] == 50).all() and (found[..., 2] - found[..., 0] == 100).all()
