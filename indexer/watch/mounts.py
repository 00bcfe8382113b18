"""Whether a folder lies on a file system that others can change behind this system's back."""

from __future__ import annotations

import re
import sys
from pathlib import Path

_REMOTE = frozenset({
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "ncpfs", "afs", "ceph", "lustre", "gpfs", "glusterfs", "beegfs",
    "orangefs", "davfs", "9p", "drvfs", "virtiofs", "vboxsf", "prl_fs", "vmhgfs", "fakeowner", "fuse.sshfs",
    "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.glusterfs", "fuse.davfs2", "fuse.vmhgfs-fuse",
    "fuse.grpcfuse", "fuse.osxfs",
})  # fmt: skip
_MOUNTS = Path("/proc/self/mountinfo")


def remote_file_system(root: Path) -> str:
    r"""The kind of network or shared file system that a folder lies on; empty for a local one.

    Known on Linux, and on Windows for paths such as ``\\server\share``; elsewhere all count as local.
    """
    if sys.platform == "win32":
        return "network share" if str(root).startswith("\\\\") else ""
    try:
        mounts = _MOUNTS.read_text(encoding="utf-8", errors="surrogateescape")
    except OSError:
        return ""
    kind = file_system_of(root, mounts)
    return kind if kind in _REMOTE else ""


def file_system_of(path: Path, mounts: str) -> str:
    """The type of the file system that holds a path.

    Args:
        path: Absolute, without links.
        mounts: Contents of `/proc/self/mountinfo`; where mounts cover one another, the later one counts.
    """
    best, kind = -1, ""
    for line in mounts.splitlines():
        front, _, back = line.partition(" - ")
        fields = front.split(" ")
        if len(fields) > 4 and back:
            place = Path(re.sub(r"\\([0-7]{3})", lambda octal: chr(int(octal[1], 8)), fields[4]))
            if path.is_relative_to(place) and len(place.parts) >= best:
                best, kind = len(place.parts), back.split(" ")[0]
    return kind
