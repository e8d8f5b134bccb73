"""Where a request may go: public addresses by http or https, and private ones whose host is allowed by name.

Three gates, because each can be got round alone: the address as written, what its host resolves to, and the
address that a socket is opened to. A name is resolved once and the connection made to what was checked, so
that a name server with two answers gains nothing. Redirects pass the same gates.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from sources.fetching.failures import AddressError

Resolve = Callable[[str], Awaitable[list[str]]]
"""A host name -> its addresses; raises OSError."""

_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
"""NAT64 (RFC 6052): the last 32 bits are an IPv4 address."""

_SPECIAL = tuple(map(ipaddress.ip_network, ("192.0.0.0/24", "64:ff9b:1::/48", "3fff::/20")))
"""Blocks that Python 3.11 takes for public, and IANA's registries of special-purpose addresses do not:
protocol assignments (RFC 6890), translation inside one network (RFC 8215), documentation (RFC 9637)."""


def is_public(address: str) -> bool:
    """Whether an IP address can belong to the public internet, whatever IPv4 address an IPv6 one hides."""
    try:
        ip = ipaddress.ip_address(address.split("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip in _TRANSLATED:
            return is_public(str(ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)))
        hidden = [ip.ipv4_mapped, ip.sixtofour, *(ip.teredo or ())]
        if any(one is not None and not is_public(str(one)) for one in hidden):
            return False
        if ip.is_site_local or int(ip) >> 32 == 0:  # deprecated ranges that still reach local hosts
            return False
    is_special = any(ip in network for network in _SPECIAL)
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not is_special


async def system_resolve(host: str) -> list[str]:
    """What the system says, in its order, IPv4 and IPv6."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


class Guard(AbstractResolver):
    """The three gates of one client."""

    def __init__(self, allowed_hosts: tuple[str, ...], resolve: Resolve = system_resolve) -> None:
        self._allowed = frozenset(host.lower().strip("[]") for host in allowed_hosts)
        self._resolve = resolve
        self._let: set[str] = set()
        """Private addresses of allowed hosts."""

    def allows(self, host: str) -> bool:
        """Whether a host is allowed by name."""
        return host.lower() in self._allowed

    def check_url(self, url: str) -> URL:
        """The address as it will be asked for; raises `AddressError`.

        One parser says where it leads, which rules hold for it and what is sent: two would differ somewhere.
        """
        try:
            url.encode()  # the parser passes over halves of characters, and asks for something else
            parts = URL(url)
            host, port = parts.raw_host, parts.port
        except ValueError as error:
            raise AddressError("bad-address", f"{_shown(url)}: {_shown(str(error))}") from None
        if parts.scheme not in ("http", "https") or not host or port == 0:
            raise AddressError("bad-address", _shown(url))
        if parts.user is not None or parts.password is not None:
            raise AddressError("bad-address", f"a name or password stands in the address of {host}")
        if host in self._allowed:
            self._let.add(host)
        elif _is_numeric(host) and not is_public(host):
            raise AddressError("private-address", host)
        return parts

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """What aiohttp connects to; one private address among several refuses the host."""
        addresses = await self._resolve(host)
        private = [address for address in addresses if not is_public(address)]
        if private and not self.allows(host):
            raise AddressError("private-address", f"{host} resolves to {private[0]}")
        self._let.update(private)
        return [_result(host, address, port) for address in addresses]

    def open_socket(self, info: tuple[Any, ...]) -> socket.socket:
        """The last gate: `info` is what is about to be connected to."""
        family, kind, proto, _, address = info
        if address[0] not in self._let and not is_public(address[0]):
            raise AddressError("private-address", str(address[0]))
        return socket.socket(family, kind, proto)

    async def close(self) -> None:
        """Nothing to close."""


def _shown(text: str) -> str:
    return text[:200].encode("ascii", "backslashreplace").decode()


def _is_numeric(host: str) -> bool:
    """Addresses in the usual form; others that the system reads as numbers (``127.1``) fail when resolved."""
    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return True


def _result(host: str, address: str, port: int) -> ResolveResult:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    flags = socket.AI_NUMERICHOST | socket.AI_NUMERICSERV
    return ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=flags)
