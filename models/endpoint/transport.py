"""Requests over HTTP: made again while they get no answer, given up at once when nobody waits any longer."""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

import httpx2

from ..hub.patience import parse_retry_after
from .address import EndpointAddress
from .errors import (
    EndpointError,
    InterruptedRequestError,
    broken_off,
    in_trouble,
    overloaded,
    silent,
    unreachable,
)
from .policy import EndpointPolicy

T = TypeVar("T")

_MOST_ERROR_BYTES = 20_000
_TOO_MANY = 429


class Transport:
    """Connections to one server; used in one event loop.

    Args:
        address: The server.
        policy: Time limits and patience.
        api_key: Shown to the server, and to nobody else; "" for none.
    """

    def __init__(self, address: EndpointAddress, policy: EndpointPolicy, api_key: str = "") -> None:
        self._address = address
        self._policy = policy
        self._secret = api_key.encode()
        headers = {"Accept-Encoding": "identity"}
        if api_key:
            headers["Authorization"] = f"Bearer {api_key}"
        try:
            self._http = httpx2.AsyncClient(
                headers=headers,
                # How long an answer may take depends on how far it is, so that is watched here.
                timeout=httpx2.Timeout(None, connect=policy.connect_seconds),
                follow_redirects=False,
                # A proxy is no way to this machine itself.
                trust_env=not address.is_local,
            )
        except (ValueError, ImportError, httpx2.InvalidURL) as error:
            raise EndpointError(
                f"The proxy of the environment can't be used: {error}.",
                hint="Correct HTTP_PROXY, HTTPS_PROXY or ALL_PROXY.",
            ) from error

    async def close(self) -> None:
        """Close all connections."""
        await self._http.aclose()

    @asynccontextmanager
    async def open(self, method: str, path: str, body: object = None) -> AsyncIterator[Answer]:
        """Make a request, again while the server can't be reached or is in trouble.

        Args:
            method: Of HTTP.
            path: Follows the API's address.
            body: Sent as JSON; None for nothing.

        Yields:
            The answer, with a status below 500 that isn't 429. Leaving before the answer has come to its end
            closes the connection.

        Raises:
            EndpointError: There is none.
            EndpointRefusalError: The server has too many requests.
        """
        response = await self._persist(lambda: self._send(method, path, body))
        try:
            yield self._answer(response)
        finally:
            await response.aclose()

    async def _persist(self, attempt: Callable[[], Awaitable[T]]) -> T:
        failures = 0
        while True:
            try:
                return await attempt()
            except InterruptedRequestError as failure:
                failures += 1
                seconds = self._policy.wait(failures, failure.retry_after)
                if failures > self._policy.retries or seconds > self._policy.longest_asked:
                    raise failure.error from None
                await asyncio.sleep(seconds)

    async def _send(self, method: str, path: str, body: object) -> httpx2.Response:
        host, policy = self._address.host, self._policy
        # Half a character, as damaged names of files may have, is nothing that UTF-8 can say.
        content = None if body is None else json.dumps(body, ensure_ascii=False).encode("utf-8", "replace")
        request = self._http.build_request(
            method,
            f"{self._address.base}{path}",
            content=content,
            headers={"Content-Type": "application/json"},
        )
        try:
            async with asyncio.timeout(policy.connect_seconds + policy.first_seconds):
                response = await self._http.send(request, stream=True)
        except TimeoutError:
            # Asking again would take as long again.
            raise silent(host, policy.first_seconds, has_begun=False) from None
        except httpx2.ConnectTimeout:
            why = f"no connection within {policy.connect_seconds:g} s"
            raise InterruptedRequestError(unreachable(host, why)) from None
        except (httpx2.TransportError, httpx2.InvalidURL) as error:
            if isinstance(_root_cause(error), ssl.SSLCertVerificationError):
                raise EndpointError(
                    f"The certificate of {host} can't be verified: {error}.",
                    hint="Add your organisation's authority to the system's, or name it in SSL_CERT_FILE.",
                ) from None
            raise InterruptedRequestError(unreachable(host, _words(error))) from None
        if response.status_code != _TOO_MANY and response.status_code < 500:
            return response
        raise await self._interruption(response)

    async def _interruption(self, response: httpx2.Response) -> InterruptedRequestError:
        host, status = self._address.host, response.status_code
        asked = parse_retry_after(response.headers.get("Retry-After"))
        try:
            body = await self._answer(response).read(_MOST_ERROR_BYTES)
        except EndpointError:
            body = b""
        finally:
            await response.aclose()
        if status == _TOO_MANY:
            return InterruptedRequestError(overloaded(host, asked), asked)
        return InterruptedRequestError(in_trouble(host, status, body), asked)

    def _answer(self, response: httpx2.Response) -> Answer:
        return Answer(response, self._address.host, self._policy.silence_seconds, self._secret)


class Answer:
    """An answer whose body is still to come.

    Args:
        response: The answer.
        host: Who gives it.
        silence_seconds: Longest pause; may be changed.
        secret: Left out of what is read as a whole: servers quote wrong keys in their errors.
    """

    def __init__(
        self, response: httpx2.Response, host: str, silence_seconds: float, secret: bytes = b""
    ) -> None:
        self._response = response
        self._host = host
        self._secret = secret
        self.silence_seconds = silence_seconds

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self._response.status_code

    @property
    def is_stream(self) -> bool:
        """Whether the body is server-sent events."""
        return "text/event-stream" in self._response.headers.get("Content-Type", "").lower()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The body as it comes.

        Yields:
            Bytes.

        Raises:
            EndpointError: Nothing comes for too long, or the connection is lost.
        """
        source = self._response.aiter_bytes()
        while True:
            try:
                async with asyncio.timeout(self.silence_seconds):
                    piece = await anext(source)
            except StopAsyncIteration:
                return
            except TimeoutError:
                raise silent(self._host, self.silence_seconds, has_begun=True) from None
            except (httpx2.TransportError, httpx2.DecodingError) as error:
                raise broken_off(self._host, _words(error)) from None
            yield piece

    async def read(self, most: int) -> bytes:
        """The body, or its beginning when it is longer than `most` bytes.

        Raises:
            EndpointError: As for `pieces`.
        """
        body = bytearray()
        async for piece in self.pieces():
            body += piece
            if len(body) >= most:
                break
        found = bytes(body[:most])
        return found.replace(self._secret, b"***") if self._secret else found


def _words(error: Exception) -> str:
    return str(error).strip().rstrip(".") or type(error).__name__


def _root_cause(error: BaseException) -> BaseException:
    while (cause := error.__cause__ or error.__context__) is not None:
        error = cause
    return error
