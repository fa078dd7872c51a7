"""One training loop: moving average, bfloat16, clipping, warm-up and cosine decay, budget in minutes or steps.

Every random draw of step i comes from a generator seeded by (seed, i, process), so a resumed run sees the samples
it would have seen, and on one thread of one machine N steps equal N/2 steps, a resumption, and N/2 more.
"""

from __future__ import annotations

import copy
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from diffusers.training_utils import EMAModel
from torch import Tensor, nn
from tqdm import tqdm

from flowdemo.data.augment import Augmentation
from flowdemo.errors import EngineError
from flowdemo.systems.base import to_state
from flowdemo.training.budget import Budget, Interruption
from flowdemo.training.devices import accelerator_for, describe, reduced_precision
from flowdemo.training.objectives import Objective
from flowdemo.training.options import TrainingOptions
from flowdemo.training.state import load_state, save_state

HOLD = 0.05  # share of the peak rate that the cosine ends on
LOG = "log.jsonl"


@dataclass
class Trainer:
    """Trains one network.

    Args:
        network: the module to train, channels-last.
        objective: loss of a batch.
        images, labels: the training split, uint8 pictures ``[N, H, W, 3]``, or grey ones ``[N, H, W]``, with masks
            ``[N, H, W]`` or labels ``[N]``.
        augmentation: applied to each batch.
        options, seed, out: see :class:`TrainingOptions`; ``out`` receives state and log.
        device: see :func:`~flowdemo.training.devices.accelerator_for`.
        facts: stored with the state (recipe, data).
        on_save: called in the main process with the averaged network after each save (sample sheets).
        on_curve: likewise, every ``options.curve`` steps.
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
    facts: dict = field(default_factory=dict)
    on_save: Callable[[nn.Module, int], None] | None = None
    on_curve: Callable[[nn.Module, int], None] | None = None
    step: int = 0
    seconds: float = 0.0
    interrupted: bool = False
    history: list[dict] = field(default_factory=list)

    def __post_init__(self) -> None:
        options = self.options
        self.accelerator = accelerator_for(self.device)
        device = self.accelerator.device
        self.network = self.network.to(device, memory_format=torch.channels_last)
        self._still = copy.deepcopy(self.network).eval().requires_grad_(False)
        optimizer = torch.optim.AdamW(_decay_groups(self.network, options.weight_decay), lr=options.lr,
                                      betas=(0.9, 0.99))
        self.average = EMAModel(self.network.parameters(), decay=options.ema, inv_gamma=1.0, power=0.75,
                                use_ema_warmup=True, foreach=True)
        self.model, self.optimizer = self.accelerator.prepare(self.network, optimizer)
        self._shuffled: tuple[int, np.ndarray] = (-1, np.empty(0, int))

    def resume(self) -> None:
        """Continue from the state in ``out``.

        Raises:
            DataError: there is none, or it is of another network.
        """
        facts = load_state(self.out, self.network, self.average.shadow_params, self.optimizer)
        self.step, self.seconds = int(facts["step"]), float(facts["seconds"])
        self.average.optimization_step = self.step  # its decay follows the step during warm-up

    def run(self, budget: Budget, bar: bool = True) -> None:
        """Train until the budget is spent; the state is saved at the end and every ``save_minutes``.

        Ctrl-C ends the run after the current step, saves, and sets ``interrupted``.

        Raises:
            EngineError: loss or gradient is not finite; the last saved state stays as it was.
        """
        self.model.train()
        before, begin = self.seconds, time.monotonic()
        saved = begin
        hidden = not (bar and self.accelerator.is_main_process)
        shown = tqdm(total=1.0, disable=hidden, bar_format=_BAR, miniters=0)  # else a resumed run's first leap sets it
        with shown, Interruption() as interruption:
            while (done := self._agreed(budget.progress(self.step, self.seconds), interruption.asked)) < 1:
                loss = self._update(self._rate(done))
                self.seconds = before + time.monotonic() - begin
                self._note(loss, shown, done)
                if self.on_curve and self.step % self.options.curve == 0:
                    self.on_curve(self.averaged(), self.step)
                if time.monotonic() - saved > 60 * self.options.save_minutes:
                    self.save()
                    saved = time.monotonic()
            self.interrupted = math.isinf(done)
            shown.update(0 if self.interrupted else 1 - shown.n)
            self.save()

    def save(self) -> None:
        """Write state and log, and call ``on_save``; only the main process does."""
        if not self.accelerator.is_main_process:
            return
        processes = self.accelerator.num_processes
        facts = {"step": self.step, "seconds": round(self.seconds, 1), "options": self.options.to_json(),
                 "seed": self.seed, "processes": processes, "torch": torch.__version__,
                 "device": describe(self.accelerator.device, processes)}
        save_state(self.out, self.network, self.average.shadow_params, self.optimizer, facts | self.facts)
        with open(self.out / LOG, "a", encoding="utf-8") as log:
            log.writelines(json.dumps(row) + "\n" for row in self.history)
        self.history.clear()
        if self.on_save:
            self.on_save(self.averaged(), self.step)

    def averaged(self) -> nn.Module:
        """The network with its moving average as weights, in evaluation mode; the same module at every call."""
        self.average.copy_to(self._still.parameters())
        return self._still

    def picks(self, step: int) -> list[int]:
        """Pictures that this process takes at a step: its share of the batch, from endless shuffled epochs."""
        rank, world = self.accelerator.process_index, self.accelerator.num_processes
        share = max(self.options.batch // world, 1)
        first = (step * world + rank) * share
        return [self._picture(first + i) for i in range(share)]

    def _update(self, rate: float) -> dict[str, float]:
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        images, labels, generator = self._batch()
        with reduced_precision(images.device, self.options.bf16):
            losses = self.objective(self.model, images, labels, generator)
        self.accelerator.backward(sum(losses.values()))
        norm = self.accelerator.clip_grad_norm_(self.model.parameters(), self.options.clip)
        values = {name: float(value.detach()) for name, value in losses.items()} | {"gradient": float(norm)}
        if not all(map(math.isfinite, values.values())):
            raise EngineError(f"The loss is not finite at step {self.step}; resume with a lower learning rate (lr).")
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.average.step(self.network.parameters())
        self.step += 1
        return values

    def _batch(self) -> tuple[Tensor, Tensor, torch.Generator]:
        """Augmented images ``[b, C, H, W]`` and labels, ``[b, H, W]`` or ``[b]``, on the device; the step's generator.

        The generator lives on the CPU, so that every device draws the same.
        """
        take, device = self.picks(self.step), self.accelerator.device
        entropy = np.random.SeedSequence((self.seed, self.step, self.accelerator.process_index))
        generator = torch.Generator().manual_seed(int(entropy.generate_state(1, np.uint64)[0] >> 1))
        images = to_state(torch.from_numpy(self.images[take]).to(device))
        labels = torch.from_numpy(self.labels[take]).to(device).long()
        return *self.augmentation(images, labels, generator), generator

    def _picture(self, position: int) -> int:
        epoch, place = divmod(position, len(self.images))
        if self._shuffled[0] != epoch:
            self._shuffled = epoch, np.random.default_rng((self.seed, epoch)).permutation(len(self.images))
        return int(self._shuffled[1][place])

    def _rate(self, done: float) -> float:
        warm = min(1.0, (self.step + 1) / max(self.options.warmup, 1))
        return self.options.lr * warm * (HOLD + (1 - HOLD) * (1 + math.cos(math.pi * min(done, 1.0))) / 2)

    def _agreed(self, done: float, asked: bool) -> float:
        """Progress that all processes share, infinite once any of them was asked to stop.

        Their clocks differ; were each to follow its own, their rates and so their weights would part, and the first to
        stop would leave the others waiting.
        """
        done = math.inf if asked else done
        if self.accelerator.num_processes == 1:
            return done
        return float(self.accelerator.gather(torch.tensor([done], device=self.accelerator.device)).max())

    def _note(self, loss: dict[str, float], shown: tqdm, done: float) -> None:
        self.history.append({"step": self.step, "seconds": round(self.seconds, 1)} | loss)
        recent = self.history[-20:]
        mean = {name: sum(row[name] for row in recent) / len(recent) for name in loss}
        left = self.seconds / done - self.seconds if done else 0
        shown.set_postfix_str(f"step {self.step}, {_losses(mean)}, {left / 60:.1f} min left", refresh=False)
        shown.update(done - shown.n)


_BAR = "{percentage:3.0f}% |{bar:24}| {postfix}"


def _decay_groups(network: nn.Module, decay: float) -> list[dict]:
    """Weight decay on matrices and kernels, none on biases and norms."""
    kernels = [p for p in network.parameters() if p.ndim > 1]
    others = [p for p in network.parameters() if p.ndim <= 1]
    return [{"params": kernels, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]


def _losses(values: dict[str, float]) -> str:
    return ", ".join(f"{name} {value:.4f}" for name, value in values.items() if name != "gradient")
