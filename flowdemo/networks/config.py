"""What the descriptions of all networks share: how they are written to a manifest and read back."""

from __future__ import annotations

from dataclasses import asdict
from typing import Self

from flowdemo.errors import ModelError

MAX_SIZE = 2048


class NetworkConfig:
    """Base of the frozen dataclasses that describe a network.

    Attributes:
        kind: name of the network where a system can have one of several; "" for the usual one.
    """

    kind = ""

    @classmethod
    def from_json(cls, raw: dict) -> Self:
        """Build from a manifest.

        Raises:
            ModelError: unknown keys, or values that the network cannot have.
        """
        if raw.get("kind", "") != cls.kind:
            raise ModelError("The model's network description is of another network than its system takes.")
        raw = {k: v for k, v in raw.items() if k != "kind"}
        try:
            return cls(**{k: tuple(v) if isinstance(v, list) else v for k, v in raw.items()})
        except TypeError as error:
            raise ModelError("The model's network description has entries this version does not know.") from error

    def to_json(self) -> dict:
        named = {"kind": self.kind} if self.kind else {}
        return named | {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(self).items()}


def check_sizes(*sizes: int) -> None:
    """Raises:
    ModelError: one of them is no whole number from 1 to :data:`MAX_SIZE`.
    """
    if any(type(v) is not int or not 1 <= v <= MAX_SIZE for v in sizes):
        raise ModelError(f"The network description has sizes outside 1 to {MAX_SIZE}.")
