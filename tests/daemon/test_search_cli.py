"""The commands end to end on a small workspace, with the real model, store and command line."""

from __future__ import annotations

import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from codeassistd.daemon.cli.main import run

FILES = {
    "src/http_client.py": (
        '"""Talks to servers."""\n\n\n'
        "class HttpClient:\n"
        '    """Sends requests."""\n\n'
        "    def send_with_retries(self, request, attempts=3):\n"
        '        """Try again with exponential backoff when the server does not answer."""\n'
        "        for attempt in range(attempts):\n"
        "            try:\n"
        "                return self._send(request)\n"
        "            except TimeoutError:\n"
        "                time.sleep(2**attempt)\n"
        "        raise ConnectionError(request.url)\n"
    ),
    "src/settings.py": (
        "import tomllib\n\n\n"
        "def load_settings(path):\n"
        '    """Parse the configuration file."""\n'
        "    with open(path, 'rb') as stream:\n"
        "        return tomllib.load(stream)\n"
    ),
    "web/retry.ts": (
        "export async function retryRequest(url: string, attempts: number): Promise<Response> {\n"
        "  for (let attempt = 0; attempt < attempts; attempt++) {\n"
        "    try { return await fetch(url); } catch { await sleep(2 ** attempt * 1000); }\n"
        "  }\n"
        "  throw new Error(`no answer from ${url}`);\n"
        "}\n"
    ),
    "docs/guide.md": "# Guide\n\n## Brewing coffee\n\nGrind the beans and pour hot water over them.\n",
    "node_modules/ignored.js": "export const ignored = true;\n",
    ".gitignore": "node_modules/\n",
    "data.bin": "\0\1\2",
}

Document = dict[str, Any]


def _write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A workspace and a data directory with its finished index, made once."""
    base = tmp_path_factory.mktemp("prepared").resolve()
    root = base / "project"
    (root / ".git").mkdir(parents=True)
    _write(root, FILES)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CODEASSISTD_DATA_DIR", str(base / "data"))
        assert run(["index", str(root), "--quiet"]) == 0
    return root, base / "data"


@pytest.fixture
def project(prepared: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    """The indexed workspace, current; for tests that change nothing."""
    root, data = prepared
    monkeypatch.setenv("CODEASSISTD_DATA_DIR", str(data))
    monkeypatch.chdir(root)
    return root


@pytest.fixture
def changing(
    prepared: tuple[Path, Path], workspace: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Path:
    """A workspace of its own with the same files, not indexed; vectors are known already."""
    _write(workspace, FILES)
    shutil.copytree(prepared[1] / "vectors", tmp_path / "data" / "vectors")
    monkeypatch.setenv("CODEASSISTD_DATA_DIR", str(tmp_path / "data"))
    return workspace


@pytest.fixture
def document(capsys: pytest.CaptureFixture[str]) -> Callable[..., Document]:
    def ask(*arguments: str) -> Document:
        capsys.readouterr()
        status = run([*arguments, "--json"])
        out, err = capsys.readouterr()
        assert status == 0, err
        found: Document = json.loads(out)
        return found

    return ask


def test_index_reports_what_it_did(changing: Path, document: Callable[..., Document]) -> None:
    first = document("index")
    assert first["workspace"] == str(changing)
    assert first["revision"] >= 1
    assert first["model"].startswith("all-MiniLM-L6-v2-")
    assert first["files"] == {
        "seen": 6,
        "indexed": 5,
        "unchanged": 0,
        "pending": 0,
        "removed": 0,
        "skipped": {"binary": 1},
        "unreadable": [],
    }
    assert first["chunks"]["total"] == first["chunks"]["reused"] > 4
    assert first["chunks"]["pending"] == first["chunks"]["embedded"] == 0
    assert first["seconds"]["total"] > 0
    (changing / "docs/guide.md").unlink()
    (changing / "src/settings.py").write_text("def load_settings():\n    return {}\n")
    second = document("index")
    assert second["files"]["removed"] == 1
    assert second["revision"] > first["revision"]
    assert second["rebuilt"] == ""
    assert document("index", "--full")["files"]["indexed"] == 4


def test_index_says_on_standard_error_what_it_did(changing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "--verbose"]) == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "skipped: 1 binary\n" in err
    assert re.search(
        r"^indexed 5 of 6 files; \d+ chunks \(0 embedded, \d+ reused\) in [\d.]+ s$", err, re.MULTILINE
    )
    assert run(["index", "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_part_of_a_workspace_is_indexed_with_a_remark(
    changing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "src"]) == 0
    assert f"{changing / 'src'} is part of {changing}" in capsys.readouterr().err


def test_search_answers_a_question(project: Path, document: Callable[..., Document]) -> None:
    found = document("search", "try again when the server doesn't answer", "-k", "2")
    assert found["query"] == "try again when the server doesn't answer"
    assert found["workspace"] == str(project)
    assert found["complete"] is True
    assert found["embedded_share"] == 1.0
    assert found["mode"] == "hybrid"
    assert found["took_ms"] > 0
    assert len(found["results"]) == 2
    best = found["results"][0]
    assert best["path"] == "src/http_client.py"
    assert best["language"] == "python"
    assert best["symbol"].startswith("HttpClient")
    lines = FILES["src/http_client.py"].split("\n")
    assert best["snippet"] == "\n".join(lines[best["start_line"] - 1 : best["end_line"]])
    assert set(best) == {
        "path",
        "start_line",
        "end_line",
        "language",
        "symbol",
        "kind",
        "score",
        "scores",
        "snippet",
    }


@pytest.mark.parametrize("mode", ["hybrid", "keyword"])
def test_a_symbol_is_found_first_by_its_name(
    project: Path, document: Callable[..., Document], mode: str
) -> None:
    found = document("search", "load_settings", "--mode", mode)
    assert found["mode"] == mode
    assert found["results"][0]["symbol"] == "load_settings"


@pytest.mark.parametrize(
    ("filters", "paths"),
    [
        (["--language", "ts"], {"web/retry.ts"}),
        (["--path", "web/**"], {"web/retry.ts"}),
        (["--path", "web/**", "--path", "docs/*"], {"web/retry.ts", "docs/guide.md"}),
        (["--kind", "section"], {"docs/guide.md"}),
        (["--language", "go"], set()),
    ],
)
def test_filters_leave_only_what_they_name(
    project: Path, document: Callable[..., Document], filters: list[str], paths: set[str]
) -> None:
    found = document("search", "retry the request", *filters)
    assert {result["path"] for result in found["results"]} == paths


def test_results_for_people(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "retryRequest", "-k", "1", "--lines", "2", "--explain"]) == 0
    heading, explanation, first, *_ = capsys.readouterr().out.split("\n")
    assert re.fullmatch(r"web/retry\.ts:1-6  retryRequest  \[function\]  \d\.\d{3}", heading)
    assert "semantic" in explanation
    assert (
        first
        == "    1  export async function retryRequest(url: string, attempts: number): Promise<Response> {"
    )


def test_colour_on_demand_and_paths_from_the_current_folder(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "web")
    assert run(["search", "retryRequest", "-k", "1", "--color", "always"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("\x1b[")
    assert "retry.ts:1-6" in shown
    assert "web/retry.ts" not in shown


def test_nothing_found_is_said_and_is_no_failure(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["search", "retry", "--language", "haskell"]) == 0
    assert capsys.readouterr() == ("", "nothing found\n")


def test_a_batch_answers_each_line_with_its_id(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    queries = b'{"id": "a", "query": "load_settings"}\n{"id": 2, "query": "brewing coffee"}\n'
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(queries)))
    assert run(["search", "--batch", "-", "-k", "1"]) == 0
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(answer["id"], answer["results"][0]["path"]) for answer in answers] == [
        ("a", "src/settings.py"),
        (2, "docs/guide.md"),
    ]


def test_a_query_may_come_from_standard_input(
    project: Path, document: Callable[..., Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("brewing coffee\n"))
    assert document("search", "-", "-k", "1")["results"][0]["path"] == "docs/guide.md"


def test_similar_finds_the_same_idea_in_another_language(
    project: Path, document: Callable[..., Document]
) -> None:
    found = document("similar", "web/retry.ts:2", "-k", "1")
    assert found["query"] == "web/retry.ts:2"
    assert found["results"][0]["path"] == "src/http_client.py"
    assert found["results"][0]["symbol"].startswith("HttpClient")


def test_similar_takes_paths_from_the_current_folder(
    project: Path, document: Callable[..., Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(project / "web")
    for place in ("retry.ts:1-6", f"{project / 'web' / 'retry.ts'}:1", "web/retry.ts:3"):
        found = document("similar", place, "--language", "python", "-k", "1")
        assert found["results"][0]["path"] == "src/http_client.py"


@pytest.mark.parametrize(
    ("place", "error"),
    [("data.bin:1", "data.bin is not in the index"), ("web/retry.ts:900", "web/retry.ts has no line 900")],
)
def test_similar_needs_indexed_lines(
    project: Path, capsys: pytest.CaptureFixture[str], place: str, error: str
) -> None:
    assert run(["similar", place]) == 2
    assert capsys.readouterr().err.startswith(f"error: {error}")


def test_a_search_makes_and_refreshes_the_index_by_itself(
    changing: Path, document: Callable[..., Document]
) -> None:
    first = document("search", "brewing coffee", "-k", "1")["results"][0]
    assert first["path"] == "docs/guide.md"
    moved = "# Guide\n\nSome lines\nmore than before.\n\n" + FILES["docs/guide.md"].partition("\n\n")[2]
    (changing / "docs/guide.md").write_text(moved)
    stale = document("search", "brewing coffee", "-k", "1", "--no-refresh")
    fresh = document("search", "brewing coffee", "-k", "1", "--wait")
    for found in (stale, fresh):
        result = found["results"][0]
        lines = moved.split("\n")[result["start_line"] - 1 : result["end_line"]]
        assert result["snippet"] == "\n".join(lines)
    assert fresh["revision"] > stale["revision"]
    assert fresh["complete"] is True


def test_words_are_searchable_before_they_are_embedded(
    changing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = "".join(f"    value_{line} = source.read_part({line})\n" for line in range(30))
    many = {f"more/file{n}.py": f"def frobnicate_{n}(source):\n    key = {n}\n{body}" for n in range(300)}
    _write(changing, many)
    refresh = ["--set", "search.refresh_seconds=0"]
    assert run(["search", "frobnicate_7", "--json", "-k", "1", "--mode", "keyword", *refresh]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["results"][0]["path"] == "more/file7.py"
    assert found["complete"] is False
    assert 0 < found["embedded_share"] < 1
    assert re.search(r"semantic vectors for \d+ of \d+ chunks; run `codeassistd index` to finish", err)
    assert run(["search", "frobnicate_7", "-k", "1", *refresh]) == 0
    assert capsys.readouterr().out.startswith("more/file7.py:")


def test_the_first_answer_does_not_wait_for_every_file(
    changing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _write(changing, {f"more/file{n}.py": f"def frobnicate_{n}(source):\n    pass\n" for n in range(300)})
    hurry = ["--set", "search.first_answer_seconds=0", "--mode", "keyword"]
    assert run(["search", "frobnicate_277", "--json", "-k", "1", *hurry]) == 0
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["results"][0]["path"] == "more/file277.py"
    assert found["complete"] is False
    assert re.search(r"\d+ of 3\d\d files are not read yet; those that mention the query's words came", err)
    assert "run `codeassistd index` to finish" in err
    assert run(["search", "frobnicate_12", "--json", "-k", "1", *hurry, "--wait"]) == 0
    out, err = capsys.readouterr()
    assert json.loads(out)["complete"] is True
    assert "not read yet" not in err


def test_a_damaged_index_is_rebuilt_and_said_so(changing: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["index", "-q"]) == 0
    data = changing.parent / "data"
    [manifest] = data.glob("indexes/*/manifest.sqlite")
    for part in manifest.parent.glob("manifest.sqlite*"):
        part.write_bytes(b"no database " * 1000)
    assert run(["status"]) == 0
    assert "damaged" in capsys.readouterr().out
    assert run(["doctor", "--json"]) == 1
    checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["index"]["level"] == "fail"
    assert "codeassistd index" in checks["index"]["remedy"]
    assert run(["search", "load_settings", "-k", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("src/settings.py:")
    assert "anew" in err


def test_an_index_with_missing_rows_is_rebuilt_and_said_so(
    changing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "-q"]) == 0
    [database] = (changing.parent / "data").glob("indexes/*/lance")
    shutil.rmtree(database)
    assert run(["search", "load_settings", "-k", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("src/settings.py:")
    assert "built anew" in err


def test_damage_that_only_a_search_meets_is_mended_too(
    changing: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["index", "-q"]) == 0
    for part in (changing.parent / "data").glob("indexes/*/lance/**/*.lance"):
        if part.is_file():
            part.write_bytes(b"no data " * 40)
    assert run(["search", "load_settings", "-k", "1", "--no-refresh"]) == 1
    assert "codeassistd index --full" in capsys.readouterr().err
    assert run(["search", "load_settings", "-k", "1"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("src/settings.py:")
    assert "building it anew" in err


def test_status_tells_how_fresh_the_index_is(changing: Path, document: Callable[..., Document]) -> None:
    assert document("status")["workspaces"][0]["state"] == "missing"
    indexed = document("index")
    (changing / "docs/guide.md").unlink()
    status = document("status")
    [found] = status["workspaces"]
    assert found["root"] == str(changing)
    assert found["state"] == "stale"
    assert found["drift"]["removed"] == 1
    assert found["revision"] == indexed["revision"]
    assert found["chunks"] == indexed["chunks"]["total"]
    assert found["pending"] == 0
    assert found["skipped"] == {"binary": 1}
    assert found["disk_bytes"] > 0
    assert status["models"][0]["id"] == indexed["model"] == found["model"]
    assert status["memory"]["peak_bytes"] >= 0
    assert status["errors"] == []
    assert status["data_dir"] == str(changing.parent / "data")


def test_status_for_people(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["status"]) == 0
    rows = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
    assert rows["workspace"] == str(project)
    assert rows["files"] == "5 (1 binary left out)"
    assert rows["chunks"].endswith("100% with vectors")


def test_published_weights_have_an_index_of_their_own(
    changing: Path, document: Callable[..., Document]
) -> None:
    published = ["--set", "model.precision=float"]
    assert document("index")["model"] != document("index", *published)["model"]
    found = document("search", "try again with backoff", "-k", "1", *published)
    assert found["results"][0]["path"] in {"src/http_client.py", "web/retry.ts"}
    assert found["complete"] is True


def test_embed_gives_unit_vectors(
    document: Callable[..., Document], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = document("embed", "read a file", "open a path")
    assert found["model"].startswith("all-MiniLM-L6-v2-")
    assert found["dimensions"] == 384
    assert [len(vector) for vector in found["embeddings"]] == [384, 384]
    for vector in found["embeddings"]:
        assert sum(value * value for value in vector) == pytest.approx(1.0, abs=1e-3)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"read a file\r\nopen a path\n")))
    assert run(["embed", "-"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for row, vector in zip(rows, found["embeddings"], strict=True):
        assert row == pytest.approx(vector, abs=0.02)


def test_rerank_orders_passages(
    document: Callable[..., Document], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    found = document("rerank", "read a file", "def add(a, b): ...", " ", "def read_file(path): ...")
    assert found["model"] == "late-interaction"
    assert [result["index"] for result in found["results"]] == [2, 0, 1]
    assert found["results"][0]["text"] == "def read_file(path): ..."
    assert found["results"][-1]["score"] == 0
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"sum two\r\nread \xff file\n\n")))
    assert run(["rerank", "read a file", "-", "--top-k", "1"]) == 0
    assert capsys.readouterr().out.endswith("\tread \N{REPLACEMENT CHARACTER} file\n")


@pytest.mark.parametrize("arguments", [["a query"], [" ", "passage"], ["query", "passage", "--top-k", "0"]])
def test_rerank_says_what_is_missing(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rerank", *arguments]) == 2
    assert "error" in capsys.readouterr().err


def test_a_reranker_that_is_none_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["rerank", "query", "passage", "--set", f"model.reranker={tmp_path}"]) == 1
    assert f"{tmp_path} lacks the file config.json" in capsys.readouterr().err


def test_a_search_is_reranked_when_asked(document: Callable[..., Document], project: Path) -> None:
    plain = document("search", "try again with backoff")
    reranked = document("search", "try again with backoff", "--rerank")
    assert "rerank" not in plain["results"][0]["scores"]
    assert 0 <= reranked["results"][0]["scores"]["rerank"] <= 1
    assert document("search", "try again with backoff", "--no-rerank")["results"] == plain["results"]
