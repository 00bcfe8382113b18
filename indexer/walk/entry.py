"""What a walk yields: files to index, and files left out with the reason why."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum, auto


class SkipReason(StrEnum):
    """Why a file that no ignore rule hides is still not indexed; the value is the lower-case name."""

    BINARY = auto()
    MINIFIED = auto()
    GENERATED = auto()
    TOO_LARGE = auto()
    LONG_LINE = auto()
    UNDECODABLE = auto()
    UNDECODABLE_NAME = auto()
    SECRET = auto()
    UNREADABLE = auto()
    NOT_REGULAR = auto()
    SYMLINK = auto()
    NESTED_REPOSITORY = auto()


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A regular file to index.

    Attributes:
        path: POSIX path relative to the workspace root; always valid Unicode.
        size: Bytes.
        mtime_ns: Last change of the contents, nanoseconds since the epoch.
        ctime_ns: Last change of the inode (on Windows: creation), nanoseconds since the epoch.
        inode: Number of the inode (0 where the platform has none).
    """

    path: str
    size: int
    mtime_ns: int
    ctime_ns: int
    inode: int


@dataclass(frozen=True, slots=True)
class Skip:
    r"""A file, or a whole directory, that is left out.

    Attributes:
        path: POSIX path relative to the workspace root; bytes that are not UTF-8 are shown as ``\xff``.
        reason: Why.
        detail: More about it for people, such as the operating system's message; may be empty.
    """

    path: str
    reason: SkipReason
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Selection:
    """Which files of a workspace the user wants.

    Attributes:
        include: Gitignore-style globs; when there are any, only files that one of them matches (or whose
            folder one of them matches) are taken. They narrow the choice: an ignored file stays ignored.
        exclude: Gitignore-style globs of files that are never taken, tracked by git or not. A ``!glob``
            brings back what an earlier glob or an ignore file hides.
        max_file_bytes: Larger files are skipped.
        respect_gitignore: Whether git's ignore rules apply; ``.codeassistignore`` always does.
        index_secrets: Whether files that look like credentials are taken.
    """

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_file_bytes: int = 1_000_000
    respect_gitignore: bool = True
    index_secrets: bool = False


@dataclass(frozen=True, slots=True)
class ContentLimits:
    """What contents are worth indexing.

    Attributes:
        max_file_bytes: Larger files are skipped.
        max_line_length: Files that consist mostly of lines with more characters are skipped; a file that is
            mostly shorter lines is taken with its few long ones.
        index_secrets: Whether files that hold a private key are taken.
    """

    max_file_bytes: int = 1_000_000
    max_line_length: int = 5_000
    index_secrets: bool = False
