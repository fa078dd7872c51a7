"""The security walk against the running app, without a browser: paths, addresses, forged files, sizes, leaks."""

from __future__ import annotations

import io
import json
import os
import re
import socket
import struct
import threading
import time
import zlib
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from tiny import POSTERIOR, SIDE, mask_labels, write_tiny_model
from web import Visitor, data_url

from flowdemo.engine import Engine
from flowdemo.ui.files import MAX_URL
from flowdemo.ui.page import build, launch
from flowdemo.ui.widgets.painter.value import MAX_CHARS, encode_mask

FILE_DATA = {"meta": {"_type": "gradio.FileData"}}
SECRET = "flowdemo-secret-4711"


@pytest.fixture(scope="module")
def visitor(site: Any) -> Visitor:
    return Visitor(site.url)


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """A picture on the server that nobody has uploaded, its text a secret."""
    text = PngInfo()
    text.add_text("note", SECRET)
    Image.fromarray(np.full((SIDE, SIDE), 1, np.uint8)).save(tmp_path / "secret.png", pnginfo=text)
    return tmp_path / "secret.png"


def is_plain(text: Any) -> bool:
    return isinstance(text, str) and 10 < len(text) < 500 and "Traceback" not in text and "\n" not in text


def refused(visitor: Visitor, **values: Any) -> str:
    """The sentence with which /trajectory refuses, checked to tell nothing of the server."""
    kind, content = visitor.call("trajectory", **values)
    assert kind == "error" and is_plain(content["error"]), content
    for place in (os.getcwd(), str(Path.home()), "site-packages", "/tmp/"):
        assert place not in content["error"]
    return content["error"]


def recipe_event(visitor: Visitor) -> dict[str, Any]:
    """What reads a recipe file that is dropped on the page."""
    box = next(part["id"] for part in visitor.config["components"] if part["props"].get("elem_id") == "recipe")
    (event,) = (d for d in visitor.config["dependencies"] if [box, "upload"] in [list(t) for t in d["targets"]])
    return event


# Rows 1 and 16: paths and foreign addresses on the file routes.


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd", "../../etc/passwd", "//etc/passwd", "%2Fetc%2Fpasswd", "..%2f..%2fetc%2fpasswd", "app.py",
     "flowdemo/cli.py", "./README.md", "%00", "/proc/self/environ", "~/.bashrc", "http://127.0.0.1:1/x", "C:\\x"],
)  # fmt: skip
def test_no_file_of_the_server_is_served(visitor: Visitor, path: str) -> None:
    for route in ("gradio_api/file=", "file=", "gradio_api/file/", "static/", "assets/", "gradio_api/proxy="):
        answer = visitor.http.get(route + path)
        assert answer.status_code >= 400 or "text/html" in answer.headers["content-type"], route
        assert "root:" not in answer.text and "import " not in answer.text


def test_the_projects_own_files_are_not_served_by_absolute_path(visitor: Visitor, secret: Path, site: Any) -> None:
    own = Path(__file__).resolve()
    weights = Path(os.environ["FLOWDEMO_MODELS"]) / POSTERIOR / "weights.safetensors"
    for path in (own, own.parents[2] / "app.py", weights, secret):
        assert path.is_file() and visitor.http.get(f"gradio_api/file={path}").status_code == 403


# Row 2: no address that a visitor names is fetched.


class Listener:
    """A port of this machine that notes whether anybody calls."""

    def __init__(self) -> None:
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.settimeout(0.2)
        self.calls, self.open = 0, True
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def _listen(self) -> None:
        while self.open:
            try:
                connection, _ = self.socket.accept()
            except TimeoutError:
                continue
            self.calls += 1
            connection.close()

    def close(self) -> int:
        time.sleep(0.1)
        self.open = False
        self.thread.join(5)
        self.socket.close()
        return self.calls


def test_no_address_is_fetched(visitor: Visitor) -> None:
    listener = Listener()
    port = listener.socket.getsockname()[1]
    for url in (
        f"http://127.0.0.1:{port}/a.png",
        f"http://localhost:{port}/a.png",
        f"http://[::ffff:127.0.0.1]:{port}/",
    ):
        for image in (
            url, {"url": url}, {"path": url}, {"path": None, "url": url, **FILE_DATA}, {"path": url, "url": url},
            {"path": "a.png", "url": url, **FILE_DATA}, {"path": url, **FILE_DATA},
        ):  # fmt: skip
            kind, content = visitor.call("trajectory", image=image)
            assert kind == "error" and "Traceback" not in str(content)
            assert visitor.press_run(photo=image).status_code in (400, 422)
    assert listener.close() == 0


@pytest.mark.parametrize(
    "url",
    ["http://169.254.169.254/latest/meta-data/", "ftp://127.0.0.1/x", "file:///etc/passwd", "gopher://x", "//x/y"],
)
def test_addresses_are_refused_in_words(visitor: Visitor, url: str) -> None:
    assert "data URL" in refused(visitor, image=url)
    assert "data URL" in refused(visitor, mask=url, direction="mask-to-image")


# Row 3: forged file data, for the API, the photo and the painter.


def forged(path: str) -> list[Any]:
    return [{"path": path}, {"path": path, **FILE_DATA}, {"path": path, "is_file": True}, {"path": path, "url": path},
            [{"path": path, **FILE_DATA}], {"video": {"path": path, **FILE_DATA}}]  # fmt: skip


@pytest.mark.parametrize("path", ["/etc/passwd", "secret", "../../../etc/passwd", "\0", "x" * 5000, "", "."])
def test_forged_files_are_never_opened(visitor: Visitor, secret: Path, path: str) -> None:
    path = str(secret) if path == "secret" else path
    for value in forged(path):
        for values in ({"image": value}, {"mask": value, "direction": "mask-to-image"}):
            kind, content = visitor.call("trajectory", **values)
            assert kind == "error" and SECRET not in str(content) and "root:" not in str(content)
        for changed in ({"photo": value}, {"painter": value, "direction": "mask-to-image"}):
            answer = visitor.press_run(**changed)
            assert answer.status_code in (400, 422) and SECRET not in answer.text and "root:" not in answer.text


def test_a_link_among_the_uploads_leads_nowhere(visitor: Visitor, secret: Path, photo: bytes) -> None:
    uploaded = Path(visitor.upload(photo)["path"])
    link = uploaded.with_name("link.png")
    link.symlink_to(secret)
    assert "not among the uploads" in refused(visitor, image={"path": str(link)})
    link.unlink()


# Row 4: what a visitor writes never becomes a file to download.


def test_no_handler_gives_a_visitor_a_file_by_name(visitor: Visitor, site: Any, secret: Path) -> None:
    parts = {part["id"]: part for part in visitor.config["components"]}
    shown = {parts[i]["type"] for d in visitor.config["dependencies"] for i in d["outputs"] if i in parts}
    assert not shown & {"gallery", "downloadbutton", "video", "audio", "model3d", "imageeditor", "chatbot"}
    cwd_file = Path(visitor.upload(b"x", "notes.txt")["path"]).name
    assert visitor.http.get(f"gradio_api/file={cwd_file}").status_code in (403, 404)
    recipe = json.dumps({"model": str(secret), "format": 1}).encode()
    event = recipe_event(visitor)
    body = {"data": [visitor.upload(recipe, "r.json")], "fn_index": event["id"], "session_hash": visitor.session}
    answer = visitor.http.post(f"gradio_api/run/{event['api_name']}", json=body)
    assert SECRET not in answer.text and "no such model" in answer.text


# Row 5 (the part that needs no browser): what strangers wrote is text, never markup.


def test_hostile_names_are_text_in_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, site: Any) -> None:
    hostile = "</script><script>window.hit=1</script><img src=x onerror=hit()>"
    write_tiny_model(tmp_path / "bad", "bad", "semflow", "velocity", 3)
    manifest = json.loads((tmp_path / "bad" / "manifest.json").read_text("utf-8"))
    manifest["label"] = hostile
    manifest["data"] = {"name": hostile, "terms": hostile}
    manifest["palette"]["classes"][1]["name"] = hostile
    (tmp_path / "bad" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    monkeypatch.setenv("FLOWDEMO_MODELS", str(tmp_path))
    demo = build(Engine("cpu"))
    _, url, _ = launch(demo, server_name="127.0.0.1", prevent_thread_lock=True, quiet=True)
    try:
        page = httpx.get(url, timeout=30).text
        assert "bad" in page and "<script>window.hit" not in page and "<img src=x" not in page
    finally:
        demo.close(verbose=False)


def test_hostile_recipes_are_told_as_text(visitor: Visitor) -> None:
    raw = {"model": POSTERIOR, "format": 1, "solver": "<img src=x onerror=alert(1)>"}
    event = recipe_event(visitor)
    body = {"data": [visitor.upload(json.dumps(raw).encode(), "r.json")], "fn_index": event["id"]}
    answer = visitor.http.post(f"gradio_api/run/{event['api_name']}", json={**body, "session_hash": visitor.session})
    said = next(part for part in answer.json()["data"] if isinstance(part, str) and "fd-report" in part)
    assert "<img" not in said and "&lt;img" in said


# Row 6: uploads of every kind are kept as attachments and refused by the handlers.


@pytest.mark.parametrize(
    ("name", "data"),
    [("a.svg", b"<svg xmlns='http://www.w3.org/2000/svg' onload='hit()'/>"), ("a.html", b"<script>hit()</script>"),
     ("a.py", b"import os"), ("a.zip", b"PK\x03\x04" + bytes(40)), ("../../a.png", b"hello"), ("a.png", b"#!/bin/sh"),
     ("a.php;.png", b"<?php ?>"), (".htaccess", b"x"), ("a" * 300 + ".png", b"GIF89a"), ("CON", b"MZ" + bytes(40))],
)  # fmt: skip
def test_uploads_that_are_no_pictures(visitor: Visitor, name: str, data: bytes) -> None:
    sent = visitor.upload(data, name)
    answer = visitor.http.get(f"gradio_api/file={sent['path']}")
    if answer.status_code == 200 and not answer.headers["content-type"].startswith("image/"):
        assert answer.headers["content-disposition"].startswith("attachment")
    assert "svg" not in answer.headers.get("content-type", "") and "html" not in answer.headers.get("content-type", "")
    assert "picture" in refused(visitor, image=sent)
    assert visitor.press_run(photo=sent).status_code == 422


def test_a_picture_with_an_archive_behind_it_is_just_a_picture(visitor: Visitor, photo: bytes) -> None:
    kind, content = visitor.call("trajectory", image=data_url(photo + b"PK\x03\x04<script>" * 50), steps=1)
    assert kind == "error" or "script" not in str(content)


# Row 7: image bombs are refused from their header.


def png_of(width: int, height: int, depth: int = 8, colour: int = 0) -> bytes:
    """A black PNG, compressed row by row."""
    channels = {0: 1, 2: 3, 3: 1, 6: 4}[colour]
    row = bytes(1 + (width * channels * depth + 7) // 8)
    packer = zlib.compressobj(9)
    body = b"".join(packer.compress(row * min(256, height - y)) for y in range(0, height, 256)) + packer.flush()

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def gif_of(frames: int) -> bytes:
    image = (
        b"\x21\xf9\x04\x00\x01\x00\x00\x00" + b"\x2c" + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\x02\x02\x44\x01\x00"
    )
    return b"GIF89a" + struct.pack("<HHBBB", 1, 1, 0x80, 0, 0) + b"\x00\x00\x00\xff\xff\xff" + image * frames + b";"


def resident(field: str) -> int:
    """Bytes of memory of this process: ``VmRSS`` now, ``VmHWM`` at most since it was last cleared."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise AssertionError(field)


@pytest.mark.skipif(not os.access("/proc/self/clear_refs", os.W_OK), reason="reads peak memory from Linux's /proc")
def test_image_bombs_are_refused_before_they_unfold(visitor: Visitor) -> None:
    bombs = [png_of(9400, 9400), png_of(14000, 14000, 1), png_of(65535, 1), png_of(1, 65535), gif_of(10_000),
             png_of(9400, 9400)[:-400]]  # fmt: skip
    refused(visitor, image=data_url(b"warm"))
    Path("/proc/self/clear_refs").write_text("5", "ascii")
    before = resident("VmRSS")
    for bomb in bombs:
        begin = time.monotonic()
        for values in ({"image": data_url(bomb)}, {"mask": data_url(bomb), "direction": "mask-to-image"}):
            assert re.search("limit|frame|damaged", refused(visitor, **values))
        assert visitor.press_run(photo=visitor.upload(bomb)).status_code == 422
        assert time.monotonic() - begin < 5
    assert resident("VmHWM") - before < 50 << 20


@pytest.mark.parametrize("mode", ["I;16", "CMYK", "P", "LA", "1", "truncated"])
def test_odd_pictures_run_or_are_refused_plainly(visitor: Visitor, mode: str) -> None:
    buffer = io.BytesIO()
    grey = Image.fromarray((np.arange(64 * 64, dtype=np.uint8) % 251).reshape(64, 64))
    if mode == "I;16":
        Image.fromarray(np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)).save(buffer, "PNG")
    elif mode == "P":
        grey.convert("P").save(buffer, "PNG", transparency=3)
    else:
        grey.convert("RGB" if mode == "truncated" else mode).save(buffer, "JPEG" if mode == "CMYK" else "PNG")
    data = buffer.getvalue()
    data = data[: len(data) // 2] if mode == "truncated" else data
    kind, content = visitor.call("trajectory", image=data_url(data), steps=1)
    if mode == "truncated":
        assert kind == "error" and "damaged" in content["error"]
    else:
        assert kind == "complete" and content["status"] == "done"


# Row 8: what one request may carry.


@pytest.mark.parametrize(
    "route", ["call/models", "call/v2/trajectory", "queue/join", "component_server", "run/models", "upload"]
)
def test_bodies_beyond_the_limit_are_not_read(visitor: Visitor, route: str) -> None:
    body = b'{"data": ["' + b"x" * (19 << 20) + b'"]}'
    answer = visitor.http.post(f"gradio_api/{route}", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 413

    def pieces() -> Any:
        for _ in range(19):
            yield b" " * (1 << 20)

    try:  # the server may answer and hang up before all is sent
        answer = visitor.http.post(
            f"gradio_api/{route}", content=pieces(), headers={"content-type": "application/json"}
        )
    except httpx.HTTPError:
        return
    assert answer.status_code >= 400


def test_a_file_beyond_the_limit(visitor: Visitor) -> None:
    answer = visitor.http.post("gradio_api/upload", files={"files": ("a.png", bytes((12 << 20) + 1))})
    assert answer.status_code == 413
    assert "12 MB" in refused(visitor, image="data:image/png;base64," + "A" * (MAX_URL + 4))


def test_masks_and_questions_beyond_their_limit_are_refused_at_once(visitor: Visitor) -> None:
    long = "data:image/png;base64," + "A" * (MAX_CHARS + 4)
    begin = time.monotonic()
    answer = visitor.press_run(direction="mask-to-image", painter=long)
    assert answer.status_code in (400, 422) and "larger than" in answer.text
    assert "error" in visitor.ask("painter", "load_mask", "data:image/png;base64," + "A" * 6_000_000).json()
    assert time.monotonic() - begin < 3
    for value in (None, 3, [], {"path": "/etc/passwd", **FILE_DATA}, "file:///etc/passwd"):
        told = visitor.ask("painter", "load_mask", value).json()
        assert set(told) == {"error"} and is_plain(told["error"])


# Row 9: every parameter, abused.


@pytest.mark.parametrize(
    ("name", "values"),
    [("steps", [0, -1, 51, 2.5, 1e9, "NaN", "many", True, [1], {"a": 1}, 10**400]),
     ("beta", [-1, 127, 1e9, "NaN", True, [1]]), ("seed", [-1, 2**31, 2**63, 1.5, None, "x"]),
     ("samples", [0, 9, 1.5, None]), ("model", ["nothing", "../a-posterior", 3, ["a"], {"a": 1}, "x" * 10_000]),
     ("solver", ["rk9", 3, ["euler"], "__class__"]), ("direction", ["detect", 3, {"a": 1}]),
     ("temperature", [-1, 2, "hot", [1], 10**400]), ("mask", ["hello", 3, [1], {"a": 1}, True])],
)  # fmt: skip
def test_every_parameter_abused_is_one_sentence(visitor: Visitor, mask: bytes, name: str, values: list[Any]) -> None:
    fine = {"model": POSTERIOR, "direction": "mask-to-image", "mask": data_url(mask), "steps": 1}
    for value in values:
        told = refused(visitor, **fine | {name: value})
        assert len(told) < 400
    assert visitor.call("trajectory", **fine)[0] == "complete", "and the next run works"


def test_numbers_that_json_does_not_know(visitor: Visitor) -> None:
    for number in ("NaN", "Infinity", "1e999", "9" * 5000):
        body = f'{{"steps": {number}, "image": null}}'
        answer = visitor.http.post(
            "gradio_api/call/v2/trajectory", content=body, headers={"content-type": "application/json"}
        )
        assert "Traceback" not in answer.text
    assert visitor.call("models")[0] == "complete"


# Row 12: other sites may not read answers.


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1.evil.example"])
def test_other_origins_get_no_permission(visitor: Visitor, origin: str) -> None:
    for method, route in (("GET", "config"), ("GET", "gradio_api/info"), ("OPTIONS", "gradio_api/upload")):
        headers = {"origin": origin, "access-control-request-method": "POST"}
        answer = visitor.http.request(method, route, headers=headers)
        assert "access-control-allow-origin" not in answer.headers
    posted = visitor.http.post("gradio_api/call/models", json={"data": []}, headers={"origin": origin})
    assert "access-control-allow-origin" not in posted.headers


# Rows 13 and 18: nothing of the machine or its secrets is told.


def test_descriptions_tell_nothing_of_the_machine(
    site: Any, visitor: Visitor, photo: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_" + SECRET)
    texts = [visitor.http.get(path).text for path in ("", "config", "gradio_api/info", "gradio_api/openapi.json")]
    texts += [json.dumps(list(visitor.events("trajectory", image=data_url(photo), steps=1)))]
    texts += [json.dumps(visitor.call("models"))]
    places = {os.getcwd(), str(Path.home()), str(Path(__file__).parents[2]), os.environ["FLOWDEMO_MODELS"],
              socket.gethostname(), "site-packages", SECRET}  # fmt: skip
    for text in texts:
        assert len(text) > 100 and not [place for place in places if len(place) > 5 and place in text]


@pytest.mark.parametrize(
    "route", ["monitoring", "monitoring/summary", "docs", "redoc", "openapi.json", "gradio_api/runs"]
)
def test_what_is_switched_off_stays_off(visitor: Visitor, route: str) -> None:
    assert visitor.http.get(route).status_code in (403, 404)


def test_errors_inside_tell_nothing(visitor: Visitor, photo: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError(f"{SECRET} in /srv/models/net.py")

    monkeypatch.setattr("flowdemo.ui.runner.Given.picture", broken)
    told = refused(visitor, image=data_url(photo))
    assert SECRET not in told and "/srv" not in told
    answer = visitor.press_run(photo=visitor.upload(photo))
    assert answer.status_code >= 400 and SECRET not in answer.text and "/srv" not in answer.text


def test_questions_to_parts_that_do_not_exist(visitor: Visitor) -> None:
    for body in ({"component_id": 10**6, "fn_name": "frames", "session_hash": "x", "data": []}, {}, [], "x"):
        answer = visitor.http.post("gradio_api/component_server", json=body)
        assert answer.status_code >= 400 and "Traceback" not in answer.text and "site-packages" not in answer.text


# Row 19: leaving closes the run.


def test_a_visitor_who_hangs_up_ends_the_run(site: Any, photo: bytes) -> None:
    visitor, name = Visitor(site.url), None
    painted = {"direction": "mask-to-image", "painter": encode_mask(mask_labels())}
    assert visitor.press_run(**painted, steps=50, samples=8, solver="rk4").status_code == 200
    for message in visitor.messages():
        name = re.search(r'"run"(?:\], |: )"([\w-]+)"', json.dumps(message))
        if name:
            break  # hangs up
    assert name is not None
    record = site.engine.runs.get(name.group(1))
    until = time.monotonic() + 20
    while record.summary is None and time.monotonic() < until:
        time.sleep(0.02)
    assert record.summary is not None and record.summary.status == "stopped"
    assert record.summary.evaluations < 200
    assert Visitor(site.url).call("trajectory", image=data_url(photo), steps=1)[0] == "complete"
