import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogOutputChannel } from "vscode";
import { Session } from "../../src/session";
import { appearance } from "../../src/standing";

const CHANNEL = { info: () => {}, warn: () => {}, debug: () => {}, error: () => {} } as unknown as LogOutputChannel;

test("a client that can't be made is a problem with its reason, and is tried again", async () => {
  const makings: string[] = [];
  const session = new Session(CHANNEL, [], async () => ({
    makeClient: (program) => {
      makings.push(program);
      throw new Error("no such stream");
    },
    onParts: () => assert.fail("nothing is written"),
  }));
  const failures = (): Promise<void> =>
    new Promise((resolve) => {
      const listening = session.onDidChange(() => {
        if (session.standing.phase.kind === "failed") {
          listening.dispose();
          resolve();
        }
      });
    });
  const first = failures();
  session.start();
  await first;
  const { text, tooltip, isProblem } = appearance(session.standing);
  assert.ok(isProblem);
  assert.match(text, /not running$/);
  assert.match(tooltip, /no such stream/);
  await failures();
  assert.deepEqual(makings, [process.execPath, process.execPath]);
  await session.stop();
  assert.equal(session.standing.phase.kind, "stopped");
});
