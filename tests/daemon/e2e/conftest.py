"""Editors on a real daemon, through its socket and through `codeassistd lsp`, and editors without one."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from home import Home, Transport, living
from language_client import Editor
from project_files import FILES, write_files


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory, model_cache: Path) -> Iterator[Home]:
    """Where the tests that harm no daemon run."""
    with living(tmp_path_factory.mktemp("shared"), model_cache) as found:
        yield found


@pytest.fixture
def own_home(tmp_path: Path, model_cache: Path) -> Iterator[Home]:
    """A home of the test's own, for what it does to the daemon."""
    with living(tmp_path / "home", model_cache) as found:
        yield found


@pytest.fixture(scope="session", params=["socket", "forwarder", "standalone"])
def transport(request: pytest.FixtureRequest) -> Transport:
    """The ways that editors are served."""
    chosen: Transport = request.param
    return chosen


@pytest.fixture(scope="session")
def project(transport: Transport, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The workspace that the editor has open; tests add files of their own to it."""
    return write_files(tmp_path_factory.mktemp(transport) / "project", FILES)


@pytest.fixture(scope="session")
def editor(transport: Transport, home: Home, project: Path) -> Iterator[Editor]:
    """An editor with the project open."""
    connected = home.connect(transport)
    connected.start(project)
    connected.wait_for_index()
    yield connected
    connected.leave()


@pytest.fixture(scope="session")
def other(editor: Editor, transport: Transport, home: Home, project: Path) -> Iterator[Editor]:
    """Another editor with the same project open."""
    connected = home.connect(transport)
    connected.start(project)
    yield connected
    connected.leave()


@pytest.fixture
def newcomer(transport: Transport, home: Home) -> Iterator[Editor]:
    """An editor that hasn't said anything yet."""
    connected = home.connect(transport)
    yield connected
    connected.leave()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A workspace of the test's own, which no editor has open yet."""
    return write_files((tmp_path / "own").resolve(), FILES)
