"""Flows: time grids, linear paths, couplings, solvers, trajectories, and fields with exact flows.

Numpy only. No model, no file but a saved trajectory, no page.
"""

from flowdemo.flow.arrays import Array, to_numpy
from flowdemo.flow.couplings import Coupling, independent, minibatch_ot, paired
from flowdemo.flow.dopri5 import attempted_steps, dopri5
from flowdemo.flow.fields import AnalyticField, Constant, GaussianPath, Linear, Polynomial, Rotation
from flowdemo.flow.paths import (
    interpolate,
    source_estimate,
    target_estimate,
    velocity,
    velocity_from_source,
    velocity_to_target,
)
from flowdemo.flow.solvers import (
    SOLVERS,
    Solver,
    SolverInfo,
    VelocityField,
    adams_bashforth2,
    euler,
    evaluations,
    heun,
    midpoint,
    rk4,
    solve,
    solver_info,
    watched,
)
from flowdemo.flow.timegrid import TimeGrid, reversed_grid, step_count, uniform, validate_grid
from flowdemo.flow.trajectory import Step, Trajectory, changed_share, settling_map

__all__ = [
    "SOLVERS",
    "AnalyticField",
    "Array",
    "Constant",
    "Coupling",
    "GaussianPath",
    "Linear",
    "Polynomial",
    "Rotation",
    "Solver",
    "SolverInfo",
    "Step",
    "TimeGrid",
    "Trajectory",
    "VelocityField",
    "adams_bashforth2",
    "attempted_steps",
    "changed_share",
    "dopri5",
    "euler",
    "evaluations",
    "heun",
    "independent",
    "interpolate",
    "midpoint",
    "minibatch_ot",
    "paired",
    "reversed_grid",
    "rk4",
    "settling_map",
    "solve",
    "solver_info",
    "source_estimate",
    "step_count",
    "target_estimate",
    "to_numpy",
    "uniform",
    "validate_grid",
    "velocity",
    "velocity_from_source",
    "velocity_to_target",
    "watched",
]
