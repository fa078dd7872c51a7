from __future__ import annotations

import numpy as np
import pytest
import torch
from diffusers import AutoencoderKL

from flowdemo.autoencoders import Latents
from flowdemo.codes import base_k
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.systems.base import IMAGE_TO_MASK, MASK_TO_IMAGE
from flowdemo.systems.semflow import SemFlow, SemFlowHead

BOOK = base_k(171, True)


@pytest.fixture(scope="module")
def latents() -> Latents:
    torch.manual_seed(0)
    kl = AutoencoderKL(3, 3, ("DownEncoderBlock2D",) * 2, ("UpDecoderBlock2D",) * 2, (8, 16), latent_channels=4,
                       norm_num_groups=4, scaling_factor=0.18215)
    return Latents(kl)


def test_encoding_is_the_scaled_mode(latents: Latents) -> None:
    pictures = torch.rand(2, 3, 16, 24) * 2 - 1
    with torch.no_grad():
        posterior = latents.autoencoder.encode(pictures).latent_dist
    state = latents.encode(pictures)
    assert state.shape == (2, 4, 8, 12) and (latents.channels, latents.factor) == (4, 2)
    torch.testing.assert_close(state, posterior.mean * 0.18215)
    assert torch.equal(state, latents.encode(pictures))


def test_decoding_takes_the_scale_back(latents: Latents) -> None:
    z = torch.randn(6, 4, 8, 8)
    with torch.no_grad():
        expected = latents.autoencoder.decode(z).sample
    torch.testing.assert_close(latents.decode(z * 0.18215), expected, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("prediction", ["velocity", "endpoints"])
@pytest.mark.parametrize("direction", [IMAGE_TO_MASK, MASK_TO_IMAGE])
def test_runs_in_latent_space(latents: Latents, prediction: str, direction: str) -> None:
    head = SemFlowHead(prediction, BOOK, latents.channels)
    network = PatchUNet(UNetConfig(4, head.out_channels, 1, (8, 8), (False, False), 1, 8)).eval()
    system = SemFlow(network, head, latents)
    rng = np.random.default_rng(0)
    given = rng.integers(0, 256, (2, 16, 16, 3)) if direction == IMAGE_TO_MASK else rng.integers(0, 172, (2, 16, 16))
    start = system.start(direction, given.astype(np.uint8), 12.0, (1, 2))
    steps = list(system.steps(direction, start, 3, "euler"))
    assert [step.x.shape for step in steps] == [(2, 4, 8, 8)] * 4
    assert system.picture(steps[-1].x).shape == (2, 16, 16, 3)
    assert system.codes(steps[-1].x).shape == (2, 3, 16, 16)
    classes = system.classes(steps[-1].x)
    assert classes.shape == (2, 16, 16) and classes.max() < 171


def test_perturbation_is_drawn_in_pixels(latents: Latents) -> None:
    system = SemFlow(lambda z, tau: z, SemFlowHead("velocity", BOOK, 4), latents)
    labels = np.zeros((1, 16, 16), np.uint8)
    noise = (2 * torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(8)) - 1) * (12 / 127.5)
    expected = latents.encode(torch.from_numpy(BOOK.paint(labels)) + noise)
    torch.testing.assert_close(system.start(MASK_TO_IMAGE, labels, 12.0, (8,)), expected)
