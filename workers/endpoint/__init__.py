"""Models behind HTTP: one client an endpoint, a journal of finished calls, limits, and a budget."""

from workers.endpoint.budget import Budget
from workers.endpoint.client import Client
from workers.endpoint.clients import CLIENTS, Clients
from workers.endpoint.journal import Journal
from workers.endpoint.settings import Call, Calls, Endpoint, Usage

__all__ = ["CLIENTS", "Budget", "Call", "Calls", "Client", "Clients", "Endpoint", "Journal", "Usage"]
