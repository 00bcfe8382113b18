"""Real VS Code in a browser, with the extension as it is published, a real daemon and a small workspace.

One window serves most tests, and is tidied up after each; the next test gets a new one where that fails.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ...user import User
from ..installation import Installation
from ..user import vscode_user
from .servers import VIEWPORT, install_extension, launched, served, write_settings
from .workbench import Workbench

PICTURES = Path(os.environ.get("VSCODE_TESTS_PICTURES", tempfile.gettempdir())) / "codeassistd-vscode"

READY = r"^codeassistd$"

LEARNED = Path(__file__).parents[3] / "data" / "generation" / "tiny-coder.gguf"
"""A model that knows a few functions by heart."""

_GENERATION = """
[generation]
model = "{model}"
temperature = 0.0
context_tokens = 16384
max_tokens = {most}
threads = 1
[completion]
max_tokens = 24
"""


def generation(model: Path, most: int) -> str:
    """Settings of codeassistd with a model that writes so many tokens at most."""
    return _GENERATION.format(model=model.as_posix(), most=most)


@pytest.fixture(scope="session")
def extensions(installed: Installation, vsix: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the extension is installed in."""
    return install_extension(installed, vsix, tmp_path_factory.mktemp("extensions"))


@pytest.fixture(scope="session")
def user(installed: Installation) -> Iterator[User]:
    """One user for the whole run: their daemon has the models loaded, and it is stopped at the end."""
    with vscode_user(generation(LEARNED, 512)) as user:
        yield user


@pytest.fixture(scope="session")
def browser(installed: Installation) -> Iterator[Any]:
    """A browser whose windows share what they have loaded."""
    with launched(installed) as browser:
        yield browser.new_context(viewport=VIEWPORT)


@pytest.fixture(scope="session")
def data_folder(user: User) -> Path:
    """Where VS Code keeps what it remembers."""
    write_settings(user.base / "vscode")
    return user.base / "vscode"


@pytest.fixture(scope="session")
def address(installed: Installation, extensions: Path, user: User, data_folder: Path) -> Iterator[str]:
    """One server for all windows that need nothing special."""
    with served(installed, extensions, data_folder, user.environment) as url:
        yield url


class SharedWindow:
    """The window that serves most tests.

    Args:
        start: Opens a new one.
    """

    def __init__(self, start: Callable[[], Workbench]) -> None:
        self._start = start
        self._opened: Workbench | None = None

    def take(self) -> Workbench:
        """The window as a test finds it: ready, with nothing open."""
        taken, self._opened = self._opened or self._start(), None
        taken.status_becomes(READY)
        return taken

    def give_back(self, window: Workbench) -> None:
        """Take back what a test has opened; a window that is not given back is closed."""
        try:
            window.tidy()
        except Exception:
            window.page.close()
            raise
        self._opened = window


@pytest.fixture(scope="session")
def shared_window(browser: Any, address: str, user: User, data_folder: Path) -> SharedWindow:
    def start() -> Workbench:
        write_settings(data_folder)
        window = Workbench(browser.new_page(), address, PICTURES)
        window.open(user.workspace)
        return window

    return SharedWindow(start)


@pytest.fixture
def window(shared_window: SharedWindow) -> Iterator[Workbench]:
    """A window on the user's workspace, with everything indexed."""
    taken = shared_window.take()
    yield taken
    shared_window.give_back(taken)


Open = Callable[..., Workbench]


@pytest.fixture
def open_window(
    request: pytest.FixtureRequest, installed: Installation, extensions: Path, browser: Any, user: User
) -> Iterator[Open]:
    """Opens a further window, which is closed after the test; with settings, of a server of its own."""
    with ExitStack() as opened:

        def start(folder: Path | None = None, *, workspace: Path | None = None, **settings: Any) -> Workbench:
            if settings:
                data = user.base / f"vscode-{request.node.name}"
                write_settings(data, **settings)
                url = opened.enter_context(served(installed, extensions, data, user.environment))
            else:
                url = request.getfixturevalue("address")
            page = browser.new_page()
            opened.callback(page.close)
            window = Workbench(page, url, PICTURES)
            window.open(folder, workspace=workspace)
            return window

        yield start
