"""A network that is recorded once and then replayed without Python, bit for bit the same."""

from __future__ import annotations

import logging
import warnings
from collections import OrderedDict
from typing import Any

import torch
from torch import Tensor, nn

KEPT = 8  # recordings, the last used; they share the weights and are small
WORTH = 5  # calls of one form before a recording, which takes as long as ten, pays

log = logging.getLogger(__name__)
Form = tuple[Any, ...]


class Traced:
    """A network in front of which recordings stand, one for each form of its inputs (shape, layout, type).

    Between the layers of a network Python holds the process's lock, for which a thread that draws frames waits and
    makes wait: without it a call takes a tenth less time, and streaming hardly slows it down. What runs is what was
    recorded, so that the network must not decide anything by the values of its inputs. A recording whose first answer
    is not equal to the network's is thrown away. Off the CPU, and while gradients are wanted, the network itself runs.

    Args:
        plain: a network in evaluation mode. Its attributes are reached through this one.
    """

    def __init__(self, plain: nn.Module) -> None:
        self.plain = plain
        self._calls: OrderedDict[Form, tuple[int, tuple[Tensor, ...]]] = OrderedDict()
        self._recordings: OrderedDict[Form, Any] = OrderedDict()

    def __getattr__(self, name: str) -> Any:
        return getattr(self.plain, name)

    def __call__(self, *inputs: Tensor) -> Tensor:
        if torch.is_grad_enabled() or any(x.device.type != "cpu" for x in inputs):
            return self.plain(*inputs)
        form = _form(inputs)
        recording = self._recordings.get(form)
        if recording is not None:
            self._recordings.move_to_end(form)
            return recording(*inputs)
        if form not in self._recordings:
            count, _ = self._calls.pop(form, (0, ()))
            self._calls[form] = count + 1, inputs
            if len(self._calls) > KEPT:
                self._calls.popitem(last=False)
        return self.plain(*inputs)

    def settle(self) -> None:
        """Record the forms that are called often; to be called when nobody waits."""
        for form, (count, inputs) in list(self._calls.items()):
            if count >= WORTH:
                del self._calls[form]
                self._recordings[form] = recorded(self.plain, inputs)  # None: not to be tried again
            while len(self._recordings) > KEPT:
                self._recordings.popitem(last=False)


@torch.no_grad()
def recorded(network: nn.Module, inputs: tuple[Tensor, ...]) -> Any:
    """What answers as the network does for inputs of this form, or None where recording fails or differs."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # that the recorder is old, and that shapes become constants: they may
            recording = torch.jit.trace(network, inputs, check_trace=False)
            for _ in range(2):  # the second call runs what the recorder made of the first
                answer = recording(*inputs)
        if torch.equal(answer, network(*inputs)):
            return recording
        log.info("a recording differs from its network, which goes on by itself")
    except Exception as error:  # whatever it does not know how to record: the network itself still works
        log.info("a network cannot be recorded: %s", error)
    return None


def _form(inputs: tuple[Tensor, ...]) -> Form:
    return tuple((x.shape, x.stride(), x.dtype) for x in inputs)
