"""Where the hub is, and what its addresses look like: the layout of huggingface.co, which mirrors share."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from ..errors import UsageError

DEFAULT_ENDPOINT = "https://huggingface.co"

_TRUE = frozenset({"1", "true", "yes", "on"})
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
_REPOSITORY = re.compile(rf"{_NAME}/{_NAME}")
_REVISION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")


@dataclass(frozen=True, slots=True)
class HubAddress:
    """A hub and how to ask it.

    Attributes:
        endpoint: Its URL, without a slash at the end.
        token: Sent to the hub (never to where it redirects) to reach models behind a licence; "" for none.
    """

    endpoint: str = DEFAULT_ENDPOINT
    token: str = ""

    @property
    def host(self) -> str:
        """The hub in messages: its host and port, without a password."""
        return urlsplit(self.endpoint).netloc.rpartition("@")[2]

    @property
    def may_carry_token(self) -> bool:
        """Whether nobody on the way can read what is sent."""
        parts = urlsplit(self.endpoint)
        return parts.scheme == "https" or parts.hostname in _LOOPBACK

    def listing_url(self, repository: str, revision: str) -> str:
        """The URL that lists a revision's files with sizes and checksums."""
        return f"{self.endpoint}/api/models/{repository}/revision/{quote(revision, safe='')}?blobs=true"

    def file_url(self, repository: str, revision: str, path: str) -> str:
        """The URL of a file's content."""
        return f"{self.endpoint}/{repository}/resolve/{quote(revision, safe='')}/{quote(path)}"

    def page_url(self, repository: str) -> str:
        """The page where people read about a repository and accept its licence."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{self.host}{parts.path}/{repository}"


def hub_address(chosen: str, environ: Mapping[str, str]) -> HubAddress:
    """The hub to use.

    Args:
        chosen: The endpoint of the settings; "" when they name none.
        environ: The environment, whose HF_ENDPOINT and HF_TOKEN are heeded.

    Returns:
        The address.

    Raises:
        UsageError: HF_ENDPOINT is no URL, or HF_TOKEN no token.
    """
    endpoint = (chosen or environ.get("HF_ENDPOINT", "").strip() or DEFAULT_ENDPOINT).rstrip("/")
    if not is_endpoint(endpoint):
        raise UsageError(f"HF_ENDPOINT is no URL of a hub: {endpoint!r}", f"for instance {DEFAULT_ENDPOINT}")
    token = environ.get("HF_TOKEN", "").strip()
    if not (token.isascii() and token.isprintable()):
        raise UsageError("HF_TOKEN holds characters that no token has", "copy it again, or unset it")
    return HubAddress(endpoint, token)


def is_endpoint(text: str) -> bool:
    """Whether a text is an http or https URL without query and fragment."""
    try:
        parts = urlsplit(text)
        return (
            parts.scheme in {"http", "https"}
            and bool(parts.hostname)
            and (parts.port or 1) > 0
            and not (parts.query or parts.fragment)
            and text.isprintable()
            and " " not in text
        )
    except ValueError:  # a port that is no number, or brackets that do not match
        return False


def offline_reason(chosen: bool, environ: Mapping[str, str]) -> str:  # noqa: FBT001 - the setting's value
    """Why the network may not be used; "" when it may.

    Args:
        chosen: The setting hub.offline.
        environ: The environment, whose HF_HUB_OFFLINE is heeded.
    """
    if chosen:
        return "the setting hub.offline is on"
    value = environ.get("HF_HUB_OFFLINE", "").strip().lower()
    return f"HF_HUB_OFFLINE={value} is set" if value in _TRUE else ""


def is_repository(text: str) -> bool:
    """Whether a text has the form owner/repository, as hubs allow it."""
    return _REPOSITORY.fullmatch(text) is not None and "--" not in text and ".." not in text


def is_revision(text: str) -> bool:
    """Whether a text can be a branch, a tag or a commit."""
    return _REVISION.fullmatch(text) is not None and ".." not in text
