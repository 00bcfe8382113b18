"""What can go wrong with a server, and what to do about it."""

from __future__ import annotations

import json
from typing import Any

from ..errors import CodeassistdError

_LONGEST_WORDS = 300
_MOST_NAMES = 12


class EndpointError(CodeassistdError):
    """The server can't be reached, fails, or talks nonsense."""


class EndpointRefusalError(CodeassistdError):
    """The server is well and won't do this.

    Args:
        message: What it says.
        hint: What to do.
        status: The HTTP status.
    """

    def __init__(self, message: str, hint: str = "", status: int = 0) -> None:
        super().__init__(message, hint)
        self.status = status


class InterruptedRequestError(Exception):
    """A request got no answer, and may get one if it is made again.

    Args:
        error: What to raise when it isn't.
        retry_after: Seconds that the server asks to wait; None when it doesn't say.
    """

    def __init__(self, error: CodeassistdError, retry_after: float | None = None) -> None:
        super().__init__(error.message)
        self.error = error
        self.retry_after = retry_after


def unreachable(host: str, why: str) -> EndpointError:
    """A server that no connection could be made to."""
    return EndpointError(
        f"The server {host} can't be reached: {why}.", hint="Check that it runs, and the endpoint's address."
    )


def silent(host: str, seconds: float, *, has_begun: bool) -> EndpointError:
    """A server that says nothing for too long."""
    when = "in the midst of an answer" if has_begun else "after a request"
    return EndpointError(
        f"The server {host} said nothing for {seconds:g} s {when}.",
        hint="It may be overloaded, or still loading the model; look at its log.",
    )


def broken_off(host: str, why: str) -> EndpointError:
    """A server whose answer ends too early."""
    return EndpointError(
        f"The server {host} broke off its answer: {why}.", hint="Try again; its log may say why."
    )


def nonsense(host: str, what: str) -> EndpointError:
    """A server whose answer can't be understood."""
    return EndpointError(
        f"The server {host} sent {what}.",
        hint="Check that the endpoint is the address of an OpenAI-compatible API.",
    )


def endless(host: str) -> EndpointError:
    """A server that writes much more than was asked for."""
    return EndpointError(
        f"The server {host} sends much more than the tokens that it was asked for; the answer was cut off.",
        hint="Use a server that observes max_tokens.",
    )


def refused(host: str, status: int, body: bytes, model: str, key_variable: str) -> EndpointRefusalError:
    """The error that a status from 300 to 499 stands for.

    Args:
        host: The server.
        status: The HTTP status.
        body: What came with it.
        model: The model that was asked for.
        key_variable: Environment variable of the API key; "" when there is none.
    """
    words = said(body)
    because = f": {words}" if words else ""
    if status == 401:
        hint = (
            f"Set {key_variable} to a valid API key, and restart codeassistd."
            if key_variable
            else "Name the environment variable that holds your API key in the settings."
        )
        return EndpointRefusalError(f"The server {host} doesn't accept the API key{because}.", hint, status)
    if status == 403:
        hint = "Check what the API key may be used for."
        return EndpointRefusalError(
            f"The server {host} doesn't allow the use of the model {model}{because}.", hint, status
        )
    if 300 <= status < 400:
        hint = "Give the address that it sends on to as the endpoint, if you trust it with your code."
        return EndpointRefusalError(f"The server {host} sends on to another address.", hint, status)
    return EndpointRefusalError(
        f"The server {host} refuses the request ({status}){because}.",
        "Check the model and the settings of the endpoint.",
        status,
    )


def missing(host: str, model: str, offered: list[str]) -> EndpointRefusalError:
    """A model that the server doesn't have, or an API that it doesn't have.

    Args:
        host: The server.
        model: The model that was asked for.
        offered: What the server says it has; empty when it doesn't say.
    """
    if not offered:
        return EndpointRefusalError(
            f"The server {host} has no model {model}, or another API.",
            "Check the endpoint's address, and the name of the model.",
            404,
        )
    names = ", ".join(offered[:_MOST_NAMES]) + (", …" if len(offered) > _MOST_NAMES else "")
    if model in offered:
        return EndpointRefusalError(
            f"The server {host} has the model {model}, but no API for this.", "Use another server.", 404
        )
    return EndpointRefusalError(
        f"The server {host} has no model {model}.", f"Name one of those that it has: {names}.", 404
    )


def in_trouble(host: str, status: int, body: bytes) -> EndpointError:
    """A server that fails."""
    words = said(body)
    return EndpointError(
        f"The server {host} failed ({status}){f': {words}' if words else ''}.", hint="Its log may say why."
    )


def overloaded(host: str, seconds: float | None) -> EndpointRefusalError:
    """A server that has too many requests."""
    when = f"in {seconds:,.0f} s" if seconds else "later"
    return EndpointRefusalError(f"The server {host} has too many requests.", f"Try again {when}.", 429)


def said(body: bytes) -> str:
    """What a server says of an error, as one short line; "" when it says nothing to be read."""
    text = body.decode("utf-8", "replace")
    try:
        words = _words(json.loads(text))
    except (ValueError, RecursionError):
        words = "" if text.lstrip().startswith("<") else text
    line = " ".join("".join(char if char.isprintable() else " " for char in words).split())
    return line[:_LONGEST_WORDS].rstrip(" .")


def _words(answer: Any) -> str:
    if isinstance(answer, str):
        return answer
    if isinstance(answer, dict):
        return next((_words(answer[key]) for key in ("error", "message", "detail") if answer.get(key)), "")
    return ""
