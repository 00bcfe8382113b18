/** The commands about the server: status, reindexing, stopping, the log and the settings. */
import { execFile } from "node:child_process";
import { homedir } from "node:os";
import * as vscode from "vscode";
import { locate } from "./locate";
import type { Session } from "./session";
import { showStatus } from "./statusView";

const STOP_MS = 30_000;

export function registerActions(session: Session, channel: vscode.LogOutputChannel): vscode.Disposable[] {
  const commands: Record<string, () => unknown> = {
    "codeassistd.status": () => showStatus(session),
    "codeassistd.reindex": () => reindex(session, false),
    "codeassistd.reindexFull": () => reindex(session, true),
    "codeassistd.restart": () => session.restart(),
    "codeassistd.stopDaemon": () => stopDaemon(session, channel),
    "codeassistd.showLog": () => channel.show(),
    "codeassistd.openSettings": () =>
      vscode.commands.executeCommand("workbench.action.openSettings", "@ext:codeassistd.codeassistd"),
    "codeassistd.openWalkthrough": () =>
      vscode.commands.executeCommand("workbench.action.openWalkthrough", "codeassistd.codeassistd#codeassistd.start", false),
    "codeassistd.installWithUv": () => type("uv tool install codeassistd"),
    "codeassistd.installWithPipx": () => type("pipx install codeassistd"),
  };
  return Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run));
}

async function reindex(session: Session, full: boolean): Promise<void> {
  try {
    await session.request("codeassist/reindex", { full });
  } catch (error) {
    void vscode.window.showErrorMessage(`codeassistd: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function stopDaemon(session: Session, channel: vscode.LogOutputChannel): Promise<void> {
  const found = locate();
  await session.stop();
  if (found.kind !== "found") {
    return;
  }
  // A folder of the user's own: a program looks for things where it is started.
  execFile(found.path, ["stop"], { cwd: homedir(), timeout: STOP_MS }, (error, stdout, stderr) => {
    channel.info(`${found.path} stop: ${stdout.trim()}${stderr.trim()}`);
    if (error !== null) {
      void vscode.window.showErrorMessage(`codeassistd: the daemon was not stopped: ${stderr.trim() || error.message}`);
    }
  });
}

/** Put a command into a terminal; the user sends it off. */
function type(command: string): void {
  const terminal = vscode.window.createTerminal("codeassistd");
  terminal.show();
  terminal.sendText(command, false);
}
