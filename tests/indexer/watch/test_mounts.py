"""The file system that a folder lies on."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from codeassistd.indexer.watch.mounts import file_system_of, remote_file_system

MOUNTS = r"""
22 1 259:2 / / rw,relatime shared:1 - ext4 /dev/a rw
23 22 0:20 / /home/me/far rw shared:2 - nfs4 server:/x rw
24 22 0:21 / /home/me/with\040space rw - fuse.sshfs me@there rw
25 22 0:22 / /mnt/c rw - 9p C: rw
26 25 0:23 / /mnt/c rw - ext4 /dev/b rw
nonsense
"""


@pytest.mark.skipif(sys.platform == "win32", reason="paths of mounts are POSIX paths")
@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/", "ext4"),
        ("/home/me", "ext4"),
        ("/home/me/far", "nfs4"),
        ("/home/me/far/deep/er", "nfs4"),
        ("/home/me/farther", "ext4"),
        ("/home/me/with space/x", "fuse.sshfs"),
        ("/mnt/c/x", "ext4"),
    ],
)
def test_the_innermost_and_last_mount_counts(path: str, kind: str) -> None:
    assert file_system_of(Path(path), MOUNTS) == kind


def test_without_mounts_nothing_is_known() -> None:
    assert file_system_of(Path("/"), "") == ""


@pytest.mark.skipif(sys.platform != "linux", reason="reads Linux's list of mounts")
def test_a_local_folder() -> None:
    assert remote_file_system(Path("/proc")) == ""
