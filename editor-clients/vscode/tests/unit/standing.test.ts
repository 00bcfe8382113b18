import assert from "node:assert/strict";
import { test } from "node:test";
import type { StatusAnswer, WorkspaceStatus } from "../../src/protocol";
import { emptyRows, nothingFound, unavailable } from "../../src/paletteRows";
import { appearance, isAtRest } from "../../src/standing";
import type { Phase } from "../../src/standing";
import { duration, statusSections } from "../../src/statusRows";

const WORKSPACE: WorkspaceStatus = { root: "/w/app", state: "ready", files: 1, chunks: 2, pending: 0, problem: "" };
const RUNNING: Phase = { kind: "running" };
const PHASES: Phase[] = [
  { kind: "idle" },
  { kind: "missing" },
  { kind: "wrongSetting", path: "/gone" },
  { kind: "starting" },
  RUNNING,
  { kind: "failed", reason: "it broke", retrySeconds: 2 },
  { kind: "stopped" },
];

function status(given: Partial<StatusAnswer>): StatusAnswer {
  return { pid: 1, version: "0.1", uptime: 9, sessions: 1, workspaces: [WORKSPACE], models: [], memory: 3e8, errors: [], ...given };
}

test("the item says what is going on", () => {
  const text = (phase: Phase, given = {}): string => appearance({ phase, workspaces: [WORKSPACE], ...given }).text;
  assert.match(text({ kind: "starting" }), /starting$/);
  assert.match(text(RUNNING, { progress: { percentage: 42, message: "embedding" } }), /indexing 42 %$/);
  assert.equal(text(RUNNING), "$(check) codeassistd");
  assert.match(text(RUNNING, { workspaces: [{ ...WORKSPACE, state: "embedding" }] }), /indexing$/);
  assert.match(text(RUNNING, { workspaces: [{ ...WORKSPACE, state: "paused" }] }), /paused$/);
});

test("a problem stands out, and says what to do", () => {
  const missing = appearance({ phase: { kind: "missing" }, workspaces: [] });
  assert.ok(missing.isProblem);
  assert.match(missing.tooltip, /uv tool install codeassistd/);
  const ill = appearance({ phase: RUNNING, workspaces: [{ ...WORKSPACE, problem: "disk full; free some" }] });
  assert.ok(ill.isProblem);
  assert.match(ill.tooltip, /free some/);
});

test("an index is at rest when each folder's is", () => {
  assert.ok(isAtRest(status({}), 1));
  assert.ok(!isAtRest(status({}), 2));
  assert.ok(!isAtRest(status({ workspaces: [{ ...WORKSPACE, state: "scanning" }] }), 1));
});

test("every phase has a way on in the status view", () => {
  for (const phase of PHASES) {
    const sections = statusSections(phase, phase.kind === "running" ? status({ errors: ["one\ntwo"] }) : undefined);
    const actions = sections.at(-1);
    assert.equal(actions?.title, "Actions");
    assert.ok(actions.rows.every((row) => row.command?.startsWith("codeassistd.")));
  }
});

test("the status view lists workspaces and the first lines of errors", () => {
  const sections = statusSections(RUNNING, status({ errors: ["one\ntwo"] }));
  const rows = sections.flatMap((section) => section.rows);
  assert.deepEqual(sections.map(({ title }) => title), ["Server", "Workspaces", "Last errors, newest first", "Actions"]);
  assert.equal(rows.find((row) => row.icon === "root-folder")?.description, "ready: 1 file, 2 chunks");
  assert.equal(rows.find((row) => row.icon === "error")?.label, "one");
});

test("durations read well", () => {
  assert.deepEqual([119, 120, 7200].map(duration), ["119 s", "2 min", "2 h"]);
});

test("the palette says why there are no results, and only then", () => {
  assert.equal(unavailable(RUNNING), undefined);
  for (const phase of PHASES.filter(({ kind }) => kind !== "running")) {
    assert.ok(unavailable(phase)?.label);
  }
  assert.match(nothingFound("the index is still being made").detail ?? "", /^So far: /);
});

test("the empty palette shows the history, then what narrows a search down", () => {
  const labels = emptyRows(["b", "a"]).map((row) => row.label);
  assert.deepEqual(labels, ["b", "a", "lang:", "path:", "kind:"]);
});
