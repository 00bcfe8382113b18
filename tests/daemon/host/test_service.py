"""Workspaces of the daemon as sessions share them."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeassistd.daemon.composition import daemon_service
from codeassistd.daemon.host import machine, service
from codeassistd.daemon.host.service import DaemonService
from codeassistd.daemon.settings_loading import SettingsError
from codeassistd.indexer.search.request import SearchRequest
from codeassistd.models.errors import CodeassistdError

from .conftest import Recorder, never, wait_for


@pytest.fixture
def daemon(data_dir: Path) -> Iterator[DaemonService]:
    running = daemon_service(data_dir)
    yield running
    running.close()


def found(workspace: service.WorkspaceService, query: str) -> list[str]:
    return [result.path for result in workspace.search(SearchRequest(query), {}, never).results]


def test_sessions_share_a_workspace_and_what_one_sets_ends_with_it(daemon: DaemonService, root: Path) -> None:
    one, other, listener = daemon.for_session(), daemon.for_session(), Recorder()
    workspace = one.open_workspace(root, listener)
    other.open_workspace(root, Recorder())
    workspace.wait_until_current(never)
    assert "src/beta.py" in found(workspace, "beta")
    assert len(daemon.status().workspaces) == 1

    one.configure(None, {"index.exclude": ["beta.py"], "search.limit": 2})
    workspace.wait_until_current(never)
    assert "src/beta.py" not in found(workspace, "beta")
    assert workspace.search_defaults.limit == 2
    with pytest.raises(SettingsError, match=r"daemon\.watch is shared"):
        one.configure(None, {"daemon.watch": "poll"})
    with pytest.raises(SettingsError, match=r"no setting index\.excluded"):
        one.configure(None, {"index.excluded": []})

    one.close()
    workspace.wait_until_current(never)
    assert "src/beta.py" in found(workspace, "beta")
    assert workspace.search_defaults.limit == 10


def test_a_workspace_that_nobody_uses_is_closed_after_a_while(
    daemon: DaemonService, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    session, listener = daemon.for_session(), Recorder()
    session.open_workspace(root, listener).wait_until_current(never)
    session.close_workspace(root, listener)
    assert len(daemon.status().workspaces) == 1
    monkeypatch.setattr(service, "_LINGER_SECONDS", 0.0)
    wait_for(lambda: not daemon.status().workspaces)
    workspace = session.open_workspace(root, listener)
    workspace.wait_until_current(never)
    assert "src/alpha.py" in found(workspace, "alpha")


def test_what_is_excluded_no_longer_is_watched_again(daemon: DaemonService, root: Path) -> None:
    settings = root / "codeassistd.toml"
    settings.write_text('[index]\nexclude = ["src/"]\n')
    session = daemon.for_session()
    workspace = session.open_workspace(root, Recorder())
    workspace.wait_until_current(never)
    assert "src/alpha.py" not in found(workspace, "alpha")
    settings.write_text("[index]\nexclude = []\n")
    wait_for(lambda: "src/alpha.py" in found(workspace, "alpha"))
    (root / "src" / "delta.py").write_text("def delta(value):\n    return value\n")
    wait_for(lambda: "src/delta.py" in found(workspace, "delta"))
    settings.write_text("[index]\nexclude = 7\n")
    wait_for(lambda: any("index.exclude" in error for error in daemon.status().errors))


def test_a_folder_that_is_no_workspace_is_refused(daemon: DaemonService, tmp_path: Path) -> None:
    session = daemon.for_session()
    with pytest.raises(CodeassistdError, match="no such folder"):
        session.open_workspace(tmp_path / "nowhere", Recorder())
    with pytest.raises(CodeassistdError, match="root of"):
        session.open_workspace(Path(tmp_path.anchor), Recorder())
    assert daemon.status().workspaces == ()


def test_the_power_supply_is_heeded(
    daemon: DaemonService, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "on_battery", lambda: True)
    session = daemon.for_session()
    workspace = session.open_workspace(root, Recorder())
    daemon._power_checked = time.monotonic() - 60
    workspace.wait_until_current(never)  # who waits for vectors gets them
    assert workspace.summary().pending == 0
    wait_for(lambda: daemon._hosts[root]._updates._saves_power)


class _Battery:
    def __init__(self, *, power_plugged: bool | None) -> None:
        self.power_plugged = power_plugged


@pytest.mark.parametrize(
    ("battery", "expected"),
    [(None, False), (_Battery(power_plugged=True), False), (_Battery(power_plugged=None), False),
     (_Battery(power_plugged=False), True)],
)  # fmt: skip
def test_a_battery_in_use_is_recognised(
    battery: object, expected: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The battery is hardware, so this one is a stand-in."""
    monkeypatch.setattr(machine.psutil, "sensors_battery", lambda: battery, raising=False)
    assert machine.on_battery() is expected


def test_memory_is_that_of_the_process_and_its_children() -> None:
    assert machine.resident_bytes() > 10_000_000
