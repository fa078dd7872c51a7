"""Between pictures and the states a flow moves: pixels as they are, or the latents of an ``AutoencoderKL``."""

from flowdemo.autoencoders.kl import Latents
from flowdemo.autoencoders.pixels import Pixels

__all__ = ["Latents", "Pixels"]
