"""How fetching behaves: limits of one answer, politeness towards one host, and who is asking."""

from __future__ import annotations

import os
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

TOKEN = "tracemill"
"""Product token, by which robots.txt may name us."""

CONTACT = "TRACEMILL_CONTACT"
"""Environment variable with an address or page where the owner of a server can reach whoever runs this."""

Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]


class HostLimits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What one host has agreed to, or asks for: ``[[fetching.hosts]]`` of a profile."""

    name: str
    """As in an address, with the port where it is not the usual one: ``upload.wikimedia.org``."""
    at_once: Positive = 1
    """Requests in flight."""
    requests_per_second: Annotated[float, Meta(ge=0)] = 0.0
    """Evenly spaced; 0 for no limit."""


class FetchSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits and manners: ``[fetching]`` of a profile. Nothing here changes what an address answers, so
    nothing of it is in a revision."""

    contact: str = ""
    """Mail address or page of whoever runs this; empty takes it from `CONTACT`."""
    allowed_hosts: tuple[str, ...] = ()
    """Host names (or addresses, as written in a URL) that may lie on a private network."""
    connections: Positive = 64
    """Open at once, over all hosts."""
    per_host: Positive = 2
    """Requests in flight to one host; interfaces have `per_api`."""
    per_api: Positive = 1
    """The same of an interface for programs: one after the other, as Wikimedia's API etiquette asks."""
    requests_per_second: Annotated[float, Meta(ge=0)] = 0.0
    """To one host, evenly spaced; 0 for no limit."""
    hosts: tuple[HostLimits, ...] = ()
    """Hosts with limits of their own, which hold instead of the three above."""
    robots: Literal["honour", "ignore-on-allowed-hosts"] = "honour"
    """Whether robots.txt and opt-out headers of `allowed_hosts`, which are one's own, are passed over. Those
    of strangers are always honoured."""
    most_bytes: Positive = 32 * 2**20
    """Of a body, as sent and unpacked. A 24-megapixel JPEG of best quality has about 20 MiB."""
    most_pixels: Positive = 1024**3 // 4 // 3
    """89,478,485: Pillow's MAX_IMAGE_PIXELS; what hygiene calls a bomb."""
    most_redirects: Positive = 5
    """RFC 9309, section 2.3.1.2, asks for five at least on the way to a robots.txt."""
    seconds: Seconds = 30.0
    """Until an answer must be whole, redirects included, waiting for the host's turn left out. The published
    pipeline takes 30 s a picture."""
    api_seconds: Seconds = 70.0
    """The same of an interface. 60 s is the Wikidata query service's own limit of a query."""
    babelnet_daily: Positive = 1000
    """Requests a day that the BabelNet key is granted: 1,000 for whoever registers, more for a project that
    BabelNet has agreed to."""
    tries: Positive = 4
    """Of an address in one run, the first included; as many as the published pipeline makes."""
    back_off: Seconds = 0.5
    """The wait before the second try is drawn from 0 to this; each further range is twice as long."""

    @property
    def user_agent(self) -> str:
        """Product, contact and purpose, in the form that Wikimedia's user-agent policy asks for."""
        contact = self.contact or os.environ.get(CONTACT, "")
        about = "; ".join(part for part in (contact, "training data for image generation") if part)
        return f"{TOKEN}/0.1 ({about})"


DEFAULTS = FetchSettings()


def of_apis(settings: FetchSettings) -> FetchSettings:
    """The same for interfaces: fewer requests at once, and patience with slow queries."""
    return msgspec.structs.replace(settings, per_host=settings.per_api, seconds=settings.api_seconds)


def limits_of(settings: FetchSettings, host: str) -> HostLimits:
    """What holds for a host."""
    general = HostLimits(
        name=host, at_once=settings.per_host, requests_per_second=settings.requests_per_second
    )
    return next((one for one in settings.hosts if one.name.lower() == host), general)
