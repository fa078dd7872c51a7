"""The command line: ``python -m flowdemo models | run | train | evaluate | bench | serve``.

Exit code 0 on success, 2 on bad input with one line on standard error. ``--json FILE`` writes what was printed.
Every subcommand imports its room when it is called, so that help and mistakes answer at once.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from flowdemo.errors import FlowdemoError, InputError
from flowdemo.options import number, numbers, pairs, steps
from flowdemo.request import DETECT, LABEL_TO_IMAGE, MASK_TO_IMAGE
from flowdemo.threads import set_policy
from flowdemo.toys import PREFIX, TOYS

BAD_INPUT, STOPPED = 2, 130  # exit codes
STEPS = "1,2,5,10,25"
NO_SHAPE = ("model", "input", "direction", "label", "steps", "beta", "prior")  # options of run that go with a model
# Options that several subcommands have.
SHARED: dict[str, dict[str, Any]] = {
    "--device": {"default": None, "help": "cpu, cuda or mps; the best at hand if left out"},
    "--json": {"metavar": "FILE", "type": Path, "help": "also write the result as data"},
    "--set": {"action": "append", "default": [], "metavar": "KEY=VALUE", "dest": "settings",
              "help": "an option of the system or recipe; may be repeated"},
}  # fmt: skip


class _Parser(argparse.ArgumentParser):
    """A parser whose mistakes are one line like all others, without the usage."""

    def error(self, message: str) -> NoReturn:
        raise InputError(f"{message} (see {self.prog} --help)")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    try:
        options = _parser().parse_args(arguments)
        set_policy(serving=options.command in ("run", "bench", "serve"))  # before any numerical import
        options.handler(options)
    except FlowdemoError as error:
        return _complain(error.message, BAD_INPUT)
    except OSError as error:  # a person at a terminal gave the path, so it may be named
        told = f"{error.filename} cannot be used: {error.strerror}." if error.filename else str(error)
        return _complain(told, BAD_INPUT)
    except KeyboardInterrupt:
        return _complain("stopped.", STOPPED)
    return 0


def _complain(message: str, code: int) -> int:
    print(f"flowdemo: {' '.join(message.split())}", file=sys.stderr)
    return code


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="flowdemo", description="Trajectories of flow-based vision models.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add_models(commands)
    _add_run(commands)
    _add_train(commands)
    _add_evaluate(commands)
    _add_bench(commands)
    _add_serve(commands)
    return parser


def _add_shared(command: argparse.ArgumentParser, *names: str) -> None:
    for name in names:
        command.add_argument(name, **SHARED[name])


def _add_models(commands: Any) -> None:
    command = commands.add_parser("models", help="list the models at hand")
    _add_shared(command, "--json")
    command.set_defaults(handler=_models)


def _models(options: argparse.Namespace) -> None:
    from flowdemo.toys.terminal import listed
    from flowdemo.zoo import available, read_manifest

    rows = []
    for name, folder in available().items():
        manifest = read_manifest(folder)
        classes = [c.name for c in manifest.palette.classes]
        rows.append({
            "name": name, "label": manifest.label, "system": manifest.system, "task": manifest.task,
            "data": manifest.data.get("name"), "resolution": list(manifest.size),
            "classes": classes, "parameters": manifest.parameters, "bytes": manifest.bytes,
            "licence": manifest.licence, "scores": manifest.scores,
        })  # fmt: skip
        print(f"{name:24} {manifest.label:36} {manifest.size[0]}×{manifest.size[1]}  {len(classes):3} classes  "
              f"{manifest.parameters / 1e6:5.2f} M  {manifest.bytes / 1e6:5.2f} MB")  # fmt: skip
    _write_json(options.json, rows + listed())


def _add_run(commands: Any) -> None:
    command = commands.add_parser("run", help="compute one trajectory, or one shape prior, and write its frames")
    command.add_argument("model", nargs="?")
    command.add_argument("input", nargs="?", type=Path, help="a picture, or a mask for mask-to-image")
    command.add_argument("--direction", default=None)
    command.add_argument("--label", default=None, metavar="CLASS", help="for label-to-image")
    command.add_argument("--steps", type=number, default=None)
    command.add_argument("--solver", default="euler")
    command.add_argument("--beta", type=number, default=None, help="half-width of the perturbation, in grey levels for "
                         "masks and in level spacings for labels")
    command.add_argument("--seed", type=number, default=0)
    command.add_argument("--samples", type=number, default=1, metavar="K")
    command.add_argument("--method", default=None, help="instead of a model: line-scan, midpoint, curvature, cgpm or "
                         "contour-flow")
    command.add_argument("--mask", type=Path, default=None, metavar="FILE", help="what the method works on")
    command.add_argument("--out", type=Path, default=None, metavar="DIR", help="where the files go")
    command.add_argument("--prior", default=None, metavar="CLASSES", help="make these classes convex in the mask")
    command.add_argument("--prior-method", default="line-scan", help="of --prior: line-scan or curvature")
    _add_shared(command, "--set", "--device", "--json")
    command.set_defaults(handler=_run)


def _run(options: argparse.Namespace) -> None:
    if options.method is None and (options.model is None or options.mask is not None):
        raise InputError("Give a model and its input, or --method and --mask for a shape prior.", field="model")
    if options.out is None:
        raise InputError("Say where the files go with --out DIR.", field="out")
    settings = {key: number(value) for key, value in pairs(options.settings).items()}
    if options.method is not None:
        from flowdemo.engine.shape_terminal import shape

        if unused := [name for name in NO_SHAPE if getattr(options, name) is not None]:
            raise InputError(f"A shape prior takes --mask, --set and --out; leave {unused[0]} out.", field=unused[0])
        return _write_json(options.json, shape(options.method, options.mask, settings, options.out))
    from flowdemo.engine import Engine
    from flowdemo.engine.terminal import detect, trace

    engine = Engine(options.device)
    request, given = _asked(engine, options, settings)
    if engine.manifest(request.model).kind.detects and options.prior is None:
        return _write_json(options.json, detect(engine, request, given, options.out))
    prior = None if options.prior is None else (options.prior, options.prior_method)
    _write_json(options.json, trace(engine, request, given, options.out, prior))


def _asked(engine: Any, options: argparse.Namespace, settings: dict[str, Any]) -> tuple[Any, Any]:
    """The request and the input that the options describe."""
    from flowdemo.engine import Given

    name = engine.add(options.model)
    raw = {"model": name, "direction": options.direction, "solver": options.solver, "beta": options.beta,
           "seed": options.seed, "samples": options.samples, "settings": settings}  # fmt: skip
    if options.steps is not None:
        raw["steps"] = options.steps
    request = engine.request(raw)
    if request.direction == LABEL_TO_IMAGE:
        if options.label is None or options.input is not None:
            raise InputError("This direction takes a class and no file; give it as --label CLASS.", field="label")
        given = Given.category(options.label, engine.manifest(name))
        return engine.request(raw, given), given
    if options.label is not None:
        raise InputError(f"The direction {request.direction} takes no label; leave --label out.", field="label")
    if options.input is None or not options.input.is_file():
        raise InputError(f"Give an input file for {request.direction}.", field="input")
    read = {MASK_TO_IMAGE: Given.mask, DETECT: Given.surface}.get(request.direction, Given.picture)
    given = read(options.input, engine.manifest(name))
    return engine.request(raw, given), given


def _add_train(commands: Any) -> None:
    command = commands.add_parser("train", help="train a recipe on a data folder, or a toy")
    command.add_argument("recipe", metavar="RECIPE",
                         help="semflow, symmflow, flowseg, mismatch, discriminative, classifier, unet, cgpm, cfss, or "
                         "spiral, which makes its own data")
    command.add_argument("--data", type=Path, default=None, metavar="DIR",
                         help="a data folder; drawn:surfaces for mismatch")
    command.add_argument("--out", type=Path, required=True, metavar="DIR")
    command.add_argument("--minutes", type=float, default=None)
    command.add_argument("--steps", type=int, default=None)
    command.add_argument("--resume", action="store_true")
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--name", default=None, help="name of the model; recipe-data by default")
    _add_shared(command, "--set", "--device", "--json")
    command.set_defaults(handler=_train)


def _train(options: argparse.Namespace) -> None:
    if options.recipe in TOYS:
        from flowdemo.toys import terminal

        return _write_json(options.json, terminal.train(options))
    if options.data is None:
        raise InputError(f"Training {options.recipe} needs --data with a data folder.", field="data")
    from flowdemo.training.command import train

    result = train(
        options.recipe, options.data, options.out, minutes=options.minutes, steps=options.steps,
        resume=options.resume, device=options.device, seed=options.seed, settings=pairs(options.settings),
        name=options.name,
    )  # fmt: skip
    _write_json(options.json, result)


def _add_evaluate(commands: Any) -> None:
    command = commands.add_parser("evaluate", help="score a model on a split of a data folder, or a toy")
    command.add_argument("model")
    command.add_argument("--data", type=Path, required=True, metavar="DIR",
                         help="a data folder, drawn:surfaces, or toy:spiral")
    command.add_argument("--split", default="test")
    command.add_argument("--direction", default=None)
    command.add_argument("--steps", default=None, help="numbers of steps, one row each: 1,2,5,10,25 if left out; of "
                         "times for a detector, then 8")
    command.add_argument("--solver", default="euler")
    command.add_argument("--noise", default=None, metavar="STD,STD", help="for segmenters of single objects: standard "
                         "deviations of noise, one row each; 0,0.1,0.2,0.4 if left out")
    command.add_argument("--native", action="store_true", help="score at the ground truth's own size")
    command.add_argument("--limit", type=int, default=None)
    command.add_argument("--seed", type=int, default=0)
    command.add_argument("--beta", type=float, default=None, help="of a mask in grey levels, of a label in spacings")
    command.add_argument("--samples", type=int, default=2, metavar="K", help="pictures per mask or label")
    command.add_argument("--record", metavar="NAME", help="write the scores into the model's manifest and card")
    _add_shared(command, "--set", "--device", "--json")
    command.set_defaults(handler=_evaluate)


def _evaluate(options: argparse.Namespace) -> None:
    if str(options.data).startswith(PREFIX):
        from flowdemo.toys import terminal

        return _write_json(options.json, terminal.evaluate(options, steps(options.steps or STEPS)))
    from flowdemo.evaluation.protocol import evaluate
    from flowdemo.evaluation.terminal import show
    from flowdemo.zoo import find, load

    settings = {key: number(value) for key, value in pairs(options.settings).items()}
    result = evaluate(
        load(options.model, options.device), options.data, split=options.split,
        steps=steps(options.steps) if options.steps else None, native=options.native, direction=options.direction,
        limit=options.limit, seed=options.seed, settings=settings, solver=options.solver, beta=options.beta,
        samples=options.samples, bar=sys.stderr.isatty(),
        noise=numbers("noise", options.noise) if options.noise else None,
    )  # fmt: skip
    show(result)
    if options.record:
        from flowdemo.training.export import add_scores

        add_scores(find(options.model), options.record, result)
    _write_json(options.json, result)


def _add_bench(commands: Any) -> None:
    command = commands.add_parser("bench", help="time streamed trajectories against bare network calls")
    command.add_argument("models", nargs="*", metavar="MODEL")
    command.add_argument("--steps", type=int, default=25)
    command.add_argument("--rounds", type=int, default=15)
    command.add_argument("--browser", action="store_true", help="also time the first frame in Chromium")
    _add_shared(command, "--device", "--json")
    command.set_defaults(handler=_bench)


def _bench(options: argparse.Namespace) -> None:
    from flowdemo.bench import bench

    result = bench(options.models, options.device, options.steps, options.rounds, options.browser)
    _write_json(options.json, result)


def _add_serve(commands: Any) -> None:
    command = commands.add_parser("serve", help="serve the page, as app.py does")
    command.add_argument("--host", default="127.0.0.1")
    command.add_argument("--port", type=int, default=None)
    command.add_argument("--share", action="store_true")
    command.add_argument("--models", default=None, metavar="DIR", help="a folder of further model folders")
    _add_shared(command, "--device")
    command.set_defaults(handler=_serve)


def _serve(options: argparse.Namespace) -> None:
    if options.models:
        os.environ["FLOWDEMO_MODELS"] = options.models
    from flowdemo.engine import Engine
    from flowdemo.ui.page import build, launch

    launch(build(Engine(options.device)), server_name=options.host, server_port=options.port, share=options.share)


def _write_json(path: Path | None, value: Any) -> None:
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=1, ensure_ascii=False) + "\n", "utf-8")
