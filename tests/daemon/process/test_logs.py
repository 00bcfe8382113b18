"""What is written to the log, and how it is read and followed."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from codeassistd.daemon.process.logs import LOG_NAME, JsonLines, log_folder, read_logs, write_logs

_LOG = logging.getLogger("codeassistd.test")


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    root, own = logging.getLogger(), logging.getLogger("codeassistd")
    before = root.handlers, root.level, own.level
    yield
    for handler in root.handlers:
        if handler not in before[0]:
            handler.close()
    root.handlers = before[0]
    root.setLevel(before[1])
    own.setLevel(before[2])


def test_what_is_logged_can_be_read(tmp_path: Path) -> None:
    write_logs(tmp_path)
    _LOG.info("indexed %d files", 3)
    _LOG.debug("not at this level")
    logging.getLogger("library").info("nor this")
    logging.getLogger("library").warning("but\nthis")
    first, second = read_logs(tmp_path)
    assert (first.level, first.where, first.message) == ("INFO", "codeassistd.test", "indexed 3 files")
    assert first.text().endswith("INFO    indexed 3 files")
    assert (second.level, second.message) == ("WARNING", "but\nthis")
    assert (log_folder(tmp_path) / LOG_NAME).stat().st_mode & 0o077 == 0 or sys.platform == "win32"


def test_exceptions_and_long_texts_are_cut(tmp_path: Path) -> None:
    write_logs(tmp_path)
    try:
        int("s" * 4_000)
    except ValueError:
        _LOG.exception("it failed %s", "t" * 10_000)
    (line,) = read_logs(tmp_path)
    assert line.message.startswith("it failed ttt")
    assert "ValueError: invalid literal for int() with base 10: 'sss" in line.message
    assert len(line.message) < 1_500
    assert "test_logs.py" in line.trace
    assert "sss" not in line.trace
    assert "test_logs.py" in line.text()
    record = logging.makeLogRecord({"msg": "t" * 10_000})
    assert len(json.loads(JsonLines(is_short=False).format(record))["message"]) == 10_000


def test_the_last_lines_across_files(tmp_path: Path) -> None:
    write_logs(tmp_path, largest_bytes=2_000)
    for number in range(60):
        _LOG.info("event %d", number)
    names = {path.name for path in log_folder(tmp_path).iterdir()}
    assert names == {LOG_NAME, *(f"{LOG_NAME}.{number}" for number in (1, 2, 3))}
    assert [line.message for line in read_logs(tmp_path, 30)] == [
        f"event {number}" for number in range(30, 60)
    ]
    assert list(read_logs(tmp_path, 0)) == []


def test_following_through_a_change_of_files(tmp_path: Path) -> None:
    write_logs(tmp_path, largest_bytes=1_000)
    _LOG.info("event 0")
    lines = read_logs(tmp_path, follow=True)
    assert next(lines).message == "event 0"
    for number in range(1, 40):
        _LOG.info("event %d", number)
        assert next(lines).message == f"event {number}"


def test_following_a_log_that_is_not_there_yet(tmp_path: Path) -> None:
    asked: list[int] = []

    def stop() -> bool:
        asked.append(1)
        if len(asked) == 2:
            write_logs(tmp_path)
            _LOG.info("begun")
        return len(asked) > 4

    assert [line.message for line in read_logs(tmp_path, follow=True, stop=stop)] == ["begun"]
    assert list(read_logs(tmp_path / "nowhere")) == []


def test_damaged_lines_are_shown_as_they_are(tmp_path: Path) -> None:
    log_folder(tmp_path).mkdir()
    (log_folder(tmp_path) / LOG_NAME).write_bytes(b"torn\xff\n[]\n{}\nhalf")
    assert [line.message for line in islice(read_logs(tmp_path), 5)] == ["torn\ufffd", "[]", "{}"]
