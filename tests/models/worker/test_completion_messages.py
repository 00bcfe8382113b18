"""What a daemon and a writing worker say survives the pipe; nothing else is taken for it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from codeassistd.models.completer_selection import CompleterRequest
from codeassistd.models.completion import Completion, FillIn, Instruction, RenderedPrompt, Sampling, Usage
from codeassistd.models.worker import frames
from codeassistd.models.worker.completion_messages import (
    Complete,
    Completed,
    CompletionText,
    LoadCompleter,
    Render,
    Rendered,
    decode,
    decode_from_worker,
    encode,
)
from codeassistd.models.worker.frames import FrameError
from codeassistd.models.worker.messages import Cancel, Failure, LoadFailed, Ready, RequestFailed, Working

NUMBER = st.integers(0, 2**53)
FAILURE = st.builds(Failure)
PROMPT = st.from_type(FillIn) | st.from_type(Instruction)
SAMPLING = st.builds(Sampling, temperature=st.floats(0, 2), stop=st.lists(st.text()).map(tuple))
SECONDS = st.floats(0, 1e9)
USAGE = st.builds(Usage, passages=st.lists(NUMBER).map(tuple), prompt_seconds=SECONDS)
MESSAGES = st.one_of(
    st.builds(LoadCompleter, st.builds(CompleterRequest, st.text()), NUMBER),
    st.builds(Complete, NUMBER, PROMPT, SAMPLING, st.booleans()),
    st.builds(Render, NUMBER, PROMPT, SAMPLING),
    st.builds(CompletionText, NUMBER, st.text()),
    st.builds(Completed, NUMBER, st.builds(Completion, usage=USAGE)),
    st.builds(Rendered, NUMBER, st.from_type(RenderedPrompt)),
    st.builds(Cancel, NUMBER),
    st.builds(Ready, st.text(), st.text()),
    st.builds(LoadFailed, FAILURE),
    st.builds(Working, st.lists(NUMBER)),
    st.builds(RequestFailed, NUMBER, FAILURE),
)


@given(st.data())
def test_messages_survive_the_pipe(data: st.DataObject) -> None:
    message: Any = data.draw(MESSAGES)
    frame = frames.read(io.BytesIO(encode(message)))
    assert frame is not None
    assert decode(*frame) == message


def header_of(message: Any) -> dict[str, Any]:
    frame = frames.read(io.BytesIO(encode(message)))
    assert frame is not None
    return frame[0]


@pytest.mark.parametrize(
    ("path", "value", "words"),
    [
        (("prompt", "prefix"), 7, "'7' is not of type str"),
        (("prompt", "prefix"), None, "'None' is not of type str"),
        (("prompt", "passages"), [{"path": "a"}], "ContextPassage lacks 'first_line'"),
        (("prompt", "passages"), "none", "is not of type"),
        (("prompt", "surprise"), "x", "FillIn has no 'surprise'"),
        (("sampling", "max_tokens"), True, "'True' is not of type int"),
        (("sampling",), [], "Sampling is no object"),
        (("task",), "Poem", "Poem"),
    ],
)
def test_damaged_requests_are_errors(path: tuple[str, ...], value: object, words: str) -> None:
    header = header_of(Complete(1, FillIn("a", "b", "c", "d"), Sampling(), is_streamed=True))
    place = header
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(FrameError, match=words):
        decode(header, b"")


def test_a_reason_that_nobody_knows_is_an_error() -> None:
    header = {"type": "Completed", "id": 1, "completion": {"text": "", "finish_reason": "bored", "usage": {}}}
    with pytest.raises(FrameError, match="'bored' is none of stop, length"):
        decode_from_worker(header, b"")


def test_what_only_the_daemon_sends_is_not_accepted_from_a_worker() -> None:
    with pytest.raises(FrameError, match="Cancel"):
        decode_from_worker({"type": "Cancel", "id": 1}, b"")
