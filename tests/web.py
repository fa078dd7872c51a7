"""A visitor without a browser: the requests that the page and programs send, and what comes back."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Iterator
from typing import Any

import httpx

TIMEOUT = 30.0


def data_url(data: bytes, mime: str = "image/png") -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode('ascii')}"


class Visitor:
    """One open page.

    Args:
        url: address of the site.
    """

    def __init__(self, url: str) -> None:
        # One connection per request: the server closes the one on which something broke.
        once = httpx.Limits(max_keepalive_connections=0)
        self.http = httpx.Client(base_url=url, timeout=TIMEOUT, limits=once)
        self.session = secrets.token_hex(6)
        self.config = self.http.get("config").json()

    def upload(self, data: bytes, name: str = "photo.png") -> dict[str, Any]:
        """Send a file as the page does; returns the FileData that stands for it."""
        answer = self.http.post("gradio_api/upload", files={"files": (name, data)})
        assert answer.status_code == 200, answer.text
        return {"path": answer.json()[0], "orig_name": name, "meta": {"_type": "gradio.FileData"}}

    def call(self, endpoint: str, **values: Any) -> tuple[str, Any]:
        """A named endpoint with keywords; returns the last event's kind and content."""
        return list(self.events(endpoint, **values))[-1]

    def events(self, endpoint: str, **values: Any) -> Iterator[tuple[str, Any]]:
        started = self.http.post(f"gradio_api/call/v2/{endpoint}", json=values)
        assert started.status_code == 200, started.text
        kind = ""
        with self.http.stream("GET", f"gradio_api/call/{endpoint}/{started.json()['event_id']}") as answer:
            for line in answer.iter_lines():
                if line.startswith("event: "):
                    kind = line.removeprefix("event: ")
                elif line.startswith("data: "):
                    content = json.loads(line.removeprefix("data: "))
                    yield kind, content[0] if kind in ("generating", "complete") else content

    def run_event(self) -> dict[str, Any]:
        """The dependency behind the Run button."""
        (found,) = (d for d in self.config["dependencies"] if d["api_name"] == "run")
        return found

    def controls(self) -> dict[str, Any]:
        """Values of the inputs of Run as a fresh page has them, by element id."""
        parts = {part["id"]: part["props"] for part in self.config["components"]}
        return {parts[i]["elem_id"]: parts[i].get("value") for i in self.run_event()["inputs"]}

    def join(self, event: dict[str, Any], data: list[Any]) -> httpx.Response:
        body = {"data": data, "fn_index": event["id"], "session_hash": self.session, "event_data": None,
                "trigger_id": event["targets"][0][0]}  # fmt: skip
        return self.http.post("gradio_api/queue/join", json=body)

    def press_run(self, **changed: Any) -> httpx.Response:
        """Press Run with some controls changed."""
        values = self.controls()
        assert changed.keys() <= values.keys(), values.keys()
        return self.join(self.run_event(), list((values | changed).values()))

    def messages(self) -> Iterator[dict[str, Any]]:
        """What the queue tells this page until its runs are over."""
        with self.http.stream("GET", "gradio_api/queue/data", params={"session_hash": self.session}) as answer:
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    message = json.loads(line.removeprefix("data: "))
                    yield message
                    if message["msg"] == "close_stream":
                        return

    def ask(self, elem_id: str, function: str, data: Any) -> httpx.Response:
        """A server function of a component."""
        (found,) = (c["id"] for c in self.config["components"] if c["props"].get("elem_id") == elem_id)
        body = {"component_id": found, "fn_name": function, "session_hash": self.session, "data": data}
        return self.http.post("gradio_api/component_server", json=body)
