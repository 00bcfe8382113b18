from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.daemon.host.index_messages import (
    CANCEL,
    Answer,
    Committed,
    UpdateJob,
    WorkerSaidError,
    decode_answer,
    decode_job,
    encode_answer,
    encode_job,
)
from codeassistd.daemon.host.standing import Standing
from codeassistd.daemon.host.work import EVERYTHING, NOTHING, Work, retry_delay
from codeassistd.indexer.pipeline.report import Progress, UpdateReport
from codeassistd.models.errors import CodeassistdError

REPORT = UpdateReport(
    workspace=Path("/w"),
    revision=3,
    model="m",
    files_seen=5,
    files_indexed=2,
    files_unchanged=3,
    files_pending=0,
    files_removed=1,
    skipped={"binary": 1},
    unreadable=("a: no permission",),
    chunks_total=9,
    chunks_embedded=4,
    chunks_reused=5,
    chunks_pending=0,
    seconds={"total": 1.5},
    cancelled=False,
    rebuilt="",
)
paths = st.frozensets(st.text("ab/", min_size=1, max_size=4), max_size=4)
works = st.builds(Work, paths=paths, everything=st.booleans(), full=st.booleans())


@given(st.lists(works, max_size=6))
def test_joined_work_forgets_nothing(parts: list[Work]) -> None:
    joined = NOTHING
    for part in parts:
        joined |= part
    assert bool(joined) == any(parts)
    assert joined.full == any(part.full for part in parts)
    if joined.scope is not None:
        assert set(joined.scope) == {path for part in parts for path in part.paths}
    else:
        assert any(part.everything or part.full for part in parts)


def test_retries_come_ever_less_often() -> None:
    assert [retry_delay(failures) for failures in (1, 2, 3, 6, 7, 100)] == [1, 2, 4, 32, 60, 60]


@pytest.mark.parametrize(
    "answer",
    [Progress("scan", 1, None), Progress("embed", 2, 9, "chunks", "x"), Committed(7, True, 9, 4), REPORT],
)
def test_answers_survive_the_pipe(answer: Answer) -> None:
    line = encode_answer(answer)
    assert "\n" not in line
    assert decode_answer(line) == answer


def test_errors_survive_the_pipe() -> None:
    said = decode_answer(encode_answer(WorkerSaidError("no\nspace", "free some")))
    assert isinstance(said, WorkerSaidError)
    assert (said.message, said.hint) == ("no\nspace", "free some")
    with pytest.raises(ValueError, match="nonsense"):
        decode_answer('{"nonsense": 1}')


@given(st.none() | st.lists(st.text(), max_size=3), st.booleans(), st.none() | st.floats(0, 100))
def test_jobs_survive_the_pipe(paths: list[str] | None, full: bool, seconds: float | None) -> None:
    settings = {"index.exclude": ("a", "b"), "index.max_file_bytes": 7}
    job = UpdateJob(settings, full, None if paths is None else tuple(paths), seconds)
    line = encode_job(job)
    assert "\n" not in line
    assert decode_job(line) == job
    assert decode_job(CANCEL) is None


def test_the_state_is_the_most_telling_one() -> None:
    committed = Committed(1, True, 10, 10)
    broken = CodeassistdError("broken")
    assert Standing(work=EVERYTHING).state == "starting"
    assert Standing(progress=Progress("scan", 0, None)).state == "scanning"
    assert Standing(progress=Progress("chunk", 0, None), problem=broken).state == "indexing"
    assert Standing(problem=broken, agreed_at=1.0, committed=committed).state == "failed"
    assert Standing(agreed_at=1.0, committed=Committed(1, True, 10, 4)).state == "embedding"
    assert Standing(agreed_at=1.0, committed=committed).state == "ready"
    assert Standing(agreed_at=1.0, paused=frozenset({"by command"})).state == "paused"


def test_freshness_counts_from_when_the_index_last_agreed() -> None:
    assert Standing().freshness(5.0) is None
    assert Standing(agreed_at=1.0).freshness(5.0) == 0.0
    assert Standing(agreed_at=1.0, work=EVERYTHING).freshness(5.0) == 4.0
    assert Standing(agreed_at=1.0, progress=Progress("chunk", 0, 1)).freshness(5.0) == 4.0
    assert Standing(agreed_at=1.0, progress=Progress("embed", 0, 1)).freshness(5.0) == 0.0
