#!/usr/bin/env python3
"""What the VS Code extension costs: activation, a search's first row, ghost text, and its size.

A real VS Code server and headless Chromium, driven as its tests are, with the extension as it is published, a
daemon that is warm and a small workspace. Baselines: a window without the extension for the editor's start,
and for ghost text an extension that offers a fixed text at once, together with the time in which our server
answered: what is left is what our extension adds.

    python benchmarks/vscode_client.py [--windows N] [--searches N] [--completions N] [--short] [--json]
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import figures
import pytest

from codeassistd.tests.editor_clients.user import User
from codeassistd.tests.editor_clients.vscode.installation import EXTENSION, Installation, installation
from codeassistd.tests.editor_clients.vscode.user import vscode_user
from codeassistd.tests.editor_clients.vscode.window.servers import (
    VIEWPORT,
    install_extension,
    launched,
    served,
    write_settings,
)
from codeassistd.tests.editor_clients.vscode.window.workbench import Workbench

ACTIVATION_MS, ROW_MS, GHOST_MS, BUNDLE_KILOBYTES = 50.0, 150.0, 30.0, 300.0

_MODEL = Path(__file__).resolve().parent.parent / "tests" / "data" / "generation" / "tiny-coder.gguf"
_CONFIG = f"""
[generation]
model = "{_MODEL.as_posix()}"
temperature = 0.0
threads = 1
[completion]
debounce_ms = 0
max_tokens = 24
"""
_READY = r"^codeassistd$"
_QUERIES = (
    "wait longer after a failure", "read the configuration file", "say hello", "try again",
    "sleep between attempts", "parse settings", "repeat a step", "greeting", "raise a timeout",
)  # fmt: skip
_NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")

_BASELINE = {
    "package.json": json.dumps(
        {
            "name": "baseline",
            "publisher": "codeassistd",
            "version": "0.0.1",
            "engines": {"vscode": "^1.91.0"},
            "main": "./extension.js",
            "activationEvents": ["onStartupFinished"],
        }
    ),
    "extension.js": (
        'const vscode = require("vscode");\n'
        "const { registerInlineCompletionItemProvider: register } = vscode.languages;\n"
        "exports.activate = () => {\n"
        "  register({ scheme: 'file' }, {\n"
        "    provideInlineCompletionItems: ({ version }, position) =>\n"
        "      [{ insertText: `offered ${version}`, range: new vscode.Range(position, position) }],\n"
        "  });\n"
        "  vscode.window.setStatusBarMessage('baseline');\n"
        "};\n"
    ),
}
"""An extension that offers a fixed text at once, and says in the status bar when it does."""

_WATCH = """([event, selector, pattern]) => {
    const began = { at: 0 };
    const matches = new RegExp(pattern);
    window.took = new Promise(resolve => {
        const observer = new MutationObserver(() => {
            const shown = [...document.querySelectorAll(selector)].map(each => each.textContent);
            if (began.at > 0 && shown.some(text => matches.test(text))) {
                observer.disconnect();
                requestAnimationFrame(() => resolve(performance.now() - began.at));
            }
        });
        setTimeout(() => resolve(null), 20000);
        observer.observe(document.body, { childList: true, subtree: true, characterData: true });
    });
    document.addEventListener(event, () => { began.at = performance.now(); }, { capture: true, once: true });
}"""
"""Take the time from an event to the next frame with an element whose text matches."""


@dataclass(frozen=True, slots=True)
class Scene:
    """What a measurement is made with."""

    installed: Installation
    browser: Any
    user: User
    folder: Path
    """For what is made on the way."""

    @contextmanager
    def window(self, extensions: Path, logs: str = "") -> Iterator[Workbench]:
        """A window on the workspace, of a new server with some extensions."""
        data = Path(tempfile.mkdtemp(dir=self.folder))
        write_settings(data)
        context = self.browser.new_context(viewport=VIEWPORT)
        try:
            with served(self.installed, extensions, data, self.user.environment) as url:
                opened = Workbench(context.new_page(), url, self.folder / "pictures")
                opened.open(self.user.workspace, logs=logs)
                yield opened
        finally:
            context.close()


def package(folder: Path, to: Path) -> Path:
    """Package an extension; gives the file."""
    options = ["--no-dependencies", "--allow-missing-repository", "--skip-license", "--out", str(to)]
    command = [str(EXTENSION / "node_modules" / ".bin" / "vsce"), "package", *options]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    return to


def baseline(folder: Path) -> Path:
    source = folder / "source"
    source.mkdir(parents=True)
    for name, text in _BASELINE.items():
        (source / name).write_text(text, encoding="utf-8")
    (source / "README.md").write_text("Offers a fixed text.\n", encoding="utf-8")
    return package(source, folder / "baseline.vsix")


def activation(window: Workbench) -> float:
    """Milliseconds that the editor itself says it took to load and activate the extension."""
    window.run("Developer: Show Running Extensions")
    row = window.page.locator(".runtime-extensions-editor .monaco-list-row", has_text="codeassistd")
    text = window.until(lambda: "".join(row.locator(".activation-time").all_inner_texts()), "its row")
    found = re.search(r"Activation: (\d+)ms", text)
    assert found, text
    window.tidy()
    return float(found[1])


def start_seconds(window: Workbench, folder: Path) -> float:
    """Seconds from a reload to a window with its files, in a browser that knows the editor's scripts."""
    began = time.perf_counter()
    window.open(folder)
    return time.perf_counter() - began


def timed(window: Workbench, event: str, selector: str, pattern: str, act: Callable[[], None]) -> float:
    """Milliseconds from an event of an act to an element with a text."""
    window.page.evaluate(_WATCH, [event, selector, pattern])
    act()
    took = window.page.evaluate("() => window.took")
    if took is None:
        raise SystemExit(f"nothing like {pattern!r} came within 20 s; the screen says:\n{window.screen()}")
    return float(took)


def first_row(window: Workbench, query: str) -> float:
    """Milliseconds from the last key of a query to its first row."""
    window.search()
    window.rows_become("lang:")
    row = ".quick-input-list .monaco-list-row"
    took = timed(window, "input", row, r"\.\w+:\d+", lambda: window.page.keyboard.insert_text(query))
    window.leave_palette()
    return took


def ghost_text(window: Workbench, scene: Scene, completions: int) -> tuple[list[float], list[float]]:
    """Milliseconds from a key to ghost text, and those of them that the server took, each time anew."""
    file = scene.user.workspace / "src" / "numbers.py"
    file.write_text("", encoding="utf-8")
    window.open_file(file)

    def is_completed() -> str:
        begin_function(window, "zero")
        window.press("Enter")
        window.page.wait_for_timeout(1000)
        return window.ghost_text()

    # The editor knows of the language, and of who completes it, a while after it shows the file.
    window.until(is_completed, "the first completion")
    took, answered = [], []
    for name in _NUMBERS[:completions]:
        begin_function(window, name)
        # The editor indents the new line, and the model knows what stands there.
        took.append(timed(window, "keydown", "[class*=ghost-text]", r"\S", lambda: window.press("Enter")))
        answered.append(last_answer(scene.folder))
    window.press("Escape")
    window.tidy()
    return took, answered


def begin_function(window: Workbench, name: str) -> None:
    """Write the first line of a function that the model knows, and have nothing offered."""
    window.press("Control+a", "Delete")
    window.type(f"# {name}\ndef split_evenly(cents, people):")
    window.press("Escape")
    window.until(lambda: not window.ghost_text(), "the end of a completion")


def last_answer(data: Path) -> float:
    """Milliseconds in which the server answered the last request for a completion, by the log."""
    text = "".join(log.read_text(encoding="utf-8") for log in data.rglob("codeassistd.log"))
    return float(re.findall(r"inlineCompletion - \(\d+\)' in (\d+)ms", text)[-1])


def measure(scene: Scene, options: argparse.Namespace) -> dict[str, Any]:
    figures.step("packaging")
    vsix = package(EXTENSION, scene.folder / "ours.vsix")
    ours = install_extension(scene.installed, vsix, scene.folder / "ours")
    other = install_extension(scene.installed, baseline(scene.folder / "other"), scene.folder / "with-other")
    (scene.folder / "none").mkdir()
    bundle = sum(path.stat().st_size for path in (EXTENSION / "dist").glob("*.js"))
    found: dict[str, Any] = {"bundle_kilobytes": round(bundle / 1000, 1)}
    figures.step("activation and searches")
    with scene.window(ours) as window:
        window.status_becomes(_READY)
        activations, starts = [], []
        for _ in range(options.windows):
            starts.append(start_seconds(window, scene.user.workspace))
            window.status_becomes(_READY)
            activations.append(activation(window))
        rows = [first_row(window, query) for query in (_QUERIES * 3)[: options.searches + 3]][3:]
    figures.step("windows without it")
    with scene.window(scene.folder / "none") as window:
        without = [start_seconds(window, scene.user.workspace) for _ in range(options.windows)]
    found |= {
        "activation_ms": statistics.median(activations),
        "activations_ms": activations,
        "window_seconds": round(statistics.median(starts), 2),
        "window_without_seconds": round(statistics.median(without), 2),
        "first_row_ms": round(statistics.median(rows), 1),
        "first_row_p95_ms": round(figures.percentile(rows, 95), 1),
    }
    figures.step(f"ghost text (activation {activations} ms, rows {[round(row) for row in rows]} ms)")
    with scene.window(ours, "codeassistd.codeassistd:trace") as window:
        window.status_becomes(_READY)
        shown, answered = ghost_text(window, scene, options.completions)
    with scene.window(other) as window:
        window.until(lambda: "baseline" in window.screen(), "the other extension")
        plain, _ = ghost_text(window, scene, options.completions)
    ghost, answer, editor = (statistics.median(values) for values in (shown, answered, plain))
    return found | {
        "ghost_text_ms": round(ghost, 1),
        "answer_ms": answer,
        "ghost_text_of_the_editor_ms": round(editor, 1),
        "ghost_text_added_ms": round(ghost - answer - editor, 1),
    }


def lines(found: dict[str, Any]) -> Iterator[str]:
    yield f"activation, as the editor says: {figures.judged(found['activation_ms'], ACTIVATION_MS, 'ms')}"
    yield f"a window with it {found['window_seconds']} s, without it {found['window_without_seconds']} s"
    row = figures.judged(found["first_row_ms"], ROW_MS, "ms")
    yield f"first row after the last key, median: {row}, 95th percentile {found['first_row_p95_ms']} ms"
    yield f"ghost text: {found['ghost_text_ms']} ms after a key"
    yield f"  the server's answer took {found['answer_ms']} ms"
    yield f"  with an extension that answers at once {found['ghost_text_of_the_editor_ms']} ms"
    yield f"  beyond both: {figures.judged(found['ghost_text_added_ms'], GHOST_MS, 'ms')}"
    yield f"bundle: {figures.judged(found['bundle_kilobytes'], BUNDLE_KILOBYTES, 'KB')}"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--windows", type=int, default=5, help="how often a window is opened")
    parser.add_argument("--searches", type=int, default=20)
    parser.add_argument("--completions", type=int, default=8)
    parser.add_argument("--short", action="store_true", help="fewer of everything")
    parser.add_argument("--json", action="store_true", help="write one JSON document")
    options = parser.parse_args()
    if options.short:
        options.windows, options.searches, options.completions = 3, 8, 5
    try:
        installed = installation()
    except (pytest.skip.Exception, pytest.fail.Exception) as missing:
        print(f"left out: {missing}", file=sys.stderr)
        return 0

    with (
        tempfile.TemporaryDirectory() as folder,
        vscode_user(_CONFIG) as user,
        launched(installed) as browser,
    ):
        found = measure(Scene(installed, browser, user, Path(folder)), options)
    figures.publish(found, lines(found), as_json=options.json)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
