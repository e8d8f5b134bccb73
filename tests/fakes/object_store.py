"""An S3-compatible store on this machine: moto's server, which speaks the API over HTTP."""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

_numbers = itertools.count()


@contextmanager
def s3_server() -> Iterator[str]:
    """The address of a server; skips the test where moto or s3fs is not installed."""
    reason = "pip install 'tracemill[dev]' brings moto's S3 server and s3fs"
    server_module = pytest.importorskip("moto.server", reason=reason)
    pytest.importorskip("s3fs", reason=reason)
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = server_module.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def fresh_bucket(server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The address of a new bucket; the environment is that of somebody who may use it."""
    import boto3

    settings = {
        "AWS_ENDPOINT_URL": server,
        "AWS_ACCESS_KEY_ID": "somebody",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    bucket = f"kept-{next(_numbers)}"
    client: Any = boto3.client("s3")
    client.create_bucket(Bucket=bucket)
    return f"s3://{bucket}"
