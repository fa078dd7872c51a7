"""Flow Mismatching to play with: one target and its paths, the luckiest path, and what a population pays."""

from __future__ import annotations

from flowdemo.ui.widgets.fieldlab import Navigation
from flowdemo.ui.widgets.mismatchlab import Decomposition, Gaussian, Plane

SECTIONS = (("mm-plane", "Plane"), ("mm-gaussian", "Gaussian"), ("mm-decomposition", "Decomposition"))
PLANE = """
<h2 tabindex="-1">Paths that disagree with the field</h2>
<p>A flow trained on normal samples answers, at any state, with the mean velocity v* of the normal paths through it.
Lay straight paths from noise to a target: δ&nbsp;=&nbsp;‖v*&nbsp;−&nbsp;u‖² says how far their own velocity u is from
that answer. It is above 0 for normal targets too; what counts is how much larger it gets. Early t asks “is it near the
average?”, late t asks “is it on the manifold?”. The average itself need not be normal: begin there and let t run.</p>
<p>The field here is exact, computed from the 300 points shown; no network is involved. That has a price: late in t
a field of finitely many points knows each of them by heart, and normal points it has not seen disagree as well.
Smoothing the points delays that. t² times δ is the squared error of the predicted noise, (1&nbsp;−&nbsp;t)² times δ
that of the one-step reconstruction: the three weights see the same paths.</p>
"""
GAUSSIAN = """
<h2 tabindex="-1">What the luckiest path tells, and what it hides</h2>
<p>Normal samples form a thin Gaussian: long along the manifold, narrow across it. The mean disagreement along an axis
is m(t;&nbsp;z)&nbsp;=&nbsp;((1&nbsp;−&nbsp;t)²z²&nbsp;+&nbsp;t²σ⁴)/D², with
D&nbsp;=&nbsp;t²σ²&nbsp;+&nbsp;(1&nbsp;−&nbsp;t)². For t near 0 it is z², the squared distance from the mean. Where σ
is far above (1&nbsp;−&nbsp;t)/t it is about 1/t² unless z is many σ; far below, it is z²/(1&nbsp;−&nbsp;t)² for every
path, without noise.</p>
<p>So one axis is all noise, the other all signal, and a mean over paths keeps the noise of the first. A lucky path
explains the manifold’s part away; the part across it would need noise of many standard deviations. What it costs: an
anomaly that lies along the manifold is explained away as well, and with very many paths so is a weak one across it.</p>
"""
DECOMPOSITION = """
<h2 tabindex="-1">What samples of another distribution pay</h2>
<p>Let the field be that of p and the samples come from q. Their mean disagreement is exactly a sum of two terms: what
even the field of q would leave, because many paths pass through one state, and ((1&nbsp;−&nbsp;t)/t)² times the Fisher
divergence between the two distributions on their way. Only the second says that q is not p.</p>
<p>For one fixed sample the first term is 0 and everything is the second; the first comes back as the baseline that
normal samples pay, so a score means something only beside theirs. The identity holds for means over paths and for the
best possible fields; a least over paths, or a trained network, has none like it.</p>
"""


def build() -> None:
    """Lay out links and the three sections; nothing of them reaches the server."""
    Navigation(SECTIONS, elem_id="mm-nav")
    Plane(PLANE, elem_id="mm-plane")
    Gaussian(GAUSSIAN, elem_id="mm-gaussian")
    Decomposition(DECOMPOSITION, elem_id="mm-decomposition")
