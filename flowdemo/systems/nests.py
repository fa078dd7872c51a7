"""Which classes are ground and which lie in each other, known by their names; free of torch, as the page is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

GROUND = ("background", "ground")
NESTS = (("cytoplasm", "nucleus"), ("cell", "nucleus"), ("disc", "cup"))  # outermost first


@dataclass(frozen=True)
class Order:
    """How the classes of one palette stand to each other.

    Attributes:
        ground: classes around all shapes; none where the palette has no such name.
        nests: chains of classes that lie in each other, outermost first.
    """

    ground: tuple[int, ...]
    nests: tuple[tuple[int, ...], ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> Order:
        """The order of classes with these names, in the order of their indices."""
        place = {name.lower(): i for i, name in enumerate(names)}
        nests = [tuple(place[name] for name in chain) for chain in NESTS if set(chain) <= set(place)]
        return cls(tuple(place[name] for name in GROUND if name in place), tuple(nests[:1]))

    def yielding(self, chosen: Sequence[int], classes: int) -> tuple[int, ...]:
        """Classes that give their pixels to growing shapes: the ground, or without one every class that is neither
        chosen nor in a nest with a chosen one."""
        if self.ground:
            return self.ground
        bound = {*chosen, *(index for chain in self.nests if set(chain) & set(chosen) for index in chain)}
        return tuple(index for index in range(classes) if index not in bound)

    def chain(self, index: int) -> tuple[int, ...]:
        """The class and those further in."""
        return next((chain[chain.index(index) :] for chain in self.nests if index in chain), (index,))
