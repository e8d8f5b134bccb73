"""Which addresses are on the public internet."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.fetching.failures import AddressError
from sources.fetching.safety import Guard, is_public


@pytest.mark.parametrize("address", ["93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822"])
def test_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "0.0.0.0",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "fe80::1%eth0",
        "fc00::1",
        "fec0::1",
        "ff02::1",
        "2002:7f00:1::",
        "64:ff9b::7f00:1",
        "64:ff9b:1::808:808",
        "192.0.0.8",
        "3fff::1",
        "not an address",
    ],
)
def test_not_public(address: str) -> None:
    assert not is_public(address)


@given(st.ip_addresses(v=4, network="10.0.0.0/8"))
def test_no_ipv6_form_hides_a_private_address(address: object) -> None:
    assert not is_public(f"::ffff:{address}")
    assert not is_public(f"64:ff9b::{address}")


def test_a_socket_is_opened_to_nothing_that_was_not_checked() -> None:
    """Whatever a name resolved to before: what counts is where the connection goes."""
    guard = Guard(())
    with pytest.raises(AddressError, match="private-address"):
        guard.open_socket((2, 1, 6, "", ("127.0.0.1", 80)))


def test_a_host_that_is_allowed_by_name_lets_no_other_in() -> None:
    async def inside(host: str) -> list[str]:
        return ["10.0.0.8"]

    async def work() -> None:
        guard = Guard(("images.internal",), inside)
        assert (await guard.resolve("images.internal", 80))[0]["host"] == "10.0.0.8"
        with pytest.raises(AddressError, match="private-address"):
            await guard.resolve("elsewhere.test", 80)
        with pytest.raises(AddressError, match="private-address"):
            guard.check_url("http://10.0.0.8/")

    asyncio.run(work())
