"""Where a daemon is met, and who may be there."""

from __future__ import annotations

import os
import stat
import sys
from pathlib import Path

import pytest

from codeassistd.daemon.process.rendezvous import (
    LONGEST_SOCKET_PATH,
    check_folder,
    find_rendezvous,
    make_folder,
)
from codeassistd.models.errors import CodeassistdError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no modes and no Unix sockets")


def test_the_same_for_one_data_directory_and_another_for_the_next(tmp_path: Path) -> None:
    environ = {"CODEASSISTD_RUNTIME_DIR": "/run/mine"}
    one = find_rendezvous(tmp_path / "a", environ)
    (tmp_path / "link").symlink_to(tmp_path)
    assert find_rendezvous(tmp_path / "link" / "a", environ) == one
    assert find_rendezvous(tmp_path / "b", environ).socket != one.socket
    assert one.folder == Path("/run/mine")


def test_the_variable_goes_before_the_session(tmp_path: Path) -> None:
    environ = {"XDG_RUNTIME_DIR": "/run/user/7"}
    assert find_rendezvous(tmp_path, environ).folder == Path("/run/user/7/codeassistd")
    environ["CODEASSISTD_RUNTIME_DIR"] = "/elsewhere"
    assert find_rendezvous(tmp_path, environ).folder == Path("/elsewhere")
    assert find_rendezvous(tmp_path, {}).folder.is_absolute()
    assert find_rendezvous(tmp_path, {"XDG_RUNTIME_DIR": "relative"}).folder.is_absolute()


def test_a_long_path_gets_a_short_stand_in(tmp_path: Path) -> None:
    environ = {"CODEASSISTD_RUNTIME_DIR": f"/run/{'deep/' * 40}"}
    place = find_rendezvous(tmp_path, environ)
    assert len(os.fsencode(place.socket)) <= LONGEST_SOCKET_PATH
    assert find_rendezvous(tmp_path, environ) == place
    other = find_rendezvous(tmp_path, {"CODEASSISTD_RUNTIME_DIR": f"/run/{'deeper/' * 40}"})
    assert other.folder != place.folder
    assert str(find_rendezvous(tmp_path, environ, "tcp").folder) == f"/run/{'deep/' * 40}".rstrip("/")


def test_the_folder_is_the_users_alone(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    make_folder(folder)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    make_folder(folder)
    folder.chmod(0o750)
    with pytest.raises(CodeassistdError, match="other users may enter") as caught:
        make_folder(folder)
    assert f"chmod 700 {folder}" in caught.value.hint


def test_a_link_or_a_file_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to(tmp_path / "real")
    (tmp_path / "file").write_text("")
    for name in ("link", "file"):
        with pytest.raises(CodeassistdError, match="not a folder"):
            check_folder(tmp_path / name)
    with pytest.raises(CodeassistdError, match="cannot make the folder") as caught:
        make_folder(tmp_path / "file" / "below")
    assert "CODEASSISTD_RUNTIME_DIR" in caught.value.hint
    with pytest.raises(FileNotFoundError):
        check_folder(tmp_path / "missing")


if sys.platform != "win32" and os.geteuid() == 0:

    def test_another_users_folder_is_refused(tmp_path: Path) -> None:
        folder = tmp_path / "theirs"
        folder.mkdir(mode=0o700)
        os.chown(folder, 12345, -1)
        with pytest.raises(CodeassistdError, match="belongs to another user"):
            make_folder(folder)
