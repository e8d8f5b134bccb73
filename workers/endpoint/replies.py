"""What a status line and a body say: an answer, a reason to try again, or a reason to stop."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

import aiohttp
import msgspec

from workers.endpoint.endings import SHOWN, refusal_of
from workers.endpoint.errors import EndpointBusyError, EndpointRefusedError, EndpointSetupError
from workers.endpoint.settings import Endpoint

T = TypeVar("T")

LARGEST = 64 * 2**20
"""Bytes of a reply: four pictures of 2048 x 2048 as PNG in base64 are about 40 MiB."""

_AGAIN = frozenset({408, 409, 425, 429})
"""Statuses below 500 that another try may mend: time-out, conflict, too early, too many requests."""

_NEVER = {
    401: "the key is missing or refused: set the variable that the profile names in key_env",
    402: "payment is required: look at the account",
    403: "the key may not do this: look at the account's rights and at the model's name",
    404: "there is no such model or address: look at model and base_url in the profile",
    405: "this address takes no such call: look at base_url in the profile",
    **dict.fromkeys((301, 302, 307, 308), "it has moved: write its new address into base_url in the profile"),
}
"""Statuses of an endpoint that will answer no other call either, with what to do."""

_TOLD = {
    "insufficient_quota": 402,
    "billing_hard_limit_reached": 402,
    "credit balance is too low": 402,
    "reached your specified API usage limits": 402,
    "API key not valid": 401,
}
"""Words -> what they mean, whatever the status: OpenAI tells a used-up quota by 429 and a limit of one's own
by 400, Anthropic both an empty account and a limit by 400, Gemini a wrong key by 400."""

_SEARCHED = 4096
"""Bytes of a refusal in which these words are looked for: a message may be long."""

_FLAGGED = "flagged_input"
"""Word by which OpenRouter's moderation refuses one request, with the status of a key without rights."""


@dataclass(frozen=True)
class Answer:
    """What a server said, whole."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def key_of(endpoint: Endpoint) -> str:
    """The key, from the environment, without the line end of the file that it came from; raises
    `EndpointSetupError` where there is none, or one that no header can carry."""
    if not endpoint.key_env:
        return ""
    key = os.environ.get(endpoint.key_env, "").strip()
    if not (key.isascii() and key.isprintable()):
        raise EndpointSetupError(
            f"the environment variable {endpoint.key_env} holds characters that are in no key: set it again"
        )
    if not key:
        raise EndpointSetupError(
            f"{endpoint.base_url} needs a key, and the environment variable {endpoint.key_env} is not set: "
            "export it"
        )
    return key


def headers_of(endpoint: Endpoint) -> dict[str, str]:
    """The header that carries the key, where there is one."""
    key = key_of(endpoint)
    if not key:
        return {}
    return {endpoint.key_header: f"Bearer {key}" if endpoint.key_header == "Authorization" else key}


async def read_body(response: aiohttp.ClientResponse) -> bytes:
    """The whole body; raises `EndpointRefusedError` beyond `LARGEST` bytes."""
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > LARGEST:
            raise EndpointRefusedError(f"an answer of more than {LARGEST >> 20} MiB", 413)
        parts.append(part)
    return b"".join(parts)


def check_status(answer: Answer, endpoint: Endpoint, *, own: bool) -> None:
    """Raise what a status means. `own` is False for what a search found: each refuses for itself."""
    status = answer.status
    if 200 <= status < 300:
        return
    said = answer.body[:SHOWN].decode("utf-8", "replace")
    start = answer.body[:_SEARCHED]
    meaning = next((told for words, told in _TOLD.items() if words.encode() in start), status)
    if own and meaning in _NEVER and not _is_flagged(answer):
        raise EndpointSetupError(f"{endpoint.base_url} answers {status}: {_NEVER[meaning]}. It said: {said}")
    if status >= 500 or status in _AGAIN:
        after = retry_after(answer.headers.get("Retry-After", ""))
        raise EndpointBusyError(f"status {status}: {said}", after, broken=status >= 500)
    raise refusal_of(status, answer.body)


def _is_flagged(answer: Answer) -> bool:
    return answer.status == 403 and _FLAGGED.encode() in answer.body


def retry_after(header: str) -> float | None:
    """Seconds from a Retry-After header: a number, or a date (RFC 9110, section 10.2.3)."""
    try:
        return max(0.0, float(header))
    except ValueError:
        pass
    try:
        return max(0.0, (parsedate_to_datetime(header) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError):
        return None


def decoded(body: bytes, expected: type[T]) -> T:
    """A reply as the protocol has it; raises `EndpointBusyError` for half a reply, or a page of HTML."""
    try:
        return msgspec.json.decode(body, type=expected)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EndpointBusyError(f"not an answer of this protocol ({error}): {body[:80]!r}") from error
