/** What is started with the editor: the session, and what shows it. */
import * as vscode from "vscode";
import { registerActions } from "./actions";
import { registerGeneration } from "./generation/register";
import { registerSearching } from "./searching";
import { Session } from "./session";
import { serverKeys } from "./settings";
import { showStatusItem } from "./statusItem";

export function activate(context: vscode.ExtensionContext): void {
  const channel = vscode.window.createOutputChannel("codeassistd", { log: true });
  const session = new Session(channel, serverKeys(context.extension.packageJSON as object));
  const results = registerSearching(session, context.workspaceState);
  context.subscriptions.push(
    channel,
    session,
    results,
    showStatusItem(session),
    ...registerActions(session, channel),
    ...registerGeneration(session, results),
    vscode.workspace.onDidChangeWorkspaceFolders(() => onFolders(session)),
    vscode.workspace.onDidGrantWorkspaceTrust(() => session.start()),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration("codeassistd.path")) {
        void session.restart();
      }
    }),
    vscode.window.onDidChangeWindowState(({ focused }) => {
      if (focused && session.standing.phase.kind === "missing") {
        session.start(); // it may have been installed since
      }
    }),
  );
  // The editor has more to do when it starts than to wait for ours.
  const soon = setImmediate(() => session.start());
  context.subscriptions.push({ dispose: () => clearImmediate(soon) });
}

function onFolders(session: Session): void {
  if ((vscode.workspace.workspaceFolders ?? []).length === 0) {
    void session.restart(); // comes to rest: there is nothing to serve
  } else {
    session.start();
  }
}
