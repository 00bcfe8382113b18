"""What failed in a session without anybody being answered so."""

from __future__ import annotations

import logging
from collections import OrderedDict

from ..models.errors import CodeassistdError

_MOST = 8

_log = logging.getLogger(__name__)


class Failures:
    """The last failures, each said once: a failure for each key that is pressed would drown all others."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, None] = OrderedDict()

    @property
    def latest(self) -> tuple[str, ...]:
        """In words, newest first."""
        return tuple(reversed(self._said))

    def note(self, what: str, error: Exception) -> None:
        """Remember a failure, and log it unless the same has been.

        Args:
            what: What failed.
            error: How.
        """
        if isinstance(error, CodeassistdError):
            reason = f"{error.message}; {error.hint}" if error.hint else error.message
        else:
            reason = f"a defect of codeassistd ({type(error).__name__}); `codeassistd logs` says more"
        text = f"{what}: {reason}"
        is_new = text not in self._said
        self._said[text] = None
        self._said.move_to_end(text)
        while len(self._said) > _MOST:
            self._said.popitem(last=False)
        if is_new:
            expected = isinstance(error, CodeassistdError)
            _log.log(
                logging.WARNING if expected else logging.ERROR,
                "%s",
                text,
                exc_info=None if expected else error,
            )
