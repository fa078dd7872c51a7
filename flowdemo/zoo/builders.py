"""From a manifest to its network, and from the loaded network to the system: one small function for each system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from flowdemo.autoencoders import Latents, Pixels
from flowdemo.errors import ModelError
from flowdemo.networks.cfss import CFSSConfig, CFSSNet
from flowdemo.networks.convnet import ConvNet, ConvNetConfig
from flowdemo.networks.glance import GlanceConfig, GlanceUNet
from flowdemo.networks.pixelfield import PixelField, PixelFieldConfig
from flowdemo.networks.timeless import TimelessConfig, TimelessUNet
from flowdemo.networks.unet import PatchUNet, UNetConfig
from flowdemo.systems import contourflow
from flowdemo.systems.base import System
from flowdemo.systems.classifier import Classifier
from flowdemo.systems.discriminative import Discriminative
from flowdemo.systems.exposure import EXPOSURES
from flowdemo.systems.flowseg import CHANNELS, FlowSeg, FlowSegHead
from flowdemo.systems.glance import CHANNELS as CELLS
from flowdemo.systems.glance import Glance, GlanceFlow
from flowdemo.systems.labels import GlobalLabels, Labels, PixelLabels
from flowdemo.systems.mismatch import FlowMismatching
from flowdemo.systems.semflow import SemFlow, SemFlowHead
from flowdemo.systems.shape_models import OWN, ShapeSegmenter
from flowdemo.systems.symmflow import SymmFlow, SymmFlowHead
from flowdemo.zoo.kinds import GLOBAL
from flowdemo.zoo.manifest import Manifest

Space = Pixels | Latents
Network = PatchUNet | PixelField | ConvNet | CFSSNet


def design(manifest: Manifest) -> Callable[[], Network]:
    """What builds the network that a manifest describes.

    Raises:
        ModelError: the description cannot be used.
    """
    if manifest.system == "classifier":
        shape = ConvNetConfig.from_json(manifest.network)
        return lambda: ConvNet(shape)
    if manifest.network.get("kind") == PixelFieldConfig.kind:
        field = PixelFieldConfig.from_json(manifest.network)
        return lambda: PixelField(field)
    if manifest.system == "cfss":
        rounds = CFSSConfig.from_json(manifest.network)
        return lambda: CFSSNet(rounds, contourflow.unrolled)
    if manifest.network.get("kind") == TimelessConfig.kind and manifest.kind.one_step:
        timeless = TimelessConfig.from_json(manifest.network)
        return lambda: TimelessUNet(timeless)
    if manifest.network.get("kind") == GlanceConfig.kind and manifest.system == "mismatch":
        glancing = GlanceConfig.from_json(manifest.network)
        return lambda: GlanceUNet(glancing)
    config = UNetConfig.from_json(manifest.network)
    return lambda: PatchUNet(config)


def build(manifest: Manifest, network: Network, space: Space, device: torch.device) -> System:
    """The system that a manifest describes, around its network.

    Raises:
        ModelError: the network does not take or answer with what the system needs.
    """
    return BUILDERS[manifest.system](manifest, network, space, device)


def _semflow(manifest: Manifest, network: PatchUNet, space: Space, device: torch.device) -> System:
    head = SemFlowHead(manifest.prediction, manifest.codebook, space.channels)
    _check_fit(manifest, network, space, space.channels, head.out_channels)
    return SemFlow(network, head, space, device, manifest.temperature)


def _symmflow(manifest: Manifest, network: PatchUNet, space: Space, device: torch.device) -> System:
    labels = _labels(manifest)
    latent = isinstance(space, Latents)
    half = space.channels if latent and labels.kind != GLOBAL else labels.channels
    channels = space.channels if latent else manifest.channels
    flow = manifest.flow
    head = SymmFlowHead(manifest.prediction, labels, channels, half, flow.get("time_scale", 1.0), flow.get("skip", 0.0))
    _check_fit(manifest, network, space, head.in_channels, head.out_channels)
    return SymmFlow(network, head, manifest.size, space, device, manifest.temperature)


def _flowseg(manifest: Manifest, network: PatchUNet | PixelField, space: Space, device: torch.device) -> System:
    head = FlowSegHead(manifest.prediction, manifest.flow["start"], manifest.codebook)
    _check_fit(manifest, network, space, 2 * CHANNELS, head.out_channels)
    return FlowSeg(network, head, device)


def _mismatch(manifest: Manifest, network: PatchUNet, space: Space, device: torch.device) -> System:
    _check_fit(manifest, network, space, manifest.channels, manifest.channels)
    flow = manifest.flow
    if flow["exposure"] not in EXPOSURES:
        raise ModelError(f"The exposure of {manifest.name!r} is none that this version knows.")
    return FlowMismatching(network, manifest.channels, flow["spread"], manifest.size, flow["exposure"],
                           network.config.multiple, device, flow.get("coherence", 0.0), _glance(manifest, network))


def _glance(manifest: Manifest, network: PatchUNet) -> GlanceFlow | None:
    """The flow of the second scale; both the network and the manifest have it, or neither."""
    raw, inner = manifest.flow.get("glance"), getattr(network, "glance", None)
    if (raw is None) != (inner is None):
        raise ModelError(f"The network of {manifest.name!r} does not answer with what its manifest says.")
    if raw is None:
        return None
    glance, shape = Glance.from_json(raw), inner.config
    if (shape.in_channels, shape.answer) != (CELLS, CELLS) or glance.side % shape.multiple:
        raise ModelError(f"The glance of {manifest.name!r} is not what its second network takes.")
    return GlanceFlow(inner, glance)


def _discriminative(manifest: Manifest, network: PatchUNet, space: Space, device: torch.device) -> System:
    _check_fit(manifest, network, space, space.channels, len(manifest.palette.classes))
    return Discriminative(network, manifest.codebook, device)


def _shape(manifest: Manifest, network: PatchUNet | CFSSNet, space: Space, device: torch.device) -> System:
    _check_fit(manifest, network, space, 1, 1)
    if len(manifest.palette.classes) != 2:
        raise ModelError(f"The model {manifest.name!r} tells two classes apart, not {len(manifest.palette.classes)}.")
    return ShapeSegmenter(network, manifest.codebook, device, OWN[manifest.system])


def _classifier(manifest: Manifest, network: ConvNet, space: Space, device: torch.device) -> System:
    _check_fit(manifest, network, space, manifest.channels, len(manifest.palette.classes))
    return Classifier(network, _labels(manifest), manifest.channels, manifest.size, device)


BUILDERS: dict[str, Callable[[Manifest, Any, Space, torch.device], System]] = {
    "semflow": _semflow,
    "symmflow": _symmflow,
    "flowseg": _flowseg,
    "mismatch": _mismatch,
    "discriminative": _discriminative,
    "classifier": _classifier,
    **dict.fromkeys(OWN, _shape),
}


def _labels(manifest: Manifest) -> Labels:
    if manifest.levels:
        return GlobalLabels(manifest.levels.classes, manifest.levels.amplitude)
    return PixelLabels(manifest.codebook)


def _check_fit(manifest: Manifest, network: Network, space: Space, in_channels: int, out_channels: int) -> None:
    config = network.config
    if (config.in_channels, config.answer) != (in_channels, out_channels):
        raise ModelError(f"The network of {manifest.name!r} does not answer with what its manifest says.")
    multiple = config.multiple * space.factor
    if any(side % multiple for side in manifest.size):
        raise ModelError(f"The sides of the model {manifest.name!r} must be multiples of {multiple} pixels.")
