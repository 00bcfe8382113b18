"""Stands in until the real one is merged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .roles import Completer


@dataclass(frozen=True, slots=True)
class CompleterRequest:
    """Which model writes."""

    path: str


@dataclass(frozen=True, slots=True)
class LoadedCompleter:
    """A completer and why it runs as it does."""

    completer: Completer
    reason: str


def load_completer(request: CompleterRequest) -> LoadedCompleter:
    """Load the model."""
    raise NotImplementedError(request)
