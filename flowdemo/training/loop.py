"""One training loop: moving average, bfloat16, clipping, warm-up and cosine decay, budget in minutes or steps.

Every random draw of step i comes from a generator seeded by (seed, i, process), so a resumed run sees the samples
it would have seen.
"""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from tqdm import tqdm

from flowdemo.data.augment import Augmentation
from flowdemo.errors import EngineError, InputError
from flowdemo.training.objectives import Objective
from flowdemo.training.options import TrainingOptions
from flowdemo.training.state import load_state, save_state

HOLD = 0.05  # share of the peak rate that the cosine ends on


@dataclass(frozen=True)
class Budget:
    """How long to train: optimiser steps, wall minutes, or whichever comes first."""

    steps: int | None = None
    minutes: float | None = None

    def __post_init__(self) -> None:
        if self.steps is None and self.minutes is None:
            raise InputError("Training needs --minutes or --steps.", field="minutes")
        if (self.steps is not None and self.steps < 1) or (self.minutes is not None and self.minutes <= 0):
            raise InputError("The training budget must be above zero.", field="minutes")

    def progress(self, step: int, seconds: float) -> float:
        """Share of the budget that is spent, 0 to 1 and beyond."""
        by_steps = step / self.steps if self.steps else 0.0
        by_time = seconds / (60 * self.minutes) if self.minutes else 0.0
        return max(by_steps, by_time)


@dataclass
class Trainer:
    """Trains one network.

    Args:
        network: the module to train, channels-last.
        objective: loss of a batch.
        images, labels: the training split, uint8 ``[N, H, W, 3]`` and ``[N, H, W]``.
        augmentation: applied to each batch.
        options, seed, out: see :class:`TrainingOptions`; ``out`` receives state and log.
        on_save: called with the averaged network after each save (sample sheets).
    """

    network: nn.Module
    objective: Objective
    images: np.ndarray
    labels: np.ndarray
    augmentation: Augmentation
    options: TrainingOptions
    out: Path
    seed: int = 0
    device: str | None = None
    on_save: Callable[[nn.Module, int], None] | None = None
    step: int = 0
    seconds: float = 0.0
    history: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = self.options
        self.accelerator = Accelerator(
            mixed_precision="bf16" if options.bf16 else "no", cpu=self.device == "cpu" or None
        )
        self.network = self.network.to(self.accelerator.device, memory_format=torch.channels_last)
        groups = _decay_groups(self.network, options.weight_decay)
        self.optimizer = torch.optim.AdamW(groups, lr=options.lr, betas=(0.9, 0.99))
        self.average = EMAModel(self.network.parameters(), decay=options.ema, inv_gamma=1.0, power=0.75,
                                use_ema_warmup=True, foreach=True)
        self.average.to(self.accelerator.device)

    def resume(self) -> None:
        """Continue from the state in ``out``."""
        facts = load_state(self.out, self.network, self.average.shadow_params, self.optimizer)
        self.step, self.seconds = int(facts["step"]), float(facts["seconds"])
        self.average.optimization_step = self.step

    def run(self, budget: Budget, bar: bool = True) -> None:
        """Train until the budget is spent; the state is saved at the end and every ``save_minutes``.

        Raises:
            EngineError: the loss is not finite.
        """
        model, optimizer = self.accelerator.prepare(self.network, self.optimizer)
        model.train()
        before, begin = self.seconds, time.monotonic()
        saved = begin
        shown = tqdm(total=1.0, disable=not (bar and self.accelerator.is_main_process), bar_format=_BAR)
        while (done := budget.progress(self.step, self.seconds)) < 1 and self._go_on(done):
            loss = self._update(model, optimizer, self._rate(done))
            self.seconds = before + time.monotonic() - begin
            self._note(loss, shown, budget)
            if time.monotonic() - saved > 60 * self.options.save_minutes:
                self.save()
                saved = time.monotonic()
        shown.close()
        self.save()

    def save(self) -> None:
        if not self.accelerator.is_main_process:
            return
        facts = {"step": self.step, "seconds": round(self.seconds, 1), "options": self.options.to_json(),
                 "seed": self.seed, "processes": self.accelerator.num_processes}
        save_state(self.out, self.network, self.average.shadow_params, self.optimizer, facts)
        with open(self.out / "log.jsonl", "a", encoding="utf-8") as log:
            log.writelines(json.dumps(row) + "\n" for row in self.history)
        self.history.clear()
        if self.on_save:
            with self.averaged() as network:
                self.on_save(network, self.step)

    def averaged(self) -> _Averaged:
        """Context in which the network holds the moving average."""
        return _Averaged(self)

    def _update(self, model: nn.Module, optimizer, rate: float) -> dict[str, float]:
        for group in optimizer.param_groups:
            group["lr"] = rate
        images, labels, generator = self._batch()
        with self.accelerator.autocast():
            losses = self.objective(model, images, labels, generator)
        total = sum(losses.values())
        self.accelerator.backward(total)
        norm = self.accelerator.clip_grad_norm_(model.parameters(), self.options.clip)
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        self.average.step(self.network.parameters())
        self.step += 1
        values = {name: float(value.detach()) for name, value in losses.items()}
        if not all(map(math.isfinite, values.values())):
            raise EngineError(f"The loss is not finite at step {self.step}; lower the learning rate and resume.")
        return values | {"gradient": float(norm)}

    def _batch(self) -> tuple[Tensor, Tensor, torch.Generator]:
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        share = max(self.options.batch // world, 1)
        take = [self._order(self.step * share * world + rank * share + i) for i in range(share)]
        generator = torch.Generator().manual_seed(hash((self.seed, self.step, rank)) % 2**62)
        images = torch.from_numpy(self.images[take]).permute(0, 3, 1, 2).float() / 127.5 - 1
        labels = torch.from_numpy(self.labels[take]).long()
        images, labels = self.augmentation(images, labels, generator)
        device = self.accelerator.device
        return images.to(device), labels.to(device), generator

    def _order(self, position: int) -> int:
        """Picture at a position of the endless stream of shuffled epochs."""
        epoch, place = divmod(position, len(self.images))
        if getattr(self, "_epoch", None) != epoch:
            self._epoch, self._permutation = epoch, np.random.default_rng((self.seed, epoch)).permutation(len(self.images))
        return int(self._permutation[place])

    def _rate(self, done: float) -> float:
        warm = min(1.0, (self.step + 1) / max(self.options.warmup, 1))
        return self.options.lr * warm * (HOLD + (1 - HOLD) * (1 + math.cos(math.pi * min(done, 1.0))) / 2)

    def _go_on(self, done: float) -> bool:
        """All processes stop at the same step, though their clocks differ."""
        if self.accelerator.num_processes == 1:
            return True
        flag = torch.tensor(float(done < 1), device=self.accelerator.device)
        return bool(self.accelerator.gather(flag).min() > 0)

    def _note(self, loss: dict[str, float], shown: tqdm, budget: Budget) -> None:
        self.history.append({"step": self.step, "seconds": round(self.seconds, 1)} | loss)
        recent = self.history[-20:]
        mean = {name: sum(row[name] for row in recent) / len(recent) for name in loss}
        done = min(budget.progress(self.step, self.seconds), 1.0)
        left = self.seconds / done - self.seconds if done else 0
        shown.set_postfix_str(f"step {self.step}, {_losses(mean)}, {left / 60:.1f} min left", refresh=False)
        shown.update(done - shown.n)


_BAR = "{percentage:3.0f}% |{bar:24}| {postfix}"


class _Averaged:
    """Swap the moving average in and back out."""

    def __init__(self, trainer: Trainer) -> None:
        self.trainer = trainer

    def __enter__(self) -> nn.Module:
        network, average = self.trainer.network, self.trainer.average
        average.store(network.parameters())
        average.copy_to(network.parameters())
        return network.eval()

    def __exit__(self, *_: object) -> None:
        self.trainer.average.restore(self.trainer.network.parameters())
        self.trainer.network.train()


def _decay_groups(network: nn.Module, decay: float) -> list[dict]:
    """Weight decay on matrices and kernels, none on biases and norms."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": kernels, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _losses(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items() if name != "gradient")
