"""As much of HTTP/1.1 as clients of JSON interfaces use, written by hand so that it can be broken by hand."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

import msgspec

HTML = b"<!doctype html><html><body><h1>Service under maintenance</h1></body></html>"


@dataclass(frozen=True)
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    fields: tuple[tuple[str, str], ...] = ()
    """Of the query, in order: one may come several times."""

    @property
    def identity(self) -> bytes:
        """What a fault is chosen by."""
        boundary = self.headers.get("content-type", "").partition("boundary=")[2].encode()
        body = self.body.replace(boundary, b"") if boundary else self.body
        return f"{self.method} {self.path} {sorted(self.fields or self.query.items())}\n".encode() + body


@dataclass(frozen=True)
class Reply:
    body: bytes
    media_type: str = "application/json"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, document: object, status: int = 200) -> Reply:
        return cls(msgspec.json.encode(document), status=status)

    def head(self, length: int | None) -> bytes:
        """Status line and headers; without a length the body is sent in chunks."""
        size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
        more = "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        return f"HTTP/1.1 {self.status} -\r\nContent-Type: {self.media_type}\r\n{size}\r\n{more}\r\n".encode()


REFUSAL = Reply.of(
    {
        "error": {
            "message": "Your request was rejected by the safety system.",
            "type": "invalid_request_error",
            "code": "content_policy_violation",
        },
        "usage": {"prompt_tokens": 40, "completion_tokens": 0},
    },
    400,
)
"""What OpenAI says to a request that goes against its policy, and what a gateway may add of its cost."""


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request of a connection; None when the client has closed it."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    first, *lines = head.decode("latin-1").split("\r\n")
    method, target, _ = first.split(" ", 2)
    headers = {
        name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines if line)
    }
    body = await reader.readexactly(int(headers.get("content-length", 0)))
    parts = urlsplit(target)
    fields = tuple(parse_qsl(parts.query))
    return Request(method, parts.path, dict(fields), headers, body, fields)


async def send(writer: asyncio.StreamWriter, reply: Reply) -> None:
    writer.write(reply.head(len(reply.body)) + reply.body)
    await writer.drain()


async def send_broken(writer: asyncio.StreamWriter, reply: Reply, fault: str, retry_after: str) -> bool:
    """Answer with a fault; True where the connection can still be used."""
    if fault == "429":
        problem = {"error": {"message": "Rate limit reached", "code": "rate_limit_exceeded"}}
        await send(
            writer, Reply(msgspec.json.encode(problem), status=429, headers={"Retry-After": retry_after})
        )
    elif fault == "500":
        await send(writer, Reply.of({"error": {"message": "The server had an error"}}, 500))
    elif fault == "html":
        await send(writer, Reply(HTML, "text/html"))
    elif fault == "half":
        writer.write(reply.head(len(reply.body)) + reply.body[: len(reply.body) // 2])
        await writer.drain()
    elif fault == "trickle":
        writer.write(reply.head(None))
        while not writer.transport.is_closing():
            writer.write(b"1\r\n \r\n")
            await writer.drain()
            await asyncio.sleep(0.05)
    return fault in ("429", "500", "html")  # after the others, and after "cut", the connection is closed
