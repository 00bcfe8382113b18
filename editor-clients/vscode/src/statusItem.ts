/** The one item in the status bar. */
import * as vscode from "vscode";
import type { Session } from "./session";
import { appearance } from "./standing";

export function showStatusItem(session: Session): vscode.Disposable {
  const item = vscode.window.createStatusBarItem("codeassistd.status", vscode.StatusBarAlignment.Right, 90);
  item.name = "codeassistd";
  item.command = "codeassistd.status";
  const update = (): void => {
    const { standing } = session;
    const { text, tooltip, isProblem } = appearance(standing);
    item.text = text;
    item.tooltip = new vscode.MarkdownString(`**codeassistd**\n\n${tooltip}\n\n_Click for status and actions._`);
    item.backgroundColor = isProblem ? new vscode.ThemeColor("statusBarItem.warningBackground") : undefined;
    if (standing.phase.kind === "idle") {
      item.hide();
    } else {
      item.show();
    }
  };
  update();
  return vscode.Disposable.from(item, session.onDidChange(update));
}
