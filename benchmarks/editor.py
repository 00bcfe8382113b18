"""A daemon of its own for a measurement, and editors that talk to it over its socket."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil

from codeassistd.daemon.process.connecting import connect
from codeassistd.daemon.process.control import ask
from codeassistd.daemon.process.program import DAEMON_COMMAND
from codeassistd.daemon.process.rendezvous import Rendezvous, find_rendezvous
from codeassistd.daemon.process.rpc_client import RpcClient
from codeassistd.daemon.process.stopping import stop_daemon

CAPABILITIES = {"general": {"positionEncodings": ["utf-8"]}}


class User:
    """Somebody with a data directory, a socket and settings of their own.

    Args:
        base: Folder for all of it.
    """

    def __init__(self, base: Path) -> None:
        base.mkdir(parents=True, exist_ok=True)
        (base / "config.toml").touch()
        self.data = base / "data"
        self.environment = {
            **{key: value for key, value in os.environ.items() if not key.startswith("CODEASSISTD_")},
            "HOME": str(base),
            # Where editors look for the server: the one that is installed beside this interpreter.
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "CODEASSISTD_CONFIG": str(base / "config.toml"),
            "CODEASSISTD_DATA_DIR": str(self.data),
            "CODEASSISTD_RUNTIME_DIR": str(base / "run"),
        }
        os.environ.update(self.environment)  # the daemon is started by, and found from, this process
        self.place: Rendezvous = find_rendezvous(self.data)

    def control(self, method: str) -> Any:
        """Ask the daemon about itself; starts it when it isn't there."""
        with connect(self.place, "control", DAEMON_COMMAND) as connection:
            return ask(connection, method)

    def stop(self) -> None:
        """End the daemon."""
        stop_daemon(self.place)

    def process(self) -> psutil.Process:
        """The daemon's process."""
        return psutil.Process(self.control("status")["pid"])

    @contextlib.contextmanager
    def editor(self, root: Path) -> Iterator[Editor]:
        """A session with a workspace open."""
        news: list[str] = []
        connection = connect(self.place, "lsp", DAEMON_COMMAND)
        with RpcClient(connection, lambda method, _params: news.append(method)) as client:
            editor = Editor(client, root, news)
            editor.begin()
            yield editor
            client.request("shutdown")
            client.notify("exit")


class Editor:
    """One session.

    Args:
        client: Its connection.
        root: The workspace.
        news: Methods of the notifications that came.
    """

    def __init__(self, client: RpcClient, root: Path, news: list[str]) -> None:
        self.client = client
        self.root = root
        self.news = news

    def begin(self) -> None:
        """Say hello and open the workspace."""
        folder = {"uri": self.root.as_uri(), "name": self.root.name}
        self.client.request(
            "initialize", {"processId": None, "workspaceFolders": [folder], "capabilities": CAPABILITIES}
        )
        self.client.notify("initialized", {})

    def search(self, query: str, limit: int = 10) -> dict[str, Any]:
        """One search."""
        answer: dict[str, Any] = self.client.request("codeassist/search", {"query": query, "limit": limit})
        return answer

    def wait_for_index(self) -> int:
        """Wait until every change is searchable; gives the revision."""
        revision: int = self.client.request("codeassist/waitForIndex")["revision"]
        return revision

    def wait_for_news(self) -> None:
        """Wait until there is a new revision."""
        while "codeassist/indexChanged" not in self.news:
            self.client.listen(1.0)
        self.news.clear()

    def status(self) -> dict[str, Any]:
        """How its workspace stands; "opening" until the daemon has got to it."""
        for workspace in self.client.request("codeassist/status")["workspaces"]:
            if workspace["root"] == str(self.root):
                return dict(workspace)
        return {"root": str(self.root), "state": "opening"}

    def wait_until_ready(self) -> None:
        """Wait until the daemon has come to rest."""
        self.wait_for_index()
        while self.status()["state"] != "ready":
            time.sleep(0.05)


def forwarder(user: User) -> subprocess.Popen[bytes]:
    """`codeassistd lsp` as an editor starts it."""
    return subprocess.Popen(
        [str(Path(sys.executable).parent / "codeassistd"), "lsp"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=user.environment,
    )
