#!/usr/bin/env python3
"""What the Neovim plug-in costs: loading, the first results of a command, and ghost text beside the model.

Loading is timed in fresh Neovims, with an empty plug-in as the baseline. The first results are timed from the
command to the list, in a Neovim that has just opened a file, with a daemon that has the model loaded; the
baseline is the bare request on the same connection. Ghost text: from the key to the request, and from the
answer to the screen; the model's time in between is left out, and so is Neovim 0.12's own wait of 200 ms
before it asks, which the option `inline.native = false` does without.

    python benchmarks/neovim_client.py [--times N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import figures
import psutil
from editing_neovim import PLUGIN, binaries
from editing_repository import LEARNED, Repository
from editing_session import SETTINGS
from editing_steps import until
from editor import User

if TYPE_CHECKING:
    from collections.abc import Sequence

LOAD_MS, GHOST_MS, FIRST_MS = 5.0, 30.0, 150.0

_QUERIES = ("where are settings checked", "split text into terms", "stop the daemon", "watch a folder")
_RELEASES = ("0.11", "0.12-dev")

_LOAD = """
local began = vim.uv.hrtime()
vim.cmd.source({script!r})
io.write(('%.3f'):format((vim.uv.hrtime() - began) / 1e6))
"""

_SEARCH = """
local query, plain = ...
local began = vim.uv.hrtime()
vim.g.milliseconds = nil
local function finish() vim.g.milliseconds = (vim.uv.hrtime() - began) / 1e6 end
if plain then
  local client = vim.lsp.get_clients({ name = 'codeassistd' })[1]
  client:request('codeassist/search', { query = query, workspace = client.root_dir }, finish)
else
  vim.api.nvim_create_autocmd('BufWinEnter', { pattern = 'quickfix', once = true, callback = finish })
  vim.cmd('CodeAssist search ' .. query)
end
"""

# When a key came, when it was asked about, when the answer came, and when it was drawn.
_WATCH = """
times = {}
local client = vim.lsp.get_clients({ name = 'codeassistd' })[1]
local request = client.request
function client:request(method, params, handler, bufnr)
  if not method:find('nlineCompletion') then return request(self, method, params, handler, bufnr) end
  local asked = vim.uv.hrtime()
  return request(self, method, params, function(failure, answer, context)
    local answered = vim.uv.hrtime()
    handler(failure, answer, context)
    if not failure and #answer.items > 0 and asked >= (key or math.huge) then
      local key_to_request = (asked - key) / 1e6
      table.insert(times, { key_to_request, (vim.uv.hrtime() - answered) / 1e6 })
    end
  end, bufnr)
end
vim.on_key(function() key = vim.uv.hrtime() end)
"""


def load_milliseconds(binary: Path, script: Path, times: int) -> list[float]:
    """How long a fresh Neovim needs to source a script."""
    with tempfile.TemporaryDirectory() as folder:
        code = Path(folder) / "measure.lua"
        code.write_text(_LOAD.format(script=str(script)), encoding="utf-8")
        command = [str(binary), "--clean", "-n", "--headless", "-l", str(code)]
        return [
            float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
            for _ in range(times)
        ]


class Neovim:
    """A Neovim on a file of the repository, with the plug-in and a server.

    Args:
        binary: The program.
        init: A file for its configuration.
        path: The file.
        options: Of the plug-in, in Lua.
    """

    def __init__(self, binary: Path, init: Path, path: Path, options: str) -> None:
        import pynvim  # noqa: PLC0415 - its folder is known only now

        init.write_text(
            f"vim.opt.runtimepath:prepend({str(PLUGIN)!r})\nrequire('codeassistd').setup({options})\n",
            encoding="utf-8",
        )
        arguments = ["--clean", "-n", "--embed", "--headless", "-u", str(init), str(path)]
        self.nvim: Any = pynvim.attach("child", argv=[str(binary), *arguments])
        until(lambda: self.lua("return #vim.lsp.get_clients({ bufnr = 0 }) > 0"), "the server")
        self.lua(
            "vim.lsp.get_clients()[1]:request_sync('codeassist/waitForIndex', { vectors = true }, 300000)"
        )

    def lua(self, code: str, *arguments: Any) -> Any:
        """Run Lua in it."""
        return self.nvim.exec_lua(code, *arguments)

    def search(self, query: str, *, plain: bool) -> float:
        """Milliseconds from the command, or the bare request, to the results."""
        self.lua("vim.cmd.cclose()")
        self.lua(_SEARCH, query, plain)
        return float(until(lambda: self.lua("return vim.g.milliseconds"), "results"))

    def ghosts(self, keys: Sequence[str]) -> list[tuple[float, float]]:
        """Milliseconds from the key to the request, and from the answer to the screen, of each completion."""
        self.lua(_WATCH)
        self.nvim.input("Go")
        for key in keys:
            self.nvim.input(key)
            time.sleep(0.4)
        found: list[tuple[float, float]] = self.lua("return times")
        return found

    def quit(self) -> None:
        """End it, and wait for its end."""
        process = psutil.Process(self.lua("return vim.uv.os_getpid()"))
        self.nvim.input("<Esc>:qall!<CR>")
        psutil.wait_procs([process], timeout=15)
        self.nvim.close()


def measure(binary: Path, base: Path, repository: Repository, times: int) -> dict[str, Any]:
    """All figures of one release."""
    empty, init = base / "empty.lua", base / "init.lua"
    empty.touch()
    loads = load_milliseconds(binary, PLUGIN / "plugin" / "codeassistd.lua", times)
    path = repository.root / repository.files()[0]
    firsts = []
    for number in range(max(3, times // 5)):
        neovim = Neovim(binary, init, path, "{}")
        firsts.append(neovim.search(_QUERIES[number % len(_QUERIES)], plain=False))
        if number == 0:
            queries = [f"{query} {each}" for each in range(times // 4 + 1) for query in _QUERIES]
            by_command = [neovim.search(query, plain=False) for query in queries]
            bare = [neovim.search(f"{query} again", plain=True) for query in queries]
        neovim.quit()
    neovim = Neovim(
        binary, init, repository.root / LEARNED, "{ inline = { enabled = true, native = false } }"
    )
    keys = [
        "<CR>",
        *"def split_evenly(cents, people):",
        "<CR>",
        *"    share",
        "<BS>",
        "<BS>",
        "r",
        "e",
        *", rest",
    ]
    ghosts = neovim.ghosts(keys)
    neovim.quit()
    return {
        "load_ms": round(statistics.median(loads), 2),
        "load_worst_ms": round(max(loads), 2),
        "load_empty_ms": round(statistics.median(load_milliseconds(binary, empty, times)), 2),
        "first_results_ms": round(statistics.median(firsts), 1),
        "results_ms": round(statistics.median(by_command), 1),
        "bare_request_ms": round(statistics.median(bare), 1),
        "ghosts": len(ghosts),
        "key_to_request_ms": round(statistics.median(first for first, _ in ghosts), 2),
        "answer_to_screen_ms": round(statistics.median(last for _, last in ghosts), 2),
        "ghost_overhead_ms": round(figures.percentile([sum(pair) for pair in ghosts], 95), 2),
    }


def report(release: str, found: dict[str, Any]) -> list[str]:
    """The figures of one release, for people."""
    load = figures.judged(found["load_ms"], LOAD_MS, "ms")
    ghost = figures.judged(found["ghost_overhead_ms"], GHOST_MS, "ms")
    first = figures.judged(found["first_results_ms"], FIRST_MS, "ms")
    later, bare = found["results_ms"], found["bare_request_ms"]
    asked, drawn = found["key_to_request_ms"], found["answer_to_screen_ms"]
    return [
        f"Neovim {release}",
        f"  loading: {load}; an empty plug-in {found['load_empty_ms']} ms",
        f"  results of the first command: {first}; of later ones {later} ms, bare request {bare} ms",
        f"  ghost text beside the model, 95 % of {found['ghosts']}: {ghost}",
        f"  median {asked} ms to ask, {drawn} ms to show",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--short", action="store_true", help="4 times, a few files")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    times = 4 if options.short else options.times
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # nothing is left behind then either
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory(prefix="ca-") as folder:  # a socket's path has to be short
        base = Path(folder).resolve()
        user = User(base)
        (base / "config.toml").write_text(SETTINGS, encoding="utf-8")
        repository = Repository(base / "repository", short=True)
        try:
            for release, binary in zip(_RELEASES, binaries(), strict=True):
                figures.step(f"Neovim {release}")
                found[release] = measure(binary, base, repository, times)
        finally:
            user.stop()
    lines = [line for release, each in found.items() for line in report(release, each)]
    targets = {"load_ms": LOAD_MS, "ghost_overhead_ms": GHOST_MS, "first_results_ms": FIRST_MS}
    figures.publish({"targets": targets, **found}, lines, as_json=options.json)


if __name__ == "__main__":
    main()
