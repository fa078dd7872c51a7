"""What can break while a run works, as one sentence for its visitor."""

from __future__ import annotations

import logging
import math

from flowdemo.errors import EngineError
from flowdemo.flow import Step

log = logging.getLogger(__name__)


def check(step: Step) -> None:
    """Raises:
    EngineError: the step is not finite.
    """
    if math.isfinite(float(step.x.sum())):  # what is not finite stays so in a sum, which takes one pass
        return
    if not bool((abs(step.x) < math.inf).all()):  # in any array library; false of NaN too
        raise EngineError(f"The state stopped being finite at step {step.index}; choose more steps or another solver.")


def explained(error: Exception) -> EngineError:
    """The sentence for an error that nothing foresaw; what broke goes to the log."""
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return EngineError("The device ran out of memory; choose fewer pictures or a smaller model.")
    log.error("a run failed", exc_info=error)
    return EngineError("The run failed inside the engine; try other settings or another model.")
