"""Where training runs: one ``Accelerator`` for one process or several, and bfloat16 where it is worth having."""

from __future__ import annotations

import contextlib
import platform

import torch
from accelerate import Accelerator

from flowdemo.errors import InputError

DEVICES = ("cpu", "cuda", "mps")


def accelerator_for(device: str | None) -> Accelerator:
    """Accelerate's view of the device(s); a process that a launcher started joins the others.

    Args:
        device: one of :data:`DEVICES`, or None for the best at hand. Which of several graphics cards is taken is the
            launcher's business (``CUDA_VISIBLE_DEVICES``, ``accelerate launch``).

    Raises:
        InputError: the device is unknown, not at hand, or an earlier run of this process fixed another.
    """
    if device not in (None, *DEVICES):
        raise InputError(f"Training runs on {', '.join(DEVICES)}, not on {str(device)[:20]!r}.", field="device")
    if (device == "cuda" and not torch.cuda.is_available()) or (
        device == "mps" and not torch.backends.mps.is_available()
    ):
        raise InputError(f"The device {device!r} is not at hand here; leave it out or use cpu.", field="device")
    try:
        # Precision is handled below: accelerate would replace the network's forward for good, evaluations included.
        accelerator = Accelerator(mixed_precision="no", cpu=device == "cpu")
    except ValueError as error:
        raise InputError("This process has already trained on another device; start a new one.", "device") from error
    if device not in (None, accelerator.device.type):
        raise InputError(f"This process trains on {accelerator.device.type}, not on {device}.", field="device")
    return accelerator


def reduced_precision(device: torch.device, wanted: bool) -> contextlib.AbstractContextManager:
    """Autocast to bfloat16 on CPU and on CUDA cards that have it; full precision elsewhere."""
    able = device.type == "cpu" or (device.type == "cuda" and torch.cuda.is_bf16_supported())
    if not (wanted and able):
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype=torch.bfloat16)


def describe(device: torch.device, processes: int = 1) -> str:
    """The device in words for a model card, without naming the machine."""
    if device.type == "cuda":
        words = torch.cuda.get_device_name(device)
    else:
        words = f"{device.type}, {torch.get_num_threads()} thread(s)" if device.type == "cpu" else "Apple GPU (mps)"
    return words + (f", {processes} processes" if processes > 1 else "") + f", {platform.machine()}"
