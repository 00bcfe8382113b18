"""Git's glob language, as regular expressions over bytes.

Git matches bytes, not characters: ``?`` does not match a two-byte letter. The expressions run on patterns of
repositories nobody has vetted, so each ``*`` is written as an atomic group that takes the earliest match of
what follows it. That is exact for globs, and it keeps the time linear where plain backtracking would be
exponential.
"""

from __future__ import annotations

from dataclasses import dataclass, field

_STAR, _QUESTION, _BRACKET, _BACKSLASH, _SLASH = b"*?[\\/"
_GLOB_SPECIAL = frozenset(b"*?[\\")
_ANY_DEPTH_OR_NONE = rb"(?:(?s:.)*?/)??"
_ANY_DEPTH = rb"(?s:.)*?/"

_UPPER = frozenset(range(ord("A"), ord("Z") + 1))
_LOWER = frozenset(range(ord("a"), ord("z") + 1))
_DIGIT = frozenset(range(ord("0"), ord("9") + 1))
_GRAPH = frozenset(range(0x21, 0x7F))
_POSIX_CLASSES = {
    b"alnum": _UPPER | _LOWER | _DIGIT,
    b"alpha": _UPPER | _LOWER,
    b"blank": frozenset(b" \t"),
    b"cntrl": frozenset(range(0x20)) | {0x7F},
    b"digit": _DIGIT,
    b"graph": _GRAPH,
    b"lower": _LOWER,
    b"print": _GRAPH | {0x20},
    b"punct": _GRAPH - _UPPER - _LOWER - _DIGIT,
    b"space": frozenset(b" \t\n\r"),  # git's own ctype: no vertical tab, no form feed
    b"upper": _UPPER,
    b"xdigit": _DIGIT | frozenset(b"abcdefABCDEF"),
}


def literal_length(glob: bytes) -> int:
    """Number of leading bytes of ``glob`` that stand for themselves."""
    return next((index for index, byte in enumerate(glob) if byte in _GLOB_SPECIAL), len(glob))


def literal(text: bytes, *, ignore_case: bool = False) -> bytes:
    """Regular expression that matches exactly ``text``."""
    return b"".join(_byte_set(_both_cases(byte) if ignore_case else frozenset((byte,))) for byte in text)


def translate(glob: bytes, *, pathname: bool, ignore_case: bool = False) -> bytes | None:
    """Regular expression for ``glob``, to be used with ``fullmatch``.

    Args:
        glob: The glob; for ``pathname`` without the literal prefix that git compares separately. (That makes
            ``a**/b`` mean ``a`` followed by ``**/b`` in git, and so here.)
        pathname: Whether the subject is a path, where ``*`` stops at a slash and ``**/`` crosses them, rather
            than a name without slashes.
        ignore_case: Whether ASCII letters match in both cases, as with git's ``core.ignoreCase``.

    Returns:
        The expression, or None when nothing can match, as for an unclosed ``[``.
    """
    groups = [_Group(b"")]
    tail = b""
    position = 0
    while position < len(glob):
        byte = glob[position]
        if byte == _STAR:
            end = position
            while glob[end : end + 1] == b"*":
                end += 1
            kind = _star_kind(glob, position, end) if pathname else "*"
            if kind == "tail":
                tail = rb"(?s:.)*"
            elif kind == "*":
                groups[-1].segments.append(b"")
            else:
                groups.append(_Group(_ANY_DEPTH_OR_NONE if kind == "/" else _ANY_DEPTH))
                end += len(kind)
            position = end
            continue
        accepted, position = _one_byte(glob, position, ignore_case=ignore_case)
        if not accepted:
            return None
        groups[-1].segments[-1] += _byte_set(accepted)
    return _render(groups, tail)


@dataclass(slots=True)
class _Group:
    """Globs between two ``**/``: expressions without stars, to be joined by ``*``."""

    opener: bytes
    segments: list[bytes] = field(default_factory=lambda: [b""])

    def render(self) -> bytes:
        first, *rest = self.segments
        stars = [rb"[^/]*?" + segment for segment in rest]
        # Only the last one needs its freedom: it has to reach the end of the subject.
        return self.opener + first + b"".join([b"(?>" + star + b")" for star in stars[:-1]] + stars[-1:])


def _render(groups: list[_Group], tail: bytes) -> bytes:
    *middle, last = [group.render() for group in groups]
    if tail:
        middle, last = [*middle, last], tail
    return b"".join(b"(?>" + group + b")" for group in middle if group) + last


def _star_kind(glob: bytes, start: int, end: int) -> str:
    r"""``*`` within a component, ``tail`` for a final ``**``, or the slash (``/``, ``\/``) after ``**``."""
    if end - start == 1 or (start and glob[start - 1] != _SLASH):
        return "*"
    if end == len(glob):
        return "tail"
    return next((slash for slash in ("/", "\\/") if glob.startswith(slash.encode(), end)), "*")


def _one_byte(glob: bytes, position: int, *, ignore_case: bool) -> tuple[frozenset[int], int]:
    """Bytes that the non-star at ``position`` accepts (none: it never matches), and where the next starts."""
    byte = glob[position]
    if byte == _QUESTION:
        return frozenset(range(256)) - {_SLASH}, position + 1
    if byte == _BRACKET:
        return _bracket(glob, position + 1, ignore_case=ignore_case)
    if byte != _BACKSLASH:
        return _both_cases(byte) if ignore_case else frozenset((byte,)), position + 1
    escaped = frozenset(glob[position + 1 : position + 2])
    if not ignore_case:
        return escaped, position + 2
    # Git folds the subject but not an escaped letter, so that an escaped capital never matches.
    return escaped - _UPPER | frozenset(byte - 32 for byte in escaped & _LOWER), position + 2


def _bracket(glob: bytes, position: int, *, ignore_case: bool) -> tuple[frozenset[int], int]:
    negated = glob[position : position + 1] in (b"!", b"^") and position < len(glob)
    position += negated
    members: set[int] = set()
    previous = 0
    first = True
    while first or glob[position : position + 1] != b"]":
        first = False
        if position >= len(glob):
            return frozenset(), position
        byte = glob[position]
        if glob.startswith(b"[:", position):
            close = glob.find(b"]", position + 2)
            if close < 0:
                return frozenset(), position
            if close > position + 2 and glob[close - 1] == ord(":"):
                named = _POSIX_CLASSES.get(glob[position + 2 : close - 1])
                if named is None:
                    return frozenset(), position
                members |= named | (_LOWER if ignore_case and named is _UPPER else frozenset())
                previous, position = 0, close + 1
                continue
        is_range = byte == ord("-") and previous and glob[position + 1 : position + 2] not in (b"", b"]")
        position += bool(is_range)
        position += glob[position] == _BACKSLASH
        if position >= len(glob):
            return frozenset(), position
        byte = glob[position]
        if is_range:
            members |= _range(previous, byte, ignore_case=ignore_case)
            previous = 0
        else:
            members.add(byte)
            previous = byte
        position += 1
    if ignore_case:  # git folds the subject before it looks
        members = {byte for byte in range(256) if (byte + 32 if byte in _UPPER else byte) in members}
    accepted = frozenset(range(256)) - members if negated else frozenset(members)
    return accepted - {_SLASH}, position + 1


def _range(low: int, high: int, *, ignore_case: bool) -> set[int]:
    members = set(range(low, high + 1))
    if ignore_case:
        members |= {byte + 32 for byte in members & _UPPER}
    return members


def _both_cases(byte: int) -> frozenset[int]:
    return frozenset(bytes((byte,)).lower() + bytes((byte,)).upper())


def _byte_set(accepted: frozenset[int]) -> bytes:
    if len(accepted) == 1:
        return b"\\x%02x" % next(iter(accepted))
    if len(accepted) > 128:
        return b"[^" + b"".join(b"\\x%02x" % byte for byte in sorted(set(range(256)) - accepted)) + b"]"
    return b"[" + b"".join(b"\\x%02x" % byte for byte in sorted(accepted)) + b"]"
