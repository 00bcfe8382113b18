"""The model that writes, exchanged for another when the settings name one."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from ...lsp.service import ModelSummary
from ...models.errors import CodeassistdError

if TYPE_CHECKING:
    from collections.abc import Callable

    from ...models.roles import SharedCompleter
    from ..settings import Settings
    from ..settings_writing import GenerationSettings

_LOOK_AGAIN_SECONDS = 2.0
"""Somebody who has no model may be pulling one."""


class WritingModel:
    """The completer that all sessions share, if there is one. For any thread.

    Args:
        make: Gives the completer that settings name, not loaded yet; raises a `CodeassistdError` that says
            how to get one when they name none, or one that isn't there.
        settings: The settings to begin with.
    """

    def __init__(self, make: Callable[[Settings], SharedCompleter], settings: Settings) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._settings = settings
        self._completer: SharedCompleter | None = None
        self._problem = CodeassistdError("no model that writes was looked for yet")
        self._looked = float("-inf")
        self._is_closed = False

    @property
    def settings(self) -> GenerationSettings:
        """How it should write."""
        return self._settings.generation

    @property
    def is_there(self) -> bool:
        """Whether there is a model. Quick."""
        return self._current() is not None

    def completer(self) -> SharedCompleter:
        """The model.

        Raises:
            CodeassistdError: There is none; says how to get one.
        """
        completer = self._current()
        if completer is None:
            raise type(self._problem)(self._problem.message, self._problem.hint)
        return completer

    def apply(self, settings: Settings) -> None:
        """Exchange the model if the settings name another, or want it run in another way."""
        with self._lock:
            changed = settings.generation != self._settings.generation
            changed |= settings.daemon.unload_minutes != self._settings.daemon.unload_minutes
            self._settings = settings
            if not changed:
                return
            before, self._completer = self._completer, None
            self._looked = float("-inf")
        if before is not None:
            before.close()

    def summaries(self) -> tuple[ModelSummary, ...]:
        """How the model stands; nothing when there is none."""
        completer = self._completer
        if completer is None:
            return ()
        usage = completer.usage()
        identity = completer.identity
        name = f"{identity.name} at {identity.endpoint}" if identity.endpoint else identity.name
        summary = ModelSummary(
            name=name,
            role="generate",
            state=usage.state,
            engine=usage.engine,
            uses=usage.requests,
            idle_seconds=usage.idle_seconds,
            texts=usage.counts.completions,
            tokens=usage.counts.prompt_tokens + usage.counts.completion_tokens,
            computing_seconds=usage.counts.prompt_seconds + usage.counts.completion_seconds,
            errors=usage.failures,
            queued=usage.waiting,
            memory=usage.rss_bytes,
            problem=usage.problem,
        )
        return (summary,)

    def close(self) -> None:
        """End the model's process."""
        with self._lock:
            self._is_closed = True
            completer, self._completer = self._completer, None
        if completer is not None:
            completer.close()

    def _current(self) -> SharedCompleter | None:
        with self._lock:
            now = time.monotonic()
            if self._completer is None and not self._is_closed and now - self._looked > _LOOK_AGAIN_SECONDS:
                self._looked = now
                try:
                    self._completer = self._make(self._settings)
                except CodeassistdError as error:
                    self._problem = error
            return self._completer
