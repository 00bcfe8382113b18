"""Asks a hub over HTTP. Proxies, NO_PROXY and the system's certificates come from the environment."""

from __future__ import annotations

import json
import re
import ssl
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Self

import httpx2

from .address import HubAddress
from .errors import HubError, InterruptedTransferError
from .listing import RemoteFile
from .patience import Patience, RetryPolicy, parse_retry_after

_MAX_LISTING_BYTES = 50_000_000
_MAX_REDIRECTS = 10
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")
_PARTIAL, _OK, _RANGE_REFUSED, _TOO_MANY = 206, 200, 416, 429


@dataclass(frozen=True, slots=True)
class Body:
    """The content of a file, or the rest of it.

    Attributes:
        start: Offset of its first byte in the file: 0 when the server can't continue.
        etag: What identifies this version of the file to the server; "" when it doesn't say.
        chunks: The bytes as they come.
    """

    start: int
    etag: str
    chunks: Iterator[bytes]


class HubClient:
    """A connection to one hub.

    Args:
        address: The hub.
        version: The program's, which the hub is told.
        policy: Time limits and patience.
        notice: Told of waits, in words for a user.
    """

    def __init__(
        self,
        address: HubAddress,
        version: str,
        policy: RetryPolicy | None = None,
        notice: Callable[[str], None] = lambda _text: None,
    ) -> None:
        self.address = address
        self._policy = policy or RetryPolicy()
        self._notice = notice
        # Bytes are wanted as they lie on the hub's disk: only then do ranges and sizes mean anything.
        headers = {"User-Agent": f"codeassistd/{version}", "Accept-Encoding": "identity"}
        if address.token and address.may_carry_token:
            headers["Authorization"] = f"Bearer {address.token}"
        try:
            self._http = httpx2.Client(
                headers=headers,
                timeout=httpx2.Timeout(self._policy.read_timeout, connect=self._policy.connect_timeout),
                follow_redirects=True,
                max_redirects=_MAX_REDIRECTS,
            )
        except (ValueError, ImportError, httpx2.InvalidURL) as error:
            raise HubError(
                f"the proxy of the environment can't be used: {error}",
                "correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY",
            ) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._http.close()

    def patience(self) -> Patience:
        """A fresh count of failures, for one transfer."""
        return Patience(self._policy, self._notice)

    def listing(self, repository: str, revision: str) -> Any:
        """The hub's description of a revision, as JSON, tried again while the connection fails.

        Raises:
            HubError: There is no such thing, or the hub can't be reached.
        """
        url = self.address.listing_url(repository, revision)
        patience = self.patience()
        while True:
            try:
                return self._json(url, repository, revision)
            except InterruptedTransferError as failure:
                patience.endure(failure, f"the listing of {repository}")

    @contextmanager
    def open_file(
        self, repository: str, revision: str, file: RemoteFile, offset: int, etag: str
    ) -> Iterator[Body]:
        """Ask for a file from an offset on.

        Args:
            repository: "owner/name".
            revision: The commit.
            file: Which of its files.
            offset: How many bytes are at hand.
            etag: What the server said about them; "" when it said nothing.

        Yields:
            What the server sends, which may begin at 0 all the same.

        Raises:
            InterruptedTransferError: Trying again may help.
            HubError: It won't.
        """
        headers = {}
        if offset:
            headers["Range"] = f"bytes={offset}-"
            if etag and not etag.startswith("W/"):
                headers["If-Range"] = etag
        url = self.address.file_url(repository, revision, file.path)
        with self._stream(url, headers) as response:
            if response.status_code == _RANGE_REFUSED and offset:
                raise InterruptedTransferError("the server can't continue the file", from_start=True)
            if response.status_code not in {_OK, _PARTIAL}:
                raise self._refusal(response, repository, f"{file.path} of {repository}")
            start = _start(response, offset)
            _check_length(response, start, file)
            yield Body(start, response.headers.get("ETag", ""), response.iter_raw())

    def _json(self, url: str, repository: str, revision: str) -> Any:
        with self._stream(url, {}) as response:
            if response.status_code != _OK:
                raise self._refusal(response, repository, f"revision {revision} of {repository}")
            content = bytearray()
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > _MAX_LISTING_BYTES:
                    raise HubError(f"the listing of {repository} is larger than 50 MB", "check the endpoint")
        try:
            return json.loads(content)
        except (ValueError, RecursionError):
            # A proxy that cuts answers short sends a proper end of a broken document.
            raise InterruptedTransferError("the hub's answer is cut short or no JSON") from None

    @contextmanager
    def _stream(self, url: str, headers: dict[str, str]) -> Iterator[httpx2.Response]:
        try:
            with self._http.stream("GET", url, headers=headers) as response:
                hops = [*response.history, response]
                if hops[0].url.scheme == "https" and any(hop.url.scheme != "https" for hop in hops):
                    raise HubError(f"{self.address.host} redirects to an address without encryption")
                yield response
        except httpx2.TooManyRedirects:
            raise HubError(f"{self.address.host} redirects in circles", "check the endpoint") from None
        except (httpx2.UnsupportedProtocol, httpx2.InvalidURL) as error:
            raise HubError(f"{self.address.host} redirects to no web address: {error}") from None
        except httpx2.ProxyError as error:
            raise InterruptedTransferError(f"the proxy refuses: {error}") from None
        except httpx2.TimeoutException as error:
            what = "no connection" if isinstance(error, httpx2.ConnectTimeout) else "no data"
            limit = self._policy.connect_timeout if what == "no connection" else self._policy.read_timeout
            raise InterruptedTransferError(f"{what} for {limit:g} s") from None
        except httpx2.TransportError as error:
            if isinstance(_root_cause(error), ssl.SSLCertVerificationError):
                raise HubError(
                    f"the certificate of {self.address.host} can't be verified: {error}",
                    "add your organisation's authority to the system's, or name it in SSL_CERT_FILE",
                ) from None
            raise InterruptedTransferError(str(error).strip() or type(error).__name__) from None

    def _refusal(self, response: httpx2.Response, repository: str, what: str) -> Exception:
        """The error that a status stands for."""
        status, host = response.status_code, self.address.host
        if status in {408, 425, _TOO_MANY} or status >= 500:
            reason = "the hub has too many requests" if status == _TOO_MANY else "the hub is in trouble"
            asked = parse_retry_after(response.headers.get("Retry-After"))
            return InterruptedTransferError(f"{reason} ({status})", asked)
        code = response.headers.get("X-Error-Code", "")
        page = self.address.page_url(repository)
        if status == 403 or code == "GatedRepo":
            return HubError(
                f"{host} gives {repository} only to those who accepted its licence",
                f"accept it at {page}, then set HF_TOKEN to a token of yours",
            )
        if status == 401:
            return HubError(
                f"{host} has no public model {repository}", "check the name; for a private one, set HF_TOKEN"
            )
        if status in {404, 410}:
            return HubError(f"{host} has no {what}", f"check the name and the revision at {page}")
        return HubError(f"{host} answers {status} when asked for {what}", "check the endpoint")


def _start(response: httpx2.Response, offset: int) -> int:
    if response.status_code == _OK:
        return 0
    found = _CONTENT_RANGE.fullmatch(response.headers.get("Content-Range", ""))
    if found is None or int(found[1]) != offset:
        raise InterruptedTransferError("the server sends another part than asked for", from_start=True)
    return offset


def _check_length(response: httpx2.Response, start: int, file: RemoteFile) -> None:
    """Refuse what can't be the file before it is written: a login page, for one."""
    length = response.headers.get("Content-Length", "")
    if length.isdigit() and start + int(length) > file.size:
        raise InterruptedTransferError(
            f"the server sends {start + int(length):,} bytes, the listing says {file.size:,}",
            from_start=start > 0,
        )


def _root_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
