"""A drawing model behind the Images API: `images/generations`, and `images/edits` with several references.

Served by OpenAI, and by the OpenAI-compatible servers of open models. All references of a recaption are sent,
in its order: image_1 first.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from catalogs.digests import digest_of
from workers.asking import for_requests
from workers.drawing.interface import DrawingRequest
from workers.endpoint import CLIENTS, Call, Calls, Endpoint, Usage
from workers.endpoint.errors import EndpointBusyError
from workers.endpoint.loop import all_of
from workers.endpoint.replies import decoded, key_of
from workers.meter import count_call
from workers.pictures import sniff
from workers.showing import TAKEN, is_upright, shown

PROTOCOL = "2"
"""Raised when equal requests are put to the server in other words, or its replies are read otherwise."""


class ImagesEndpoint(Endpoint, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An endpoint with a drawing model behind it. The fields below decide answers and are in the revision."""

    model: str
    model_revision: str = ""
    size: str = "1024x1024"
    """Width and height in pixels; the published pipeline draws 1024x1024."""
    references: bool = True
    """Whether to send the references (`images/edits`). The published pipeline does not, although its
    recaptions speak of them."""
    seeded: bool = True
    """Whether the server takes a seed. Where it does not, one call asks for as many pictures as there are
    seeds."""
    extra: dict[str, str | int | float] = {}
    """Further fields as the server has them: ``{steps = 28, guidance = 4.5}``, ``{quality = "high"}``."""

    def __str__(self) -> str:
        return self.model


@dataclass(frozen=True)
class ImagesApi:
    """A `Drawer`, and its own handle: small and picklable."""

    settings: ImagesEndpoint
    calls: Calls

    @property
    def name(self) -> str:
        return self.settings.model

    @property
    def revision(self) -> str:
        """Protocol, model revision, size and steps; not where the server is."""
        own = {name: getattr(self.settings, name) for name in ImagesEndpoint.__struct_fields__}
        where = set(Endpoint.__struct_fields__)
        return digest_of([PROTOCOL, {name: value for name, value in own.items() if name not in where}])[:12]

    @property
    def draws_from_text(self) -> bool:
        """True: `images/generations` takes no pictures."""
        return True

    @property
    def slots(self) -> int:
        """Calls that the endpoint takes at once."""
        return self.settings.slots

    def load(self) -> ImagesApi:
        """Itself; raises `EndpointSetupError` where its key is not set."""
        if not self.calls.replay:
            key_of(self.settings)
        return self

    def draw(self, requests: Sequence[DrawingRequest]) -> list[bytes]:
        """One picture a request, in order. Raises `EndpointError` where a call does."""
        groups = self._groups(requests)
        client = CLIENTS.of(self.settings, self.calls)

        async def one_of_them(numbers: Sequence[int]) -> bytes:
            with for_requests(*numbers):
                async with client.room:
                    return (await client.call(self._call(requests[numbers[0]], len(numbers)))).reply

        replies = CLIENTS.result_of(all_of(one_of_them(numbers) for numbers in groups))
        drawn: dict[int, bytes] = {}
        for numbers, reply in zip(groups, replies, strict=True):
            count_call(len(numbers))
            drawn.update(zip(numbers, _pictures(reply), strict=True))
        return [drawn[number] for number in range(len(requests))]

    def _groups(self, requests: Sequence[DrawingRequest]) -> list[list[int]]:
        """Requests that one call answers: each by itself, or all that differ in their seed alone."""
        groups: dict[Any, list[int]] = {}
        for number, request in enumerate(requests):
            seed = request.seed if self.settings.seeded else None
            groups.setdefault((request.recaption, request.references, seed), []).append(number)
        return list(groups.values())

    def _call(self, request: DrawingRequest, n: int) -> Call:
        settings = self.settings
        fields: dict[str, Any] = {
            "model": settings.model,
            "prompt": request.recaption,
            "n": n,
            "size": settings.size,
            **({"seed": request.seed} if settings.seeded else {}),
            **settings.extra,
        }

        def used(reply: bytes) -> Usage:
            counted, made = decoded(reply, _Images).usage or _Counted(), len(_pictures(reply))
            usage = Usage(counted.input_tokens or 0, counted.output_tokens or 0, made)
            if made != n:
                raise EndpointBusyError(f"{made} pictures came where {n} were asked for", used=usage)
            return usage

        if not (settings.references and request.references):
            return Call(
                kind="image",
                path="images/generations",
                model=settings.model,
                weights=settings.model_revision,
                json=fields,
                check=used,
            )
        references = [_taken(data) for data in request.references]
        return Call(
            kind="image",
            path="images/edits",
            model=settings.model,
            weights=settings.model_revision,
            form={name: str(value) for name, value in fields.items()},
            files=tuple(("image[]", sniff(data), data) for data in references),
            check=used,
        )


def _taken(reference: bytes) -> bytes:
    """Itself, or encoded anew where its format is one that the interface refuses (GIF, BMP), or where it was
    taken with the camera on its side: not every server reads the tag that says so."""
    return reference if sniff(reference) in TAKEN and is_upright(reference) else shown(reference)


class _Image(msgspec.Struct):
    b64_json: str


class _Counted(msgspec.Struct):
    input_tokens: int | None = None
    output_tokens: int | None = None


class _Images(msgspec.Struct):
    data: Annotated[list[_Image], Meta(min_length=1)]
    usage: _Counted | None = None


def _pictures(reply: bytes) -> list[bytes]:
    """The encoded pictures of a reply; raises `EndpointBusyError` for what is none."""
    try:
        pictures = [base64.b64decode(one.b64_json, validate=True) for one in decoded(reply, _Images).data]
    except (binascii.Error, ValueError) as error:
        raise EndpointBusyError(f"a picture is not in base64: {error}") from error
    if not all(sniff(picture).startswith("image/") for picture in pictures):
        raise EndpointBusyError("a reply holds something that is no picture")
    return pictures
