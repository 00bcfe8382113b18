/** The commands that search. */
import * as vscode from "vscode";
import { open } from "./opening";
import { Palette } from "./palette";
import type { SearchAnswer, SearchResult, SimilarParams } from "./protocol";
import { parseQuery } from "./query";
import { ResultsView } from "./resultsView";
import type { Session } from "./session";

export function registerSearching(session: Session, memory: vscode.Memento): ResultsView {
  const view = new ResultsView();
  let palette: Palette | undefined;
  const inView = (query: string): void => {
    const ask = async (): Promise<SearchAnswer> => {
      await ready(session);
      return session.request<SearchAnswer>("codeassist/search", parseQuery(query));
    };
    void view.show({ title: query, ask });
  };
  const commands: Record<string, (...given: never[]) => unknown> = {
    "codeassistd.search": (query?: unknown) => {
      palette = new Palette(session, memory, inView, () => (palette = undefined));
      palette.show(typeof query === "string" ? query : "");
    },
    "codeassistd.openToSide": () => palette?.accept(vscode.ViewColumn.Beside),
    "codeassistd.similar": () => similar(session, view),
    "codeassistd.results.search": (query?: unknown) =>
      typeof query === "string" ? inView(query) : vscode.commands.executeCommand("codeassistd.search"),
    "codeassistd.results.refresh": () => view.refresh(),
    "codeassistd.results.clear": () => view.clear(),
    "codeassistd.results.openToSide": (node?: { result: SearchResult }) =>
      node && open(node.result, vscode.ViewColumn.Beside),
  };
  for (const [name, run] of Object.entries(commands)) {
    view.own(vscode.commands.registerCommand(name, run as (...given: unknown[]) => unknown));
  }
  return view;
}

async function similar(session: Session, view: ResultsView): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.document.uri.scheme !== "file") {
    void vscode.window.showInformationMessage("Open a file of the workspace, then search for code like its lines.");
    return;
  }
  const { document, selection } = editor;
  const params: SimilarParams = {
    textDocument: { uri: document.uri.toString() },
    range: { start: { line: selection.start.line, character: 0 }, end: endOf(selection) },
  };
  const name = document.uri.path.split("/").at(-1) ?? "";
  const ask = async (): Promise<SearchAnswer> => {
    await ready(session);
    return session.request<SearchAnswer>("codeassist/similar", params);
  };
  await view.show({ title: `code like ${name}:${selection.start.line + 1}`, ask });
}

/** Whole lines are meant; a selection that ends at a line's beginning has nothing of it. */
function endOf(selection: vscode.Selection): { line: number; character: number } {
  const { start, end } = selection;
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return { line: last + 1, character: 0 };
}

/** Wait for a server that is starting. */
async function ready(session: Session): Promise<void> {
  session.start();
  while (session.standing.phase.kind === "starting") {
    await new Promise<void>((resolve) => {
      const subscription = session.onDidChange(() => {
        subscription.dispose();
        resolve();
      });
    });
  }
}
