import assert from "node:assert/strict";
import { test } from "node:test";
import { Backoff } from "../../src/backoff";
import { writingOf } from "../../src/generation/capabilities";
import { forgotten, remembered } from "../../src/history";
import { chosenSettings, serverKeys } from "../../src/settings";

test("waits double up to a minute, and begin anew after a long run", () => {
  const backoff = new Backoff();
  const waits = Array.from({ length: 9 }, () => backoff.after(10));
  assert.deepEqual(waits.slice(0, 3), [500, 1000, 2000]);
  assert.equal(waits.at(-1), 60_000);
  assert.equal(backoff.after(120_000), 500);
  assert.equal(backoff.after(10), 1000);
  backoff.reset();
  assert.equal(backoff.after(10), 500);
});

test("the history has each query once, latest first, and an end", () => {
  assert.deepEqual(remembered(["b", "a"], " a "), ["a", "b"]);
  assert.deepEqual(remembered(["a"], "  "), ["a"]);
  assert.equal(remembered(Array.from({ length: 20 }, String), "x").length, 20);
  assert.deepEqual(forgotten(["b", "a"], "b"), ["a"]);
});

test("only what the user has set is told to the server, the narrowest first", () => {
  const known = new Map([
    ["a", { globalValue: 1, workspaceValue: 2 }],
    ["b", { globalValue: false }],
    ["c", {}],
    ["d", { workspaceFolderValue: [], globalValue: ["x"] }],
  ]);
  assert.deepEqual(chosenSettings(["a", "b", "c", "d", "e"], (key) => known.get(key)), { a: 2, b: false, d: [] });
});

test("the server's settings are those of its block", () => {
  const configuration = [
    { properties: { "codeassistd.path": {} } },
    { id: "codeassistd.server", properties: { "codeassistd.search.limit": {} } },
  ];
  assert.deepEqual(serverKeys({ contributes: { configuration } }), ["search.limit"]);
  assert.deepEqual(serverKeys({}), []);
});

test("what the server doesn't offer stays hidden", () => {
  assert.deepEqual(writingOf(undefined), { inlineCompletions: false, instructions: false });
  const capabilities = { inlineCompletionProvider: {}, executeCommandProvider: { commands: ["codeassist.generate"] } };
  assert.deepEqual(writingOf(capabilities), { inlineCompletions: true, instructions: true });
});
