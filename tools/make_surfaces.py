"""Write example surfaces for a detector of real pictures: normal ones that its own flow makes from noise.

    python tools/make_surfaces.py MODEL [--count 4] [--size 136x160] [--steps 50] [--seed 0]

No picture of a data set is shipped, so the page shows what the model itself takes for normal. Writes
``assets/surfaces/MODEL/made-N.png``; look at them, and say where they are shown that they are made.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import torch  # noqa: E402

from flowdemo import load  # noqa: E402
from flowdemo.flow import solve, uniform  # noqa: E402
from flowdemo.rendering.encoders import png  # noqa: E402
from flowdemo.systems.exposure import shown  # noqa: E402


@torch.no_grad()
def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--count", type=int, default=4)
    parser.add_argument("--size", default="136x160")
    parser.add_argument("--steps", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    model = load(asked.model, "cpu")
    width, height = map(int, asked.size.split("x"))
    folder = ROOT / "assets" / "surfaces" / model.name
    folder.mkdir(parents=True, exist_ok=True)
    for k in range(asked.count):
        generator = torch.Generator().manual_seed(asked.seed + k)
        noise = torch.randn(1, model.manifest.channels, height, width, generator=generator)
        *_, last = solve("heun", model.system.velocity, noise, uniform(asked.steps))
        picture = shown(last.x[0], model.manifest.flow["exposure"])
        path = folder / f"made-{k + 1}.png"
        path.write_bytes(png(picture[..., 0] if model.manifest.channels == 1 else picture))
        print(path.relative_to(ROOT))


if __name__ == "__main__":
    main()
