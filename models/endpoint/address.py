"""Where a server is, and whether a prompt may be sent there."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..errors import UsageError

_API = "/v1"


@dataclass(frozen=True, slots=True)
class EndpointAddress:
    """A server that speaks OpenAI's API.

    Attributes:
        base: Address that the API's paths follow, without a slash at its end.
        host: Name and port, as people know it.
        is_local: Whether it is on this machine.
    """

    base: str
    host: str
    is_local: bool


def parse_address(url: str, *, allow_plain_http: bool = False) -> EndpointAddress:
    """Read a server's address.

    Args:
        url: ``http://localhost:11434`` or ``https://example.org/api/v1``; without a path, ``/v1`` is meant.
        allow_plain_http: Whether code may be sent over a network where others can read it.

    Raises:
        UsageError: It is no such address, or the connection would not be encrypted.
    """
    try:
        parts = urlsplit(url.strip())
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError(f"The endpoint {url!r} is no web address: {error}.", hint=_EXAMPLE) from None
    if parts.scheme not in {"http", "https"} or not host:
        raise UsageError(f"The endpoint {_shown(url)} is no web address.", hint=_EXAMPLE)
    if parts.username is not None or parts.password is not None:
        raise UsageError(
            f"The endpoint of the host {host} has a password in its address.",
            hint="Name an environment variable that holds the API key instead.",
        )
    if parts.query or parts.fragment:
        raise UsageError(f"The endpoint {_shown(url)} has more than a path behind its host.", hint=_EXAMPLE)
    is_local = _is_loopback(host)
    if parts.scheme == "http" and not is_local and not allow_plain_http:
        raise UsageError(
            f"The endpoint {_shown(url)} would get your code through a network where others can read it.",
            hint="Use https://, or a tunnel to a port of this machine, or allow it in your settings.",
        )
    path = parts.path.rstrip("/") or _API
    return EndpointAddress(f"{parts.scheme}://{parts.netloc}{path}", parts.netloc, is_local)


_EXAMPLE = "An address looks like http://localhost:11434 or https://example.org/v1."


def _shown(url: str) -> str:
    # A password may stand before an @, even in what can't be taken apart.
    return repr(url.strip().rpartition("@")[2][:100])


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
