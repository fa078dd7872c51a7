"""A bound on what one request may send; gradio bounds uploaded files only."""

from __future__ import annotations

from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

MAX_BODY = 18 << 20  # a file of 12 MB as base64, and room for the rest of the message
TOO_LARGE = "The request is larger than 18 MB; send a smaller file."


class BodyLimit:
    """ASGI middleware that answers 413 to a larger body, before it is read where its length is announced.

    Args:
        app: the application behind it.
        limit: bytes.
    """

    def __init__(self, app: Any, limit: int = MAX_BODY) -> None:
        self.app, self.limit = app, limit

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if not announced.isdigit() or int(announced) > self.limit:
            await JSONResponse({"detail": TOO_LARGE}, 413)(scope, receive, send)
            return
        got = 0

        async def counted() -> Any:
            nonlocal got
            message = await receive()
            got += len(message.get("body", b""))
            if got > self.limit:
                raise HTTPException(413, TOO_LARGE)
            return message

        await self.app(scope, counted, send)
