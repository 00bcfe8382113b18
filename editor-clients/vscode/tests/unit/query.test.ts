import assert from "node:assert/strict";
import { test } from "node:test";
import { parseQuery } from "../../src/query";

test("words are kept as they were typed", () => {
  assert.deepEqual(parseQuery("  where do we   retry? "), { query: "where do we retry?" });
  assert.deepEqual(parseQuery(""), { query: "" });
});

test("filters are taken out, wherever they stand", () => {
  assert.deepEqual(parseQuery("lang:go parse path:src/** settings kind:function"), {
    query: "parse settings",
    languages: ["go"],
    paths: ["src/**"],
    kinds: ["function"],
  });
});

test("a filter takes several values, and may be repeated", () => {
  assert.deepEqual(parseQuery("x lang:go,rust lang:c"), { query: "x", languages: ["go", "rust", "c"] });
});

test("a quoted value keeps its blanks and commas", () => {
  assert.deepEqual(parseQuery('x path:"my docs/a,b/**"'), { query: "x", paths: ["my docs/a,b/**"] });
  assert.deepEqual(parseQuery('"lang:go is literal" x'), { query: '"lang:go is literal" x' });
});

test("what only looks like a filter is searched for", () => {
  for (const typed of ["std::sort", "http://x", "lang:", 'path:""', "kind:,", "a:b", "don't lang :go", "++limit=0", "++mode=psychic"]) {
    assert.deepEqual(parseQuery(typed), { query: typed });
  }
});

test("options say how many and how", () => {
  assert.deepEqual(parseQuery("++limit=50 x ++mode=keyword"), { query: "x", limit: 50, mode: "keyword" });
});

test("an open quote ends with the text", () => {
  assert.deepEqual(parseQuery('x path:"a b'), { query: "x", paths: ["a b"] });
});
