"""An embedding model in a process of its own, for any number of threads."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from typing import TYPE_CHECKING

from .embedding_supervisor import EmbeddingSupervisor
from .limits import WorkerLimits, WorkerUsage
from .process import DEFAULT_COMMAND

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from ..identity import ModelIdentity
    from ..reranker_selection import RerankerRequest
    from ..roles import EmbedKind
    from ..selection import EmbedderRequest
    from .messages import Lane
    from .reranker import WorkerReranker

# One message holds no more than this, so that none is beyond what a frame may hold, and giving up is quick.
_MOST_TEXTS = 1_024
_MOST_CHARACTERS = 4_000_000
# Of whether a request was given up: an answer itself comes at once. With a hundred threads that wait, looking
# more often would keep the interpreter busy.
_POLL_SECONDS = 0.1
_log = logging.getLogger(__name__)


class WorkerEmbedder:
    """An ``Embedder`` whose model runs in a worker process; this one is its interactive lane.

    The process is started by the first request, or by `start`, and ended after an idle time. A crash, a hang
    or too much memory costs the process alone: what it worked on is tried once more with a new one.

    Args:
        identity: The vectors that the request leads to.
        request: The model and how it should run.
        limits: What the process may take.
        command: The program to run, for tests; by default this Python with `codeassistd.models.worker`.
        on_log: Gets each line that the process writes to standard error and each failure, without line ends;
            by default the module's logger.
    """

    def __init__(
        self,
        identity: ModelIdentity,
        request: EmbedderRequest,
        limits: WorkerLimits | None = None,
        *,
        command: Sequence[str] = DEFAULT_COMMAND,
        on_log: Callable[[str], None] = _log.info,
    ) -> None:
        self._identity = identity
        self._supervisor = EmbeddingSupervisor(
            identity, request, tuple(command), limits or WorkerLimits(), on_log
        )
        self._interactive = LaneEmbedder(identity, self._supervisor, "interactive")
        self._bulk = LaneEmbedder(identity, self._supervisor, "bulk")

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are; known without a process."""
        return self._identity

    @property
    def bulk(self) -> LaneEmbedder:
        """The same worker for work that can wait: it stands back whenever there is interactive work."""
        return self._bulk

    def embed(
        self, texts: Sequence[str], kind: EmbedKind, cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Embed texts ahead of all bulk work; see the role ``Embedder``.

        Args:
            texts: Any strings.
            kind: Which of the model's prefixes they get.
            cancelled: Polled; once it is true the texts leave the worker's queue.

        Returns:
            float32 array of shape (len(texts), dimensions).

        Raises:
            CancelledError: Of concurrent.futures; ``cancelled`` said so.
            CodeassistdError: The model raised it.
            WorkerError: The worker was lost twice, keeps failing, or was closed.
        """
        return self._interactive.embed(texts, kind, cancelled)

    def submit(
        self, texts: Sequence[str], kind: EmbedKind, *, bulk: bool = False
    ) -> Future[NDArray[np.float32]]:
        """Begin to embed at most 1,024 texts without waiting.

        Args:
            texts: At least one string.
            kind: Which of the model's prefixes they get.
            bulk: Whether they can wait for everything else.

        Returns:
            The vectors; ``cancel()`` takes the request out of the worker's queue.

        Raises:
            WorkerError: The worker keeps failing, or was closed.
        """
        return (self._bulk if bulk else self._interactive).submit(texts, kind)

    def reranker(self, request: RerankerRequest) -> WorkerReranker:
        """A reranker in the same process, loaded there when it is first used."""
        from .reranker import WorkerReranker  # noqa: PLC0415 - most searches do without

        return WorkerReranker(request, self._supervisor)

    def start(self) -> None:
        """Begin loading the model in the background; a failure is met again by whoever needs the model."""
        self._supervisor.start()

    def usage(self) -> WorkerUsage:
        """What is known of the worker now."""
        return self._supervisor.usage()

    def close(self) -> None:
        """End the process for good, within a second or two even when it hangs."""
        self._supervisor.close()


class LaneEmbedder:
    """One lane of a worker as an ``Embedder``.

    Args:
        identity: Which vectors these are.
        supervisor: The worker.
        lane: Which queue of the worker the texts go to.
    """

    def __init__(self, identity: ModelIdentity, supervisor: EmbeddingSupervisor, lane: Lane) -> None:
        self._identity = identity
        self._supervisor = supervisor
        self._lane: Lane = lane

    @property
    def identity(self) -> ModelIdentity:
        """Which vectors these are."""
        return self._identity

    def embed(
        self, texts: Sequence[str], kind: EmbedKind, cancelled: Callable[[], bool] | None = None
    ) -> NDArray[np.float32]:
        """Embed texts on this lane; see `WorkerEmbedder.embed`."""
        import numpy as np  # noqa: PLC0415 - only who gets vectors pays for numpy

        answers: list[Future[NDArray[np.float32]]] = []
        try:
            answers.extend(self.submit(part, kind) for part in split(texts))
            parts = [result(answer, cancelled) for answer in answers]
        finally:
            for answer in answers:
                answer.cancel()
        if len(parts) == 1:
            return parts[0]
        empty = np.empty((0, self._identity.dimensions), np.float32)
        return np.concatenate([empty, *parts])

    def submit(self, texts: Sequence[str], kind: EmbedKind) -> Future[NDArray[np.float32]]:
        """Begin to embed texts; see `WorkerEmbedder.submit`."""
        from ..tokenization import trim_loosely  # noqa: PLC0415 - not needed to import this module

        # What the model doesn't read needn't go through the pipe.
        read = [trim_loosely(text, self._identity.max_tokens) for text in texts]
        return self._supervisor.submit(read, kind, self._lane)


def split(texts: Sequence[str]) -> Iterator[Sequence[str]]:
    """Cut a list of texts into lists that fit into a message each.

    Args:
        texts: Any strings.

    Yields:
        Parts in the same order, none empty, of at most 1,024 texts and 4 million characters; a single text
        may have more.
    """
    first = characters = 0
    for position, text in enumerate(texts):
        characters += len(text)
        if position > first and (position - first == _MOST_TEXTS or characters > _MOST_CHARACTERS):
            yield texts[first:position]
            first, characters = position, len(text)
    if first < len(texts):
        yield texts[first:]


def result(answer: Future[NDArray[np.float32]], cancelled: Callable[[], bool] | None) -> NDArray[np.float32]:
    """Wait for an answer.

    Raises:
        CancelledError: Of concurrent.futures; ``cancelled`` said so.
    """
    if cancelled is not None:
        while not wait([answer], _POLL_SECONDS).done:
            if cancelled():
                raise CancelledError
    return answer.result()
