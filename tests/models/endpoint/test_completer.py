"""Text from a server over real connections, and what is seen when the server misbehaves."""

from __future__ import annotations

import subprocess
import sys
import threading
from concurrent.futures import CancelledError, ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from codeassistd.models.completer_usage import CompletionCounts
from codeassistd.models.completion import CompleterIdentity, ContextPassage, FillIn, Instruction, Sampling
from codeassistd.models.endpoint.errors import EndpointError, EndpointRefusalError
from codeassistd.models.errors import CodeassistdError, UsageError
from codeassistd.models.worker.errors import WorkerClosedError, WorkerUnavailableError

from .api_server import ApiServer, Reply
from .conftest import POLICY

if TYPE_CHECKING:
    from .conftest import MakeEndpoint

SAMPLING = Sampling(max_tokens=20)
FILL_IN = FillIn("src/a.py", "python", "before\n", "after\n")
ASK = Instruction("Explain this.")


def test_a_completion_is_streamed(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    completer = make_endpoint()
    assert completer.identity == CompleterIdentity("small-coder", f"127.0.0.1:{api.port}")
    assert completer.usage().state == "unloaded"
    pieces: list[str] = []
    found = completer.complete(FILL_IN, SAMPLING, pieces.append)
    assert (found.text, found.finish_reason) == ("def f():", "stop")
    assert pieces == ["def ", "f", "():"]
    assert (found.usage.prompt_tokens, found.usage.cached_tokens, found.usage.completion_tokens) == (12, 8, 3)
    path, body, key = api.requests[0]
    assert (path, body["prompt"], body["suffix"], key) == ("/v1/completions", "before\n", "after\n", "")
    assert (body["model"], body["max_tokens"], body["temperature"], body["stream"]) == (
        "small-coder",
        20,
        0.0,
        True,
    )
    usage = completer.usage()
    assert (usage.state, usage.requests, usage.failures, usage.pid) == ("loaded", 1, 0, None)
    assert replace(usage.counts, prompt_seconds=0, completion_seconds=0) == CompletionCounts(1, 12, 8, 3)


def test_a_chat_is_streamed(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    api.script = [partial(Reply.well, reason="length")]
    pieces: list[str] = []
    found = make_endpoint().complete(ASK, SAMPLING, pieces.append)
    assert (found.text, found.finish_reason, len(pieces)) == ("def f():", "length", 3)
    path, body, _ = api.requests[0]
    assert path == "/v1/chat/completions"
    assert "Explain this." in body["messages"][-1]["content"]


def test_passages_are_sent_as_comments(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    passages = (ContextPassage("src/b.py", 1, "def helper(): ...\n"), ContextPassage("c.py", 1, "x" * 9_000))
    completer = make_endpoint(prompt_characters=3_000)
    found = completer.complete(replace(FILL_IN, passages=passages), SAMPLING)
    assert found.usage.passages == (0,)
    assert "# def helper(): ...\n" in api.requests[0][1]["prompt"]
    shown = completer.render(replace(FILL_IN, passages=passages), SAMPLING)
    assert api.requests[0][1]["prompt"] in shown.text


def test_half_a_character_is_replaced(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    make_endpoint().complete(replace(FILL_IN, prefix="é \udc80 😀"), SAMPLING)
    assert api.requests[0][1]["prompt"] == "é ? 😀"


def test_the_api_key_comes_from_the_environment(
    api: ApiServer, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    completer = make_endpoint(api_key_variable="MY_KEY")
    with pytest.raises(UsageError, match="MY_KEY is not set"):
        completer.complete(FILL_IN, SAMPLING)
    monkeypatch.setenv("MY_KEY", "sk-secret")
    completer.complete(FILL_IN, SAMPLING)
    assert api.requests[0][2] == "Bearer sk-secret"
    api.script = [lambda reply: reply.refuse(401, "Incorrect API key provided: sk-secret.")]
    with pytest.raises(EndpointRefusalError, match=r"provided: \*\*\*") as caught:
        completer.complete(FILL_IN, SAMPLING)
    assert "MY_KEY" in caught.value.hint
    assert completer.usage().failures == 0


def test_a_connection_is_used_again(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    completer = make_endpoint()
    for _ in range(5):
        completer.complete(FILL_IN, SAMPLING)
    assert api.connections == 1


def test_many_threads(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    completer = make_endpoint()
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: completer.complete(FILL_IN, SAMPLING).text, range(40)))
    assert found == ["def f():"] * 40


@pytest.mark.parametrize("status", [400, 422])
def test_a_server_that_knows_no_suffix_is_asked_without(
    api: ApiServer, make_endpoint: MakeEndpoint, status: int
) -> None:
    api.script = [lambda reply: reply.refuse(status, "suffix is not supported")]
    completer = make_endpoint()
    assert completer.complete(FILL_IN, SAMPLING).text == "def f():"
    assert completer.complete(FILL_IN, SAMPLING).text == "def f():"
    assert ["suffix" in body for _, body, _ in api.requests] == [True, False, False]


def test_what_is_refused_in_any_case(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    api.script = [lambda reply: reply.refuse(400, "prompt is too long")] * 2
    completer = make_endpoint()
    with pytest.raises(EndpointRefusalError, match=r"refuses the request \(400\): prompt is too long\."):
        completer.complete(FILL_IN, SAMPLING)
    # It wasn't the suffix.
    completer.complete(FILL_IN, SAMPLING)
    assert "suffix" in api.requests[-1][1]


def test_stop_rules_that_the_server_does_not_know(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    api.words = ["\n", "one ", "END", "\nother"]
    completer = make_endpoint()
    stop = ("a", "b", "c", "d", "\n\n", "END")
    pieces: list[str] = []
    found = completer.complete(FILL_IN, Sampling(stop=stop), pieces.append)
    assert (found.text, "".join(pieces), found.finish_reason) == ("\none ", "\none ", "stop")
    assert api.requests[0][1]["stop"] == ["a", "b", "c", "d"]
    assert completer.complete(FILL_IN, Sampling(single_line=True)).text == "\none END"


def test_a_grammar_is_refused_here(make_endpoint: MakeEndpoint) -> None:
    with pytest.raises(CodeassistdError, match="obeys a grammar"):
        make_endpoint().complete(ASK, Sampling(grammar="root ::= [a-z]"))


def test_an_answer_that_is_not_streamed(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    message = {"choices": [{"message": {"content": "all of it"}, "finish_reason": "stop"}]}
    api.script = [lambda reply: reply.json(message)]
    assert make_endpoint().complete(ASK, SAMPLING).text == "all of it"


def test_giving_up_closes_the_connection(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    api.script = [Reply.for_ever, Reply.hang]
    completer = make_endpoint()
    pieces: list[str] = []
    with pytest.raises(CancelledError):
        completer.complete(ASK, Sampling(max_tokens=10**6), pieces.append, lambda: len(pieces) > 3)
    assert api.gone.wait(20)
    with pytest.raises(CancelledError):
        completer.complete(ASK, SAMPLING, None, lambda: len(api.requests) == 2)
    assert completer.complete(ASK, SAMPLING).text == "def f():"
    assert completer.usage().failures == 0


def test_a_later_request_takes_the_place_of_the_owners_earlier_one(
    api: ApiServer, make_endpoint: MakeEndpoint
) -> None:
    api.script = [Reply.for_ever]
    completer = make_endpoint()
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        earlier = pool.submit(
            lambda: completer.complete(
                FILL_IN, Sampling(max_tokens=10**6), lambda _: begun.set(), owner="editor"
            )
        )
        assert begun.wait(20)
        assert completer.complete(FILL_IN, SAMPLING, owner="editor").text == "def f():"
        assert isinstance(earlier.exception(), CancelledError)


def test_closing_fails_who_waits(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    api.script = [Reply.for_ever]
    completer = make_endpoint()
    begun = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(
            lambda: completer.complete(ASK, Sampling(max_tokens=10**6), lambda _: begun.set())
        )
        assert begun.wait(20)
        completer.close()
        assert isinstance(waiting.exception(), WorkerClosedError)
    with pytest.raises(WorkerClosedError):
        completer.complete(ASK, SAMPLING)
    assert not [thread for thread in threading.enumerate() if thread.name == "endpoint"]


def test_trouble_that_passes_goes_unnoticed(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    busy = partial(Reply.refuse, status=429, Retry_After="0")
    api.script = [partial(Reply.refuse, status=503), busy, Reply.well, Reply.drop]
    completer = make_endpoint()
    assert completer.complete(FILL_IN, SAMPLING).text == "def f():"
    assert completer.complete(FILL_IN, SAMPLING).text == "def f():"
    assert (len(api.requests), completer.usage().failures) == (5, 0)


@pytest.mark.parametrize(
    ("fault", "requests", "words", "hint"),
    [
        (partial(Reply.refuse, status=500, words="out of memory"), 3, r"failed \(500\): out of mem", "log"),
        (partial(Reply.raw, content=b"<html>bad gateway", status=502), 3, r"failed \(502\)\.", "log"),
        (Reply.drop, 3, "can't be reached", "Check that it runs"),
        (partial(Reply.raw, content=b"<html>Welcome"), 1, "not JSON", "OpenAI-compatible"),
        (partial(Reply.json, answer={"a": 1}), 1, "without choices", "OpenAI-compatible"),
        (partial(Reply.json, answer=[]), 1, "no object", "OpenAI-compatible"),
        (partial(Reply.refuse, status=200, words="oops"), 1, r"failed \(200\): oops", "log"),
        (Reply.half, 1, "broke off its answer", "Try again"),
        (lambda reply: (reply.begin(), reply.piece("a"), reply.end()), 1, None, None),
        (lambda reply: (reply.begin(), reply.send(b"data: \xff\xfe\n\n")), 1, "not UTF-8", "OpenAI"),
        (lambda reply: (reply.begin(), reply.send(b"data: {]\n\n")), 1, "not JSON", "OpenAI-compatible"),
        (Reply.for_ever, 1, "much more than the tokens", "max_tokens"),
        (lambda reply: (reply.begin(), reply.send(b"x" * 2_000_000)), 1, "without an end|much more", ""),
        (lambda reply: (reply.begin(), reply.handler.wfile.write(b"0\r\n\r\n")), 1, "before the end", ""),
    ],
)
def test_faults_of_the_server(
    api: ApiServer, make_endpoint: MakeEndpoint, fault: object, requests: int, words: str, hint: str
) -> None:
    api.script = [fault] * 3  # type: ignore[list-item]
    completer = make_endpoint()
    if words is None:
        assert completer.complete(ASK, SAMPLING).text == "a"
        return
    with pytest.raises(EndpointError, match=words) as caught:
        completer.complete(ASK, SAMPLING)
    assert hint in caught.value.hint
    assert len(api.requests) == requests
    usage = completer.usage()
    assert (usage.state, usage.failures, usage.problem) == ("failed", 1, caught.value.message)
    api.script = []
    assert completer.complete(ASK, SAMPLING).text == "def f():"
    assert completer.usage().state == "loaded"


@pytest.mark.parametrize(
    ("fault", "words", "hint"),
    [
        (partial(Reply.refuse, status=401), "doesn't accept the API key", "Name the environment variable"),
        (
            partial(Reply.refuse, status=403, words="no quota"),
            "use of the model small-coder: no quota",
            "may",
        ),
        (partial(Reply.refuse, status=429, Retry_After="3600"), "too many requests", "in 3,600 s"),
        (
            partial(Reply.raw, content=b"", status=307, Location="http://127.0.0.1:9/v1"),
            "sends on to another address",
            "trust",
        ),
        (partial(Reply.raw, content=b"\xff\x00\x1b[31m" * 999, status=418), r"\(418\)", "Check"),
    ],
)
def test_refusals_are_no_failures(
    api: ApiServer, make_endpoint: MakeEndpoint, fault: object, words: str, hint: str
) -> None:
    api.script = [fault] * 2  # type: ignore[list-item]
    completer = make_endpoint()
    with pytest.raises(EndpointRefusalError, match=words) as caught:
        completer.complete(ASK, SAMPLING)
    assert hint in caught.value.hint
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 500
    assert (len(api.requests), completer.usage().failures) == (1, 0)


def test_a_wrong_name_lists_what_there_is(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    api.script = [partial(Reply.refuse, status=404)] * 3
    with pytest.raises(EndpointRefusalError, match="has no model tiny") as caught:
        make_endpoint(model="tiny").complete(ASK, SAMPLING)
    assert "large-coder, small-coder" in caught.value.hint
    with pytest.raises(EndpointRefusalError, match="no API for this"):
        make_endpoint().complete(ASK, SAMPLING)
    api.models = []
    with pytest.raises(EndpointRefusalError, match="or another API"):
        make_endpoint().complete(ASK, SAMPLING)


@pytest.mark.parametrize(("fault", "when"), [(Reply.hang, "after a request"), (Reply.hang_half_way, "midst")])
def test_a_server_that_hangs(api: ApiServer, make_endpoint: MakeEndpoint, fault: object, when: str) -> None:
    api.script = [fault]  # type: ignore[list-item]
    policy = replace(POLICY, connect_seconds=0.2, first_seconds=0.3, silence_seconds=0.3)
    with pytest.raises(EndpointError, match=rf"said nothing for 0\.3 s .*{when}"):
        make_endpoint(policy).complete(ASK, SAMPLING)
    assert len(api.requests) == 1


def test_an_answer_that_takes_too_long(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    api.script = [Reply.for_ever]
    with pytest.raises(EndpointError, match=r"took more than 0\.3 s"):
        make_endpoint(replace(POLICY, total_seconds=0.3)).complete(ASK, Sampling(max_tokens=10**6))


def test_a_connection_that_is_not_closed_after_the_end(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    def no_end(reply: Reply) -> None:
        reply.begin()
        reply.piece("all", "stop")
        reply.drop()

    api.script = [no_end]
    assert make_endpoint().complete(ASK, SAMPLING).text == "all"


def test_a_server_that_is_not_there(api: ApiServer, make_endpoint: MakeEndpoint) -> None:
    completer = make_endpoint(url="http://127.0.0.1:1")
    for _ in range(5):
        with pytest.raises(EndpointError, match=r"127\.0\.0\.1:1 can't be reached"):
            completer.complete(ASK, SAMPLING)
    with pytest.raises(WorkerUnavailableError, match="failed 5 times in a row"):
        completer.complete(ASK, SAMPLING)


def test_a_proxy_does_not_get_what_is_for_this_machine(
    api: ApiServer, make_endpoint: MakeEndpoint, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    assert make_endpoint().complete(ASK, SAMPLING).text == "def f():"


def test_a_completer_is_light_until_it_is_used() -> None:
    program = (
        "import sys\n"
        "from codeassistd.models.endpoint.completer import EndpointCompleter\n"
        "from codeassistd.models.endpoint.policy import EndpointRequest\n"
        "from codeassistd.models.worker.completer import WorkerCompleter\n"
        "EndpointCompleter(EndpointRequest('http://localhost:1', 'm')).close()\n"
        "heavy = {'numpy', 'psutil', 'httpx2', 'llama_cpp'} & set(sys.modules)\n"
        "sys.exit(', '.join(heavy) or 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
