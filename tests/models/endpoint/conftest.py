"""A server on loopback, and completers that don't wait long for it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Protocol

import pytest

from codeassistd.models.endpoint.completer import EndpointCompleter
from codeassistd.models.endpoint.policy import EndpointPolicy, EndpointRequest

from .api_server import ApiServer

POLICY = EndpointPolicy(connect_seconds=5, first_seconds=20, silence_seconds=20, first_wait=0.01)


class MakeEndpoint(Protocol):
    def __call__(self, policy: EndpointPolicy = ..., **fields: Any) -> EndpointCompleter: ...


@pytest.fixture(autouse=True)
def _no_proxy_of_the_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in list(os.environ):
        if variable.lower().endswith("_proxy"):
            monkeypatch.delenv(variable)


@pytest.fixture
def api() -> Iterator[ApiServer]:
    server = ApiServer()
    yield server
    server.close()


@pytest.fixture
def make_endpoint(api: ApiServer) -> Iterator[MakeEndpoint]:
    made: list[EndpointCompleter] = []

    def make(policy: EndpointPolicy = POLICY, **fields: Any) -> EndpointCompleter:
        request = replace(EndpointRequest(api.url, "small-coder"), **fields)
        made.append(EndpointCompleter(request, policy))
        return made[-1]

    yield make
    for completer in made:
        completer.close()
