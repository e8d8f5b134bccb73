"""What goes wrong with a store: whether trying again may help, and in one line what to do about it."""

from __future__ import annotations

import errno
from functools import lru_cache
from importlib import import_module

from catalogs.errors import StoreError

_PASSING = {
    errno.EBUSY,
    errno.EREMOTEIO,
    errno.ETIMEDOUT,
    errno.EAGAIN,
    errno.ENETUNREACH,
    errno.EHOSTUNREACH,
}
"""s3fs tells a server's 500 as EREMOTEIO, and 503 and "slow down" as EBUSY."""

_CLIENTS = {
    "botocore.exceptions": ("HTTPClientError", "ConnectionError", "IncompleteReadError"),
    "aiohttp": ("ClientConnectionError", "ClientPayloadError"),
}
"""Errors of the libraries below fsspec that speak of the connection alone."""

_CREDENTIALS = {"botocore.exceptions": ("NoCredentialsError", "PartialCredentialsError", "NoAuthTokenError")}


def is_transient(error: BaseException) -> bool:
    """Whether the same request may well succeed in a moment."""
    if isinstance(error, (ConnectionError, TimeoutError, *_types("connection"))):
        return True
    return isinstance(error, OSError) and error.errno in _PASSING


def refusal(url: str, name: str, error: Exception) -> StoreError:
    """The error to raise for what a store's client raised while it was asked for an object."""
    address = f"{url}/{name}" if name else url
    said = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, FileNotFoundError):
        return StoreError(
            f"there is no {address} ({said}): check the address, and make the bucket first if it is that "
            "which is missing"
        )
    if isinstance(error, _types("credentials")):
        return StoreError(
            f"{address}: no credentials ({said}): set AWS_ACCESS_KEY_ID and "
            "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE"
        )
    if isinstance(error, PermissionError):
        return StoreError(
            f"{address}: not permitted ({said}): check the credentials, and that they may list, read, write "
            "and delete there"
        )
    if is_transient(error):
        return StoreError(
            f"{address} cannot be reached ({said}): check the network and the server's address (for S3: "
            "AWS_ENDPOINT_URL), then give the same command again; it goes on where it was"
        )
    return StoreError(f"{address}: the store refuses ({type(error).__name__}: {said})")


@lru_cache
def _types(what: str) -> tuple[type[BaseException], ...]:
    """Classes of the libraries that are installed."""
    found: list[type[BaseException]] = []
    for module, names in (_CLIENTS if what == "connection" else _CREDENTIALS).items():
        try:
            found += [getattr(import_module(module), name) for name in names]
        except ImportError:
            continue
    return tuple(found)
