from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from codeassistd.daemon.process.rendezvous import Rendezvous, Transport, find_rendezvous
from codeassistd.daemon.process.stopping import stop_daemon

ECHO = Path(__file__).parent / "echo_daemon.py"

Command = Callable[..., list[str]]


@pytest.fixture(params=["unix", "tcp"] if sys.platform != "win32" else ["tcp"])
def transport(request: pytest.FixtureRequest) -> Transport:
    """The ways to meet a daemon; a test that doesn't ask for them gets the platform's own."""
    chosen: Transport = request.param
    return chosen


@pytest.fixture
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Rendezvous]:
    """A rendezvous of the test's own; whatever daemon is there is gone afterwards."""
    monkeypatch.setenv("CODEASSISTD_RUNTIME_DIR", str(tmp_path / "run"))
    transport = request.getfixturevalue("transport") if "transport" in request.fixturenames else "unix"
    found = find_rendezvous(Path(os.environ["CODEASSISTD_DATA_DIR"]), transport=transport)
    yield found
    stop_daemon(found, wait=5.0)


@pytest.fixture
def echo(place: Rendezvous) -> Command:
    """The command of an echo daemon at that rendezvous."""

    def command(**options: object) -> list[str]:
        arguments = [f"{name}={value}" for name, value in options.items()]
        return [sys.executable, str(ECHO), f"transport={place.transport}", *arguments]

    return command
