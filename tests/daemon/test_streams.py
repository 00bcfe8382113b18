from __future__ import annotations

import io
import json

import pytest

from codeassistd.daemon.cli.streams import ColorChoice, Streams, open_streams, wants_color


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("terminal", "choice", "environ", "colored"),
    [
        (True, "auto", {}, True),
        (False, "auto", {}, False),
        (True, "auto", {"TERM": "dumb"}, False),
        (True, "auto", {"NO_COLOR": "1"}, False),
        (True, "auto", {"NO_COLOR": ""}, True),
        (False, "auto", {"FORCE_COLOR": "1"}, True),
        (False, "auto", {"FORCE_COLOR": "0"}, False),
        (True, "auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (True, "never", {"FORCE_COLOR": "1"}, False),
        (False, "always", {"NO_COLOR": "1"}, True),
    ],
)
def test_who_decides_on_colour(
    *, terminal: bool, choice: ColorChoice, environ: dict[str, str], colored: bool
) -> None:
    assert wants_color(Terminal() if terminal else io.StringIO(), choice, environ) is colored


def test_a_closed_stream_is_no_terminal() -> None:
    stream = io.StringIO()
    stream.close()
    assert wants_color(stream, "auto", {}) is False


def test_results_and_messages_go_their_own_ways(capsys: pytest.CaptureFixture[str]) -> None:
    streams = open_streams("auto")
    streams.result("found")
    streams.remark("looked")
    streams.warning("odd \x1b[2J")
    streams.error("failed\nbadly", "try again")
    out, err = capsys.readouterr()
    assert out == "found\n"
    assert err == "looked\nwarning: odd \\x1b[2J\nerror: failed\\nbadly\n  try again\n"


def test_quiet_leaves_out_remarks_only(capsys: pytest.CaptureFixture[str]) -> None:
    streams = open_streams("auto", quiet=True)
    streams.remark("looked")
    streams.warning("odd")
    assert capsys.readouterr().err == "warning: odd\n"


def test_messages_are_coloured_when_wanted(capsys: pytest.CaptureFixture[str]) -> None:
    open_streams("always").error("failed")
    assert capsys.readouterr().err == "\x1b[1;31merror: failed\x1b[0m\n"


@pytest.mark.parametrize(
    ("streams", "lines"), [(Streams(), 1), (Streams(out_terminal=True), 3)], ids=["piped", "terminal"]
)
def test_a_document_is_json_without_raw_controls(
    capsys: pytest.CaptureFixture[str], streams: Streams, lines: int
) -> None:
    value = {"path": "caf\udce9 \x9b \u2028 \x1b é"}
    streams.document(value)
    out = capsys.readouterr().out
    assert json.loads(out) == value
    assert "é" in out
    assert len(out.split("\n")) == lines + 1
    assert not any(character in out for character in "\udce9\x9b\u2028\x1b")
