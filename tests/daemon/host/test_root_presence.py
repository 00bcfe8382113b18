"""A workspace that isn't mounted is no workspace that was emptied."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from codeassistd.daemon.composition import daemon_service
from codeassistd.daemon.host.index_source import IndexSource
from codeassistd.daemon.host.root_presence import RootAwayError
from codeassistd.daemon.host.service import DaemonService
from codeassistd.daemon.host.updates import Updates
from codeassistd.daemon.host.work import EVERYTHING
from codeassistd.indexer.search.request import SearchRequest
from codeassistd.models.errors import CodeassistdError

from .conftest import Recorder, never, rows_of, wait_for


@pytest.fixture
def updates(source: IndexSource) -> Iterator[Updates]:
    running = Updates(source, Recorder())
    running.start()
    catch_up(running)
    yield running
    running.close()


def catch_up(updates: Updates) -> None:
    updates.ledger.wait(updates.take(EVERYTHING), never, vectors=True)


@pytest.mark.parametrize("leaves_an_empty_folder", [False, True], ids=["gone", "not mounted"])
def test_the_index_is_kept_until_the_folder_is_back(
    updates: Updates, source: IndexSource, tmp_path: Path, leaves_an_empty_folder: bool
) -> None:
    rows = rows_of(source.index())
    source.root.rename(tmp_path / "away")
    if leaves_an_empty_folder:
        source.root.mkdir()
    for _ in range(2):
        with pytest.raises(CodeassistdError, match="its index is kept") as caught:
            catch_up(updates)
        assert str(source.root) in caught.value.message
    assert updates.standing.state == "failed"
    assert rows_of(source.index()) == rows
    if leaves_an_empty_folder:
        source.root.rmdir()
    (tmp_path / "away").rename(source.root)
    (source.root / "src" / "alpha.py").unlink()
    catch_up(updates)
    wait_for(lambda: updates.standing.state == "ready")
    assert len(rows_of(source.index())) == len(rows) - 1


def test_a_folder_that_was_not_mounted_when_the_daemon_began(
    updates: Updates, source: IndexSource, tmp_path: Path
) -> None:
    rows = rows_of(source.index())
    updates.close()
    source.root.rename(tmp_path / "away")
    source.root.mkdir()
    again = Updates(source, Recorder())
    again.start()
    try:
        with pytest.raises(RootAwayError, match="empty and not the one"):
            catch_up(again)
        assert rows_of(source.index()) == rows
    finally:
        again.close()


def test_a_folder_that_is_emptied_is_believed(updates: Updates, source: IndexSource) -> None:
    shutil.rmtree(source.root / "src")
    catch_up(updates)
    assert rows_of(source.index()) == set()


def test_another_folder_with_files_is_believed(updates: Updates, source: IndexSource, tmp_path: Path) -> None:
    source.root.rename(tmp_path / "away")
    source.root.mkdir()
    (source.root / "new.py").write_text("def new():\n    return 1\n")
    catch_up(updates)
    assert len(rows_of(source.index())) == 1


@pytest.fixture
def daemon(data_dir: Path) -> Iterator[DaemonService]:
    running = daemon_service(data_dir)
    yield running
    running.close()


def test_nobody_has_to_say_that_it_is_back(daemon: DaemonService, root: Path, tmp_path: Path) -> None:
    workspace = daemon.for_session().open_workspace(root, Recorder())
    workspace.wait_until_current(never)
    root.rename(tmp_path / "away")
    wait_for(lambda: workspace.summary().state == "failed")
    assert "its index is kept" in workspace.summary().problem
    assert any("its index is kept" in error for error in daemon.status().errors)
    (tmp_path / "away" / "late.py").write_text("def wallaby():\n    pass\n")
    (tmp_path / "away").rename(root)
    wait_for(lambda: workspace.summary().state == "ready")
    wait_for(lambda: not workspace.summary().problem)
    found = workspace.search(SearchRequest("wallaby"), {}, never)
    assert found.results[0].path == "late.py"
    (root / "later.py").write_text("def quokka():\n    pass\n")  # it is watched again
    wait_for(
        lambda: (
            [result.path for result in workspace.search(SearchRequest("quokka"), {}, never).results][:1]
            == ["later.py"]
        )
    )
