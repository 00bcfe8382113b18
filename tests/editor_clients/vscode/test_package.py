"""The package as it is published: what is in it, how large it is, and that its settings are the daemon's."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import codeassistd

from .installation import EXTENSION, Installation

MOST_BYTES = 300_000
MOST_BYTES_AT_START = 40_000
"""Of what the editor waits for when it starts."""


def test_the_package_holds_what_is_needed_and_nothing_else(vsix: Path) -> None:
    with zipfile.ZipFile(vsix) as archive:
        sizes = {info.filename: info.file_size for info in archive.infolist()}
    programs = {"dist/extension.js", "dist/client.js"}
    assert sum(sizes[f"extension/{name}"] for name in programs) <= MOST_BYTES
    assert sizes["extension/dist/extension.js"] <= MOST_BYTES_AT_START
    names = {name.removeprefix("extension/") for name in sizes if name.startswith("extension/")}
    wanted = {
        "package.json",
        "readme.md",
        "changelog.md",
        "LICENSE.txt",
        "resources/icon.png",
        "resources/view.svg",
    }
    assert wanted <= names
    rest = names - wanted - programs - {"dist/THIRD_PARTY_NOTICES.txt"}
    assert all(name.startswith("walkthrough/") for name in rest)


def test_the_settings_are_those_that_the_daemon_takes_from_editors() -> None:
    script = EXTENSION / "scripts" / "settings.py"
    done = subprocess.run([sys.executable, str(script), "--check"], check=False)
    assert done.returncode == 0, f"package.json is not up to date: run {script}"


def test_every_command_that_is_named_is_there() -> None:
    manifest = json.loads((EXTENSION / "package.json").read_text())
    contributed = manifest["contributes"]
    commands = {each["command"] for each in contributed["commands"]}
    named = {each["command"] for each in contributed["keybindings"]}
    for menu in contributed["menus"].values():
        named |= {each["command"] for each in menu}
    assert named <= commands
    sources = "".join(path.read_text() for path in (EXTENSION / "src").rglob("*.ts"))
    assert [command for command in sorted(commands) if f'"{command}"' not in sources] == []
    assert manifest["version"] == codeassistd.__version__


def test_the_pure_parts(installed: Installation) -> None:
    done = subprocess.run(
        ["npm", "run", "--silent", "test"], cwd=EXTENSION, check=False, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
