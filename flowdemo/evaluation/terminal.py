"""Scores as lines at a terminal."""

from __future__ import annotations

from typing import Any


def show(result: dict[str, Any]) -> None:
    """Print what an evaluation returned; of a detector's row, kinds and baselines get a line each."""
    print(f"{result['model']} on {result['data']} {result['split']}, n = {result['n']}")
    for row in result["rows"]:
        detector = "baselines" in row
        print(_line({key: value for key, value in row.items() if not (detector and _is_long(value))}))
        for part in ("per_kind", "baselines") if detector else ():
            for name, found in row[part].items():
                print(f"  {name:16}", _line({k: v for k, v in found.items() if not isinstance(v, dict)}))
    for key in ("photos", "missing"):
        if result.get(key):
            print(f"{key}: {result[key]}")


def _line(values: dict[str, Any]) -> str:
    return "  ".join(f"{key} {_short(value)}" for key, value in values.items())


def _is_long(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and len(value) > 2)


def _short(value: Any) -> str:
    if isinstance(value, list):
        return " to ".join(map(_short, value))
    return f"{value:.4f}" if isinstance(value, float) else str(value)
