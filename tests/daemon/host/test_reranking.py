"""Second looks in the daemon: who gets one, and what a reranker that is out of order costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from codeassistd.daemon.composition import daemon_service
from codeassistd.daemon.host.second_look import SecondLook
from codeassistd.daemon.host.service import DaemonService
from codeassistd.indexer.search.request import SearchRequest
from codeassistd.lsp.service import CancelledError
from codeassistd.models.errors import CodeassistdError
from codeassistd.models.reranker_selection import RerankerRequest, load_reranker

from .conftest import Recorder, never

PASSAGES = ["def add(a, b): ...", "def read_file(path): ..."]
REFERENCE = "read a file"


@pytest.fixture
def service(tmp_path: Path) -> Iterator[DaemonService]:
    made = daemon_service(tmp_path / "data")
    yield made
    made.close()


def test_passages_are_scored_in_the_worker(service: DaemonService) -> None:
    found = service.rerank(REFERENCE, PASSAGES, never)
    assert found.model == "late-interaction"
    assert found.scores.argmax() == 1
    with pytest.raises(CancelledError):
        service.rerank(REFERENCE, PASSAGES * 500, lambda: True)


def test_searches_are_reranked_when_they_or_the_settings_say_so(
    service: DaemonService, tmp_path: Path
) -> None:
    root = tmp_path / "project"
    (root / ".git").mkdir(parents=True)
    for number, text in enumerate(PASSAGES):
        (root / f"file{number}.py").write_text(f"{text}\n    return {number}\n")
    recorder = Recorder()
    session = service.for_session()
    workspace = session.open_workspace(root, recorder)
    workspace.wait_until_current(never)

    def is_reranked(rerank: bool | None) -> bool:
        request = SearchRequest(REFERENCE, rerank=rerank)
        results = workspace.search(request, {}, never).results
        assert results
        return "rerank" in results[0].scores

    assert [is_reranked(None), is_reranked(True), is_reranked(False)] == [False, True, False]
    session.configure(None, {"search.rerank": True})
    assert [is_reranked(None), is_reranked(True), is_reranked(False)] == [True, True, False]
    with pytest.raises(CodeassistdError, match=r"model\.reranker is shared"):
        session.configure(None, {"model.reranker": str(root)})
    session.close_workspace(root, recorder)


def test_a_reranker_that_fails_leaves_the_order_as_it_is(tmp_path: Path) -> None:
    class Failing:
        identity = load_reranker(RerankerRequest()).identity

        def score(self, *_: object) -> np.ndarray[tuple[int], np.dtype[np.float32]]:
            raise CodeassistdError("out of order")

    told: list[CodeassistdError] = []
    look = SecondLook(Failing, lambda: False, told.append)
    assert look.reranker(SearchRequest("q")) is None
    reranker = look.reranker(SearchRequest("q", rerank=True))
    assert reranker is not None
    assert reranker.score("q", PASSAGES).tolist() == [0, 0]
    assert [error.message for error in told] == ["out of order"]
