import assert from "node:assert/strict";
import { test } from "node:test";
import type { SearchAnswer, SearchResult } from "../../src/protocol";
import { caveat, firstLine, groupedByFile, headline, iconOf, startOf, title } from "../../src/results";

function result(given: Partial<SearchResult>): SearchResult {
  const range = { start: { line: 3, character: 0 }, end: { line: 9, character: 0 } };
  return { uri: "file:///a.py", range, path: "src/a.py", language: "python", symbol: "", kind: "", score: 1, snippet: "", ...given };
}

function answer(given: Partial<SearchAnswer>): SearchAnswer {
  return { tookMs: 1, mode: "hybrid", complete: true, hasEveryFile: true, chunks: 10, embedded: 10, results: [], ...given };
}

test("the headline names the symbol", () => {
  assert.equal(headline(result({ symbol: "Box.open", snippet: "  @cache\n  def open(self):\n    pass" })), "def open(self):");
});

test("the headline is the line of the definition, and not of a comment before it", () => {
  const range = { start: { line: 3, character: 0 }, end: { line: 9, character: 0 } };
  const symbolRange = { start: { line: 5, character: 0 }, end: { line: 9, character: 0 } };
  const given = { symbol: "greet", range, symbolRange, snippet: "# greeting\n\ndef greet():\n    return 1" };
  assert.equal(headline(result(given)), "def greet():");
});

test("without a symbol the headline is the first line that says something", () => {
  assert.equal(headline(result({ snippet: "---\n\n  größe = 1\nx" })), "größe = 1");
  assert.equal(headline(result({ snippet: "---\n" })), "---");
  assert.equal(headline(result({ symbol: "gone", snippet: "# comment\nx" })), "# comment");
});

test("a result is called after its symbol, else its file", () => {
  assert.equal(title(result({ symbol: "Box.open" })), "Box.open");
  assert.equal(title(result({})), "a.py");
});

test("an incomplete index is told of", () => {
  assert.equal(caveat(answer({})), undefined);
  assert.match(caveat(answer({ complete: false, hasEveryFile: false })) ?? "", /still being made/);
  assert.match(caveat(answer({ complete: false, embedded: 4 })) ?? "", /^6 of 10 places/);
});

test("a file stands where its best result stands", () => {
  const results = ["b", "a", "b"].map((name, index) => result({ uri: name, path: name, score: 3 - index }));
  const groups = groupedByFile(results);
  assert.deepEqual(groups.map(({ uri, results: found }) => [uri, found.length]), [["b", 2], ["a", 1]]);
});

test("every kind has an icon", () => {
  assert.equal(iconOf("method"), "symbol-method");
  assert.equal(iconOf("whatever"), "file-code");
});

test("a result is opened where its symbol begins", () => {
  assert.equal(firstLine(result({})), 4);
  assert.equal(firstLine(result({ symbolRange: null })), 4);
  const symbolRange = { start: { line: 5, character: 2 }, end: { line: 8, character: 0 } };
  assert.deepEqual(startOf(result({ symbolRange })), { line: 5, character: 2 });
});
