/** The status view: how the daemon, its workspaces and models stand, and what can be done. */
import * as vscode from "vscode";
import type { StatusAnswer } from "./protocol";
import type { Session } from "./session";
import { statusSections } from "./statusRows";
import type { StatusRow } from "./statusRows";

const REFRESH_MS = 1000;

interface StatusItem extends vscode.QuickPickItem {
  command?: string | undefined;
}

export function showStatus(session: Session): void {
  if (session.standing.phase.kind === "missing" || session.standing.phase.kind === "wrongSetting") {
    session.start(); // it may have been installed since
  }
  const picker = vscode.window.createQuickPick<StatusItem>();
  picker.title = "codeassistd";
  picker.placeholder = "Choose an action";
  picker.keepScrollPosition = true;
  let shown = "";
  const show = (status: StatusAnswer | undefined): void => {
    const sections = statusSections(session.standing.phase, status);
    const text = JSON.stringify(sections);
    if (text !== shown) {
      shown = text;
      const active = picker.activeItems[0]?.label;
      picker.items = sections.flatMap(({ title, rows }) => [separator(title), ...rows.map(itemOf)]);
      const again = picker.items.find((item) => item.label === active && item.command !== undefined);
      const first = again ?? picker.items.find((item) => item.command !== undefined);
      picker.activeItems = first === undefined ? [] : [first];
    }
  };
  const refresh = async (): Promise<void> => show(await session.status());
  const timer = setInterval(() => void refresh(), REFRESH_MS);
  const subscription = session.onDidChange(() => void refresh());
  picker.onDidAccept(() => {
    const command = picker.activeItems[0]?.command;
    if (command !== undefined) {
      picker.hide();
      void vscode.commands.executeCommand(command);
    }
  });
  picker.onDidHide(() => {
    clearInterval(timer);
    subscription.dispose();
    picker.dispose();
  });
  picker.show();
  void refresh();
}

function separator(label: string): StatusItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}

function itemOf(row: StatusRow): StatusItem {
  const item: StatusItem = { label: `$(${row.icon}) ${row.label}`, command: row.command };
  if (row.description !== undefined) {
    item.description = row.description;
  }
  if (row.detail !== undefined) {
    item.detail = row.detail;
  }
  return item;
}
