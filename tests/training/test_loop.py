from __future__ import annotations

import json
import math
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor

from flowdemo.errors import DataError, EngineError, InputError
from flowdemo.training.budget import Budget, Interruption
from flowdemo.training.devices import accelerator_for
from flowdemo.training.loop import HOLD, Trainer
from flowdemo.training.options import TrainingOptions
from flowdemo.training.recipes import build, plan
from flowdemo.training.state import load_average

from .conftest import TINY


def _trainer(data: Path, out: Path, seed: int = 3, **settings: str) -> Trainer:
    return build(plan("semflow", data, TrainingOptions().with_settings(TINY | settings)), out, seed, "cpu")


def _weights(trainer: Trainer) -> list[Tensor]:
    network = [p.detach().clone() for p in trainer.network.parameters()]
    return network + [p.clone() for p in trainer.average.shadow_params]


class _StopAfter:
    """An objective that asks to stop, as Ctrl-C does, during a given step."""

    def __init__(self, objective, calls: int) -> None:
        self.objective, self.calls = objective, calls

    def __call__(self, *given):
        self.calls -= 1
        if self.calls == 0:
            signal.raise_signal(signal.SIGINT)
        return self.objective(*given)


@pytest.mark.parametrize("bf16", ["true", "false"])
def test_a_resumed_run_equals_an_unbroken_one_bit_by_bit(cells: Path, tmp_path: Path, bf16: str) -> None:
    straight = _trainer(cells, tmp_path / "straight", bf16=bf16, jitter="0.1", zoom="0.9,1.3")
    straight.run(Budget(steps=6), bar=False)
    first = _trainer(cells, tmp_path / "broken", bf16=bf16, jitter="0.1", zoom="0.9,1.3")
    first.objective = _StopAfter(first.objective, 3)
    first.run(Budget(steps=6), bar=False)
    assert (first.step, first.interrupted) == (3, True)
    torch.manual_seed(99)  # whatever else happens in between
    second = _trainer(cells, tmp_path / "broken", seed=3, bf16=bf16, jitter="0.1", zoom="0.9,1.3")
    second.resume()
    assert second.step == 3
    second.run(Budget(steps=6), bar=False)
    assert all(torch.equal(a, b) for a, b in zip(_weights(straight), _weights(second), strict=True))
    logs = [[json.loads(line) for line in (tmp_path / n / "log.jsonl").read_text().splitlines()]
            for n in ("straight", "broken")]
    assert [row["step"] for row in logs[1]] == [1, 2, 3, 4, 5, 6]
    assert [row["image"] for row in logs[0]] == [row["image"] for row in logs[1]]


def test_another_seed_is_another_run(cells: Path, tmp_path: Path) -> None:
    runs = [_trainer(cells, tmp_path / str(seed), seed=seed) for seed in (1, 1, 2)]
    for run in runs:
        run.run(Budget(steps=2), bar=False)
    same, other = (
        all(torch.equal(a, b) for a, b in zip(_weights(runs[0]), _weights(run), strict=True)) for run in runs[1:]
    )
    assert same and not other


def test_every_epoch_shows_every_picture_once(cells: Path, tmp_path: Path) -> None:
    trainer = _trainer(cells, tmp_path)
    stream = [i for step in range(10) for i in trainer.picks(step)]  # 4 epochs of 10 pictures in batches of 4
    epochs = np.array(stream).reshape(4, 10)
    assert all(sorted(epoch) == list(range(10)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


def test_processes_share_the_stream(cells: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = _trainer(cells, tmp_path)
    alone = [trainer.picks(step) for step in range(5)]

    class Two:
        num_processes = 2

        def __init__(self, index: int) -> None:
            self.process_index = index

    for step in range(5):
        shares = []
        for index in (0, 1):
            monkeypatch.setattr(trainer, "accelerator", Two(index))
            shares.append(trainer.picks(step))
        assert shares[0] + shares[1] == alone[step] and len(shares[0]) == len(shares[1])


def test_average_follows_its_warm_up(cells: Path, tmp_path: Path) -> None:
    """The k-th update keeps 1 − k^(−3/4) of the average, k from 0, up to the decay given."""
    trainer = _trainer(cells, tmp_path, ema="0.6")
    expected = [p.detach().clone() for p in trainer.network.parameters()]
    for k in range(8):
        trainer.run(Budget(steps=k + 1), bar=False)
        keep = min(1 - (1 + k) ** -0.75, 0.6)
        expected = [keep * e + (1 - keep) * p for e, p in zip(expected, trainer.network.parameters(), strict=True)]
    for mean, found in zip(expected, trainer.averaged().parameters(), strict=True):
        torch.testing.assert_close(found, mean, atol=1e-6, rtol=1e-4)


def test_the_averaged_network_is_apart_and_in_full_precision(cells: Path, tmp_path: Path) -> None:
    trainer = _trainer(cells, tmp_path, bf16="true")
    trainer.run(Budget(steps=2), bar=False)
    before = _weights(trainer)
    network = trainer.averaged()
    z, tau = torch.rand(1, 3, 32, 32), torch.tensor([100.0])
    plain = build(plan("semflow", cells, trainer.options), tmp_path, 0, "cpu").network
    load_average(tmp_path, plain)
    with torch.no_grad():
        assert torch.equal(network(z, tau), plain.eval()(z, tau))
    assert not network.training and trainer.network.training
    assert all(torch.equal(a, b) for a, b in zip(before, _weights(trainer), strict=True))


def test_rate_warms_up_and_falls_along_a_cosine(cells: Path, tmp_path: Path) -> None:
    trainer = _trainer(cells, tmp_path, lr="0.01", warmup="10")
    assert trainer._rate(0.0) == pytest.approx(0.001)
    trainer.step = 50
    assert trainer._rate(0.0) == pytest.approx(0.01)
    assert trainer._rate(0.5) == pytest.approx(0.01 * (HOLD + (1 - HOLD) / 2))
    assert trainer._rate(1.0) == pytest.approx(0.01 * HOLD)


@pytest.mark.parametrize("bad", [float("nan"), float("inf")])
def test_a_loss_that_is_not_finite_ends_the_run_and_keeps_the_state(cells: Path, tmp_path: Path, bad: float) -> None:
    trainer = _trainer(cells, tmp_path)
    trainer.run(Budget(steps=2), bar=False)
    kept = (tmp_path / "state.safetensors").read_bytes()
    before = _weights(trainer)
    good = trainer.objective
    trainer.objective = lambda *given: {name: value * bad for name, value in good(*given).items()}
    with pytest.raises(EngineError, match=r"step 2.*learning rate"):
        trainer.run(Budget(steps=4), bar=False)
    assert (tmp_path / "state.safetensors").read_bytes() == kept
    assert all(torch.equal(a, b) for a, b in zip(before, _weights(trainer), strict=True))


def test_states_that_cannot_be_resumed(cells: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no readable"):
        _trainer(cells, tmp_path / "none").resume()
    _trainer(cells, tmp_path / "small").run(Budget(steps=1), bar=False)
    with pytest.raises(DataError, match="another network"):
        _trainer(cells, tmp_path / "small", channels="16,16").resume()
    (tmp_path / "small" / "state.safetensors").write_bytes(b"cut short")
    with pytest.raises(DataError, match="no readable"):
        _trainer(cells, tmp_path / "small").resume()


def test_facts_beside_the_weights_count(cells: Path, tmp_path: Path) -> None:
    """A crash between the two files leaves an older state.json; one from before there were two is read as well."""
    trainer = _trainer(cells, tmp_path)
    trainer.run(Budget(steps=2), bar=False)
    (tmp_path / "state.json").write_text("{}")
    trainer.resume()
    assert trainer.step == 2


def test_budgets() -> None:
    assert Budget(steps=10).progress(5, 1e9) == 0.5
    assert Budget(minutes=2).progress(10**9, 30) == 0.25
    assert Budget(steps=10, minutes=1).progress(2, 45) == 0.75
    for wrong in ({}, {"steps": 0}, {"minutes": 0}, {"minutes": -1}, {"minutes": math.nan}, {"minutes": math.inf}):
        with pytest.raises(InputError):
            Budget(**wrong)


def test_a_second_interruption_is_immediate_and_handlers_come_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), Interruption() as asked:
        signal.raise_signal(signal.SIGINT)
        assert asked.asked
        signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) == before


@pytest.mark.parametrize("device", ["tpu", "cuda:7", *([] if torch.cuda.is_available() else ["cuda"])])
def test_devices_that_are_not_there(device: str) -> None:
    with pytest.raises(InputError) as caught:
        accelerator_for(device)
    assert caught.value.field == "device"
