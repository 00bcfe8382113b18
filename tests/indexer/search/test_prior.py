from __future__ import annotations

import pytest

from codeassistd.indexer.search.prior import path_kinds, path_prior


@pytest.mark.parametrize(
    ("path", "kinds"),
    [
        ("src/requests/sessions.py", set()),
        ("testing.zig", set()),
        ("src/Handler/MockHandler.php", set()),
        ("doc/man_docs.go", set()),
        ("lib/history.bash", set()),
        ("contest/latest.py", set()),
        ("tests/test_api.py", {"test"}),
        ("pkg/parser_test.go", {"test"}),
        ("spec/models/user_spec.rb", {"test"}),
        ("src/test/java/a/FooTest.java", {"test"}),
        ("web/button.test.tsx", {"test"}),
        ("core/ParserSuite.scala", {"test"}),
        ("examples/basic/main.rs", {"example"}),
        ("benches/throughput.rs", {"benchmark"}),
        ("vendor/lib/x.go", {"copy"}),
        ("single_include/json.hpp", {"copy"}),
        ("index.d.ts", {"copy"}),
        ("api/service.pb.go", {"copy"}),
        ("README", {"prose"}),
        ("CHANGELOG.md", {"prose"}),
        ("man/tool.1", {"prose"}),
        ("docs/conf.py", set()),
        ("package.json", {"config"}),
        (".github/workflows/ci.yml", {"config"}),
        ("tests/fixtures/data.json", {"test", "config"}),
    ],
)
def test_paths_tell_what_a_file_is(path: str, kinds: set[str]) -> None:
    assert path_kinds(path) == kinds


def test_secondary_files_count_less_unless_asked_for() -> None:
    nothing: frozenset[str] = frozenset()
    implementation = path_prior("src/parser.py", nothing)
    test = path_prior("tests/test_parser.py", nothing)
    assert implementation == 1
    assert path_prior("tests/data.json", nothing) < test < implementation
    assert test < path_prior("tests/test_parser.py", frozenset({"test"})) < implementation
