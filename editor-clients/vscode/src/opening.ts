/** Opens results, and previews them without a trace. */
import * as vscode from "vscode";
import type { SearchResult } from "./protocol";
import { startOf } from "./results";

/** The lines of a result; the line after the last is not one of them. */
export function linesOf(result: SearchResult): vscode.Range {
  const { start, end } = result.range;
  const last = Math.max(start.line, end.character === 0 ? end.line - 1 : end.line);
  return new vscode.Range(start.line, 0, last, Number.MAX_SAFE_INTEGER);
}

/** The place that a result is opened at. */
export function cursorOf(result: SearchResult): vscode.Range {
  const { line, character } = startOf(result);
  return new vscode.Range(line, character, line, character);
}

/** Open a result where its symbol begins, else at its first line. */
export async function open(result: SearchResult, column = vscode.ViewColumn.Active): Promise<void> {
  const at = cursorOf(result);
  const options = { viewColumn: column, preview: false, selection: at };
  const editor = await vscode.window.showTextDocument(vscode.Uri.parse(result.uri), options);
  editor.revealRange(at, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
}

/** What was shown before the first preview. */
interface Before {
  editor: vscode.TextEditor | undefined;
  selections: readonly vscode.Selection[];
  visible: vscode.Range | undefined;
  isPreview: boolean;
  tabs: ReadonlySet<string>;
}

/** Shows results in the editor while the user looks through a list; `restore` takes all of it back. */
export class Preview implements vscode.Disposable {
  readonly #before: Before;
  readonly #highlight = vscode.window.createTextEditorDecorationType({
    backgroundColor: new vscode.ThemeColor("editor.rangeHighlightBackground"),
    isWholeLine: true,
  });
  #shown: vscode.TextEditor | undefined;
  #latest = 0;

  constructor() {
    const editor = vscode.window.activeTextEditor;
    this.#before = {
      editor,
      selections: editor?.selections ?? [],
      visible: editor?.visibleRanges[0],
      isPreview: vscode.window.tabGroups.activeTabGroup.activeTab?.isPreview ?? false,
      tabs: new Set(openTabs().map(([uri]) => uri)),
    };
  }

  async show(result: SearchResult): Promise<void> {
    const number = ++this.#latest;
    const lines = linesOf(result);
    const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(result.uri));
    if (number !== this.#latest) {
      return; // the user has moved on
    }
    const column = this.#before.editor?.viewColumn ?? vscode.ViewColumn.Active;
    const options = { viewColumn: column, preview: true, preserveFocus: true, selection: cursorOf(result) };
    const editor = await vscode.window.showTextDocument(document, options);
    this.#shown?.setDecorations(this.#highlight, []);
    editor.setDecorations(this.#highlight, [lines]);
    editor.revealRange(lines, vscode.TextEditorRevealType.InCenterIfOutsideViewport);
    this.#shown = editor;
  }

  /** Leave the editor as it was found. */
  async restore(): Promise<void> {
    this.#latest++;
    if (this.#shown === undefined) {
      return;
    }
    const { editor, selections, visible, isPreview, tabs } = this.#before;
    if (editor !== undefined) {
      const restored = await vscode.window.showTextDocument(editor.document, {
        viewColumn: editor.viewColumn ?? vscode.ViewColumn.Active,
        preview: isPreview,
      });
      restored.selections = selections;
      if (visible !== undefined) {
        restored.revealRange(visible, vscode.TextEditorRevealType.AtTop);
      }
    }
    const ours = openTabs().filter(([uri, tab]) => !tabs.has(uri) && tab.isPreview);
    await vscode.window.tabGroups.close(ours.map(([, tab]) => tab), true);
  }

  dispose(): void {
    this.#highlight.dispose();
  }
}

function openTabs(): [string, vscode.Tab][] {
  const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
  return tabs.flatMap((tab) => (tab.input instanceof vscode.TabInputText ? [[tab.input.uri.toString(), tab]] : []));
}
