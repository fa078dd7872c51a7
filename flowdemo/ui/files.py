"""Bytes of what visitors sent. Only what was uploaded to this app is ever opened, wherever a request points."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any

from gradio.utils import get_upload_folder

from flowdemo.errors import InputError
from flowdemo.rendering.intake.header import MAX_BYTES

MAX_URL = MAX_BYTES * 4 // 3 + 200  # characters of a data URL of the largest file


def read_upload(path: Any, field: str) -> bytes:
    """Bytes of an uploaded file, at most one more than the limit, so that a huge one is refused and not loaded.

    Raises:
        InputError: the path leads anywhere else, or to no file.
    """
    try:
        found = Path(path).resolve(strict=True)
        if found.is_file() and found.is_relative_to(Path(get_upload_folder()).resolve()):
            with open(found, "rb") as file:
                return file.read(MAX_BYTES + 1)
    except (OSError, TypeError, ValueError):  # no file, no path, or no text that could be one
        pass
    raise InputError(f"The file for the {field} is not among the uploads; choose it again.", field=field)


def read_sent(value: Any, field: str) -> bytes | None:
    """Bytes of a file that a program sent as a data URL or uploaded; None where there is none. No address is fetched.

    Raises:
        InputError: anything else.
    """
    if value is None or value == "":
        return None
    if isinstance(value, dict) and isinstance(value.get("path"), str):
        return read_upload(value["path"], field)
    if isinstance(value, str) and value.startswith("data:") and len(value) <= MAX_URL:
        try:
            return base64.b64decode(value.partition(",")[2], validate=True)
        except (binascii.Error, ValueError):
            raise InputError(f"The {field} is not a valid data URL.", field=field) from None
    raise InputError(f"Give the {field} as an uploaded file or a data URL of at most 12 MB.", field=field)
