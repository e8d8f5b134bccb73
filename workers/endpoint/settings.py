"""What a profile says of an endpoint, and what one call consists of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from catalogs.digests import digest_of, sha256
from workers.endpoint.budget import Budget

UNLIMITED = Budget()
NotNegative = Annotated[float, Meta(ge=0)]


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to call, how often, and what a call costs. Nothing here changes an answer, so nothing of it is in
    a revision."""

    base_url: str
    """With the version where the API has one: ``http://localhost:8000/v1``."""
    key_env: str = ""
    """Name of the environment variable that holds the key; empty where none is needed."""
    key_header: str = "Authorization"
    """Header that carries the key: as ``Bearer <key>`` in Authorization, bare in any other."""
    slots: Annotated[int, Meta(ge=1)] = 16
    """Calls in flight at once."""
    requests_per_second: NotNegative = 0.0
    """0 for no limit; so for the next two."""
    requests_per_minute: NotNegative = 0.0
    tokens_per_minute: NotNegative = 0.0
    timeout: Annotated[float, Meta(gt=0)] = 180.0
    """Seconds until a try must be answered whole, however slowly the answer trickles in. A long answer of
    4,096 tokens at 25 tokens/s takes 164."""
    tries: Annotated[int, Meta(ge=1)] = 6
    """Of one call, the first included. Where one call in five fails, one record of ten calls in 1,500 fails
    (10 x 0.2^6); the published pipeline tries 4 times."""
    breaker: bool = True
    """Whether failures in a row pause all calls. Not for the open web, where each host fails for itself."""
    price_in: NotNegative = 0.0
    """Money for a million tokens of questions, in whatever currency the budget is in."""
    price_out: NotNegative = 0.0
    """The same for answers."""
    price_call: NotNegative = 0.0
    """Money for a call (a search) or a picture."""
    price_refusal: NotNegative = 0.0
    """Money for a call that is refused for what it holds, beside what the refusal says that it used. Most ask
    for none; xAI has announced a fee of 0.05 dollars for each."""


class Usage(msgspec.Struct, frozen=True):
    """What a call used: tokens as the server counted them, things that cost `Endpoint.price_call`, and
    refusals."""

    tokens_in: int = 0
    tokens_out: int = 0
    items: int = 0
    refusals: int = 0

    def micros(self, endpoint: Endpoint) -> int:
        """Money in millionths of the profile's currency."""
        tokens = self.tokens_in * endpoint.price_in + self.tokens_out * endpoint.price_out
        each = self.items * endpoint.price_call + self.refusals * endpoint.price_refusal
        return round(tokens + each * 1e6)


def nothing_used(_reply: bytes) -> Usage:
    """For replies of which any is as good as another."""
    return Usage()


@dataclass(frozen=True, kw_only=True)
class Call:
    """One request. What is in `digest` decides the answer; the rest decides how it is sent."""

    kind: str
    """``chat``, ``image``, ``search``, ``search-images``, ``read``, ``fetch``."""
    path: str
    """Below the base URL, or a whole address."""
    model: str = ""
    weights: str = ""
    """Revision of the model, where it is known: a server may have others under the same name next month."""
    method: str = "POST"
    json: dict[str, Any] | None = None
    named: dict[str, Any] | None = None
    """`json` with names in place of the pictures in it: `digest` goes by these, whatever encodes them."""
    form: dict[str, str] | None = None
    """Fields of a query string (GET) or of a multipart form (POST, with `files`)."""
    files: tuple[tuple[str, str, bytes], ...] = ()
    """(field, media type, content), in order."""
    tokens: int = 0
    """Estimate of question and answer, for the limit of tokens a minute."""
    check: Callable[[bytes], Usage] = nothing_used
    """Reads what a reply used; raises `EndpointBusyError` for a reply that breaks the protocol."""

    @cached_property
    def digest(self) -> bytes:
        """16 bytes over kind, model and body."""
        files = [(name, kind, sha256(data)) for name, kind, data in self.files]
        model = f"{self.model}@{self.weights}" if self.weights else self.model
        return bytes.fromhex(
            digest_of([self.kind, model, self.path, self.named or self.json, self.form, files])
        )

    @cached_property
    def body(self) -> bytes:
        """`json` as it is sent."""
        return msgspec.json.encode(self.json)

    def prepared(self) -> Call:
        """Itself, with digest and body at hand: with pictures in it they take milliseconds, which the loop
        does not have."""
        _ = self.digest, self.body
        return self


@dataclass(frozen=True)
class Calls:
    """Where finished calls are kept, and how much they may cost."""

    folder: str
    """Folder of journals; several processes may write into it, each its own file."""
    replay: bool = False
    """Answer from the journal alone; the network stays closed."""
    budget: Budget = UNLIMITED
