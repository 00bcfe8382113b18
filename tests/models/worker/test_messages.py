"""What goes into the pipe comes out of it, and nothing else does."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.reranker_selection import RerankerRequest
from codeassistd.models.selection import EmbedderRequest
from codeassistd.models.worker import frames
from codeassistd.models.worker.effort import Effort
from codeassistd.models.worker.frames import FrameError
from codeassistd.models.worker.messages import (
    Cancel,
    Embed,
    Failure,
    FromWorker,
    Load,
    LoadFailed,
    Ready,
    RequestFailed,
    Rerank,
    Reranking,
    ToWorker,
    Vectors,
    Working,
    decode,
    decode_from_worker,
    encode,
)

# A pair of surrogates is a character in JSON; one alone, as a file's damaged name may have, stays as it is.
TEXT = st.text(st.characters(exclude_categories=["Cs"])) | st.just("lone \udc80")
NUMBER = st.integers(0, 2**53)
FAILURE = st.builds(Failure, TEXT, TEXT, st.booleans())
MESSAGES = st.one_of(
    st.builds(
        Load,
        st.builds(
            EmbedderRequest,
            model=TEXT,
            backend=st.sampled_from(["auto", "torch"]),
            threads=st.none() | st.integers(1, 64),
            cache_dir=st.none() | st.just(Path("some") / "where"),
        ),
        st.integers(0, 19),
    ),
    st.builds(
        Embed,
        NUMBER,
        st.sampled_from(["interactive", "bulk"]),
        st.sampled_from(["query", "document"]),
        st.lists(TEXT),
    ),
    st.builds(
        Rerank,
        NUMBER,
        st.builds(
            Reranking,
            st.builds(
                RerankerRequest,
                folder=st.none() | st.just(Path("some") / "ranker"),
                threads=st.none() | st.integers(1, 64),
                cache_dir=st.none() | st.just(Path("some") / "where"),
            ),
            TEXT,
        ),
        st.lists(TEXT),
    ),
    st.builds(Cancel, NUMBER),
    st.builds(Ready, TEXT, TEXT),
    st.builds(LoadFailed, FAILURE),
    st.builds(Working, st.lists(NUMBER)),
    st.builds(Vectors, NUMBER, st.binary(), st.builds(Effort, NUMBER, st.floats(0, 1e9))),
    st.builds(RequestFailed, NUMBER, FAILURE),
)


@given(st.lists(MESSAGES, max_size=5))
def test_messages_survive_the_pipe(messages: list[ToWorker | FromWorker]) -> None:
    stream = io.BytesIO(b"".join(encode(message) for message in messages))
    for message in messages:
        frame = frames.read(stream)
        assert frame is not None
        assert decode(*frame) == message
    assert frames.read(stream) is None


@given(MESSAGES, st.data())
def test_a_frame_cut_short_is_an_error(message: ToWorker | FromWorker, data: st.DataObject) -> None:
    whole = encode(message)
    kept = data.draw(st.integers(1, len(whole) - 1))
    with pytest.raises(FrameError):
        frames.read(io.BytesIO(whole[:kept]))


@given(st.binary(min_size=1))
def test_other_bytes_are_an_error(garbage: bytes) -> None:
    with pytest.raises(FrameError):
        frames.read(io.BytesIO(garbage))


@given(
    st.dictionaries(
        st.sampled_from(["type", "id", "ids", "failure", "texts", "lane", "kind", "request", "niceness"]),
        st.recursive(
            st.none()
            | st.booleans()
            | st.floats()
            | TEXT
            | st.sampled_from(["Load", "Embed", "Working", "Vectors"]),
            lambda inner: st.lists(inner, max_size=2) | st.dictionaries(TEXT, inner, max_size=2),
            max_leaves=4,
        ),
    )
)
def test_other_objects_are_an_error_or_a_message(header: dict[str, object]) -> None:
    header = json.loads(json.dumps(header))
    try:
        message = decode(header, b"")
    except FrameError:
        return
    assert type(message).__name__ == header["type"]


def test_a_length_beyond_reason_is_an_error_before_memory_is_taken() -> None:
    whole = frames.pack({"type": "Vectors", "id": 1}, b"payload")
    with pytest.raises(FrameError, match="too large"):
        frames.read(io.BytesIO(whole[:8] + b"\xff\xff\xff\xff" + whole[12:]))


@pytest.mark.parametrize("header", ["[]", "nothing", '{"a": 1', "[" * 100_000])
def test_a_header_that_is_no_object_is_an_error(header: str) -> None:
    text = header.encode()
    with pytest.raises(FrameError):
        frames.read(io.BytesIO(b"CAW1" + len(text).to_bytes(4, "little") + bytes(4) + text))


def test_what_only_the_daemon_sends_is_not_accepted_from_a_worker() -> None:
    assert decode_from_worker({"type": "Working", "ids": [1]}, b"") == Working([1])
    with pytest.raises(FrameError, match="Cancel"):
        decode_from_worker({"type": "Cancel", "id": 1}, b"")


@pytest.mark.parametrize("kind", [CodeassistdError, UsageError])
def test_errors_for_users_keep_their_words(kind: type[CodeassistdError]) -> None:
    error = Failure.of(kind("what", hint="do this")).exception()
    assert (type(error), error.message, error.hint) == (kind, "what", "do this")


def test_other_errors_are_named() -> None:
    error = Failure.of(ZeroDivisionError("a number")).exception()
    assert (type(error), error.message) == (CodeassistdError, "The model failed: ZeroDivisionError: a number")
