"""What each interface answers: made up by rules from the request, and the same for the same request."""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

import msgspec
from PIL import Image

from catalogs.digests import digest
from catalogs.trajectory import parse_reply
from tests.fakes.http import Reply, Request
from tests.fakes.teacher import mischievous, said

PAGES = {
    "en": "The {word} is a large thing of its own kind. It has a round body with stripes on its sides.",
    "es": "El {word} es una cosa grande de su propia especie. Tiene un cuerpo redondo con rayas a los lados.",
}
MAXLAG = Reply.of({"error": {"code": "maxlag", "info": "Waiting for a database", "lag": 0.01}})
"""What a wiki answers, with status 200, while its replicas lag behind."""

MORE = {"en": "It lives far from the sea.", "es": "Vive lejos del mar."}


def chat(request: Request, fake: Any) -> Reply:
    """OpenAI's chat completions, with native tool calls where the request brings tools."""
    body = msgspec.json.decode(request.body)
    fake.heard.append(body)
    text = fake.script(body)
    if text is None:
        text = said(body["messages"])
    wrong = fake.faults.of_model(request.identity)
    if wrong:
        text = mischievous(wrong, text, body["messages"])
    message: dict[str, Any] = {"role": "assistant", "content": text}
    parsed = parse_reply(text)
    if "tools" in body and parsed.tool_call:
        arguments = msgspec.json.encode(parsed.tool_call.arguments).decode()
        function = {"name": parsed.tool_call.name, "arguments": arguments}
        message = {
            "role": "assistant",
            "content": parsed.think,
            "tool_calls": [{"id": "call_1", "type": "function", "function": function}],
        }
    asked = sum(len(str(one["content"])) for one in body["messages"])
    return Reply.of(
        {
            "id": f"chatcmpl-{digest(request.body)[:12]}",
            "object": "chat.completion",
            "created": 0,
            "model": body["model"],
            "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
            "usage": {"prompt_tokens": asked // 4, "completion_tokens": len(text) // 4},
        }
    )


def generations(request: Request, fake: Any) -> Reply:
    """The Images API without references."""
    body = msgspec.json.decode(request.body)
    fake.heard.append(body)
    return _images(fake, body["prompt"], [], str(body.get("seed")), int(body.get("n", 1)))


def edits(request: Request, fake: Any) -> Reply:
    """The Images API with references, as a multipart form."""
    fields, files = form_of(request)
    fake.heard.append({**fields, "files": files})
    shown = [content for _, content in files]
    return _images(fake, fields["prompt"], shown, str(fields.get("seed")), int(fields.get("n", "1")))


def form_of(request: Request) -> tuple[dict[str, str], list[tuple[str, bytes]]]:
    """Fields, and (name, content) of files, of a multipart body."""
    boundary = request.headers["content-type"].partition("boundary=")[2].strip('"').encode()
    fields: dict[str, str] = {}
    files: list[tuple[str, bytes]] = []
    for part in request.body.split(b"--" + boundary)[1:-1]:
        head, _, content = part.strip(b"\r\n").partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0].decode()
        if b"filename=" in head:
            files.append((name, content))
        else:
            fields[name] = content.decode()
    return fields, files


def _images(fake: Any, prompt: str, references: list[bytes], seed: str, n: int) -> Reply:
    drawn = [
        fake.painter(prompt, references, seed) or png(f"{prompt}/{seed}/{number}") for number in range(n)
    ]
    pictures = [base64.b64encode(picture).decode() for picture in drawn]
    return Reply.of({"created": 0, "data": [{"b64_json": picture} for picture in pictures]})


@lru_cache(maxsize=64)
def png(what: str, side: int = 256) -> bytes:
    """A small picture that depends on some words."""
    shade = tuple(bytes.fromhex(digest(what))[:3])
    image = Image.new("RGB", (side, side), shade)
    image.paste((255 - shade[0], shade[1], shade[2]), (side // 4, side // 4, side // 2, side // 2))
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def text_search(request: Request, fake: Any) -> Reply:
    """Serper's search."""
    body = msgspec.json.decode(request.body)
    fake.heard.append(body)
    word = body["q"].strip()
    rows = [
        {
            "title": word if number == 0 else f"{word} ({number})",
            "link": f"{fake.address}/pages/{body['hl']}/{number}/{quote(word)}",
            "snippet": _about(word, body["hl"]),
            "position": number + 1,
        }
        for number in range(min(int(body["num"]), 3))
    ]
    return Reply.of({"searchParameters": body, "organic": rows})


def image_search(request: Request, fake: Any) -> Reply:
    """Serper's images."""
    body = msgspec.json.decode(request.body)
    fake.heard.append(body)
    stem = digest(body["q"])[:8]
    rows = [
        {
            "title": f"{body['q']} - pictures",
            "imageUrl": f"{fake.address}/pictures/{stem}-{number}.png",
            "link": f"{fake.address}/pages/{stem}",
            "source": "Fake",
            "position": number + 1,
        }
        for number in range(int(body["num"]))
    ]
    return Reply.of({"searchParameters": body, "images": rows})


def reader(request: Request, fake: Any) -> Reply:
    """Jina's reader."""
    body = msgspec.json.decode(request.body)
    fake.heard.append(body)
    language, _, word = body["url"].split("/")[-3:]
    content = f"{_about(unquote(word), language)} {MORE.get(language, MORE['en'])}"
    return Reply.of({"code": 200, "data": {"title": "A page", "url": body["url"], "content": content}})


def mediawiki(request: Request, fake: Any) -> Reply:
    """MediaWiki's search generator with extracts."""
    fake.heard.append(request.query)
    if fake.lagging:
        fake.lagging -= 1
        return MAXLAG
    if "titles" in request.query:
        return _article(request.query["titles"])
    word = request.query["gsrsearch"]
    pages = [
        {
            "pageid": number + 7,
            "index": number + 1,
            "title": word if number == 0 else f"{word} ({number})",
            "extract": _about(word, "en"),
            "lastrevid": 100 + number,
            "fullurl": f"https://en.wikipedia.org/?curid={number + 7}",
        }
        for number in range(min(int(request.query["gsrlimit"]), 3))
    ]
    return Reply.of({"batchcomplete": True, "query": {"pages": pages}})


def _article(title: str) -> Reply:
    """A whole article of MediaWiki, or that there is none."""
    page: dict[str, Any] = {"title": title, "missing": True}
    if not title.startswith("Gone"):
        extract = f"{_about(title, 'en')}\n\n{MORE['en']}"
        page = {"title": title, "extract": extract, "lastrevid": 100, "fullurl": f"https://wiki/{title}"}
    return Reply.of({"batchcomplete": True, "query": {"pages": [page]}})


def moved(_: Request, fake: Any) -> Reply:
    """An interface that has gone elsewhere."""
    return Reply(b"", "text/plain", 307, {"Location": f"{fake.address}/v1/chat/completions"})


def picture(request: Request, fake: Any) -> Reply:
    if not request.path.startswith("/pictures/"):
        return Reply(b"no such page", "text/plain", 404)
    return Reply(png(request.path), "image/png")


def _about(word: str, language: str) -> str:
    return PAGES.get(language, PAGES["en"]).format(word=word)
