/** Opens results, and previews them without a trace. */
import * as vscode from "vscode";
import type { SearchResult } from "./protocol";

/** The lines of a result; the line after the last is not one of them. */
export function linesOf(result: SearchResult): vscode.Range {
  const { start, end } = result.range;
  const last = Math.max(start.line, end.character === 0 ? end.line - 1 : end.line);
  return new vscode.Range(start.line, 0, last, Number.MAX_SAFE_INTEGER);
}

/** Open a result at its first line. */
export async function open(result: SearchResult, column = vscode.ViewColumn.Active): Promise<void> {
  await openAt(vscode.Uri.parse(result.uri), result.range.start.line, result.range.start.character, column);
}

async function openAt(uri: vscode.Uri, line: number, character: number, column: vscode.ViewColumn): Promise<void> {
  const at = new vscode.Position(line, character);
  const editor = await vscode.window.showTextDocument(uri, {
    viewColumn: column,
    preview: false,
    selection: new vscode.Range(at, at),
  });
  editor.revealRange(new vscode.Range(at, at), vscode.TextEditorRevealType.InCenterIfOutsideViewport);
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
    const at = new vscode.Range(lines.start, lines.start);
    const options = { viewColumn: column, preview: true, preserveFocus: true, selection: at };
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
