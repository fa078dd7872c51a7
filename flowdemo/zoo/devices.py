"""Where models run. torch is imported when it is asked, not before: the page opens without it."""

from __future__ import annotations

import os
import re

from flowdemo.errors import InputError

NAME = re.compile(r"cpu|mps|cuda(:\d{1,2})?")


def choose_device(name: str | None = None) -> str:
    """A device that is at hand: the one named, or the best (cuda, then mps, then cpu) if None.

    Raises:
        InputError: the name is no device, or this machine has it not (field ``"device"``).
    """
    if name == "cpu":
        return name
    if name is not None and not NAME.fullmatch(name):
        raise InputError(f"There is no device {name[:20]!r}; choose cpu, cuda or mps.", field="device")
    import torch

    found = [f"cuda:{i}" for i in range(torch.cuda.device_count())] if torch.cuda.is_available() else []
    at_hand = [*(["cuda"] if found else []), *(["mps"] if torch.backends.mps.is_available() else []), "cpu"]
    if name is not None and name not in at_hand + found:
        raise InputError(f"The device {name!r} is not at hand here; choose {' or '.join(at_hand)}.", field="device")
    return name or at_hand[0]


def device_label(device: str) -> str:
    """For people: ``"CPU, 2 cores"``, ``"NVIDIA …"``."""
    if device.startswith("cuda"):
        import torch

        return torch.cuda.get_device_name(device)
    return "Apple GPU" if device == "mps" else f"CPU, {os.cpu_count()} cores"
