"""Fetching over HTTP, politely and safely: what everything in this room uses that touches the network."""

from sources.fetching.client import Fetcher
from sources.fetching.failures import FAILURES, AddressError
from sources.fetching.seen import Seen, SeenLog
from sources.fetching.settings import FetchSettings
from sources.fetching.web import ApiError, Web

__all__ = ["FAILURES", "AddressError", "ApiError", "FetchSettings", "Fetcher", "Seen", "SeenLog", "Web"]
