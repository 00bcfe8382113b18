/** The results view in the side bar: what was found, by file. */
import * as vscode from "vscode";
import { cursorOf } from "./opening";
import { colourOf } from "./palette";
import type { SearchAnswer, SearchResult } from "./protocol";
import { caveat, firstLine, groupedByFile, headline, iconOf } from "./results";
import type { FileGroup } from "./results";

/** Without results; with them, what they are results of: it is all of a description that is always seen. */
const TITLE = "Results";

/** What is shown, and how to ask for it again. */
export interface Shown {
  title: string;
  ask: () => Promise<SearchAnswer>;
}

type Node = { kind: "file"; group: FileGroup } | { kind: "result"; result: SearchResult; parent: FileGroup };

export class ResultsView implements vscode.TreeDataProvider<Node>, vscode.Disposable {
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #view: vscode.TreeView<Node>;
  readonly #owned: vscode.Disposable[] = [];
  #shown: Shown | undefined;
  #groups: FileGroup[] = [];

  readonly onDidChangeTreeData = this.#changed.event;

  constructor() {
    this.#view = vscode.window.createTreeView("codeassistd.results", {
      treeDataProvider: this,
      showCollapseAll: true,
    });
  }

  /** Ask, and show the answer; the view takes the focus. */
  async show(shown: Shown): Promise<void> {
    this.#shown = shown;
    this.#groups = [];
    // VS Code holds back all but the first of several changes: the old rows go before the new title comes.
    this.#changed.fire();
    this.#view.title = shown.title;
    this.#view.message = "Searching …";
    await Promise.all([vscode.commands.executeCommand("codeassistd.results.focus"), this.refresh()]);
    const [first] = this.#groups;
    const [result] = first?.results ?? [];
    if (first !== undefined && result !== undefined && this.#shown === shown) {
      await this.#view.reveal({ kind: "result", result, parent: first }, { focus: true, select: true });
    }
  }

  async refresh(): Promise<void> {
    const shown = this.#shown;
    if (shown === undefined) {
      return;
    }
    try {
      const answer = await vscode.window.withProgress({ location: { viewId: "codeassistd.results" } }, shown.ask);
      if (this.#shown === shown) {
        this.#fill(answer.results, message(answer));
      }
    } catch (error) {
      if (this.#shown === shown) {
        this.#fill([], error instanceof Error ? error.message : String(error));
      }
    }
  }

  /** Show what is known already, without taking the focus. */
  list(title: string, results: readonly SearchResult[]): void {
    this.#shown = { title, ask: () => Promise.reject(new Error("Ask again for new sources.")) };
    this.#view.title = title;
    this.#fill(results, undefined);
  }

  clear(): void {
    this.#shown = undefined;
    this.#view.title = TITLE;
    this.#fill([], undefined);
  }

  getTreeItem(node: Node): vscode.TreeItem {
    return node.kind === "file" ? fileItem(node.group) : resultItem(node.result);
  }

  getChildren(node?: Node): Node[] {
    if (node === undefined) {
      return this.#groups.map((group) => ({ kind: "file", group }));
    }
    return node.kind === "file"
      ? node.group.results.map((result) => ({ kind: "result", result, parent: node.group }))
      : [];
  }

  getParent(node: Node): Node | undefined {
    return node.kind === "result" ? { kind: "file", group: node.parent } : undefined;
  }

  /** Dispose of something with the view. */
  own(disposable: vscode.Disposable): void {
    this.#owned.push(disposable);
  }

  dispose(): void {
    this.#owned.forEach((each) => void each.dispose());
    this.#view.dispose();
    this.#changed.dispose();
  }

  #fill(results: readonly SearchResult[], text: string | undefined): void {
    this.#groups = groupedByFile(results);
    // The empty view explains itself only without a message.
    this.#view.message = text as string;
    void vscode.commands.executeCommand("setContext", "codeassistd.hasResults", this.#shown !== undefined);
    this.#changed.fire();
  }
}

function message(answer: SearchAnswer): string | undefined {
  const but = caveat(answer);
  if (answer.results.length === 0) {
    return but === undefined ? "Nothing found." : `Nothing found; ${but}.`;
  }
  return but === undefined ? undefined : `${but[0]?.toUpperCase() ?? ""}${but.slice(1)}.`;
}

function fileItem(group: FileGroup): vscode.TreeItem {
  const uri = vscode.Uri.parse(group.uri);
  const item = new vscode.TreeItem(uri, vscode.TreeItemCollapsibleState.Expanded);
  item.id = group.uri;
  item.iconPath = vscode.ThemeIcon.File;
  const folder = vscode.workspace.asRelativePath(uri).split("/").slice(0, -1).join("/");
  item.description = folder === "" ? `${group.results.length}` : `${folder} · ${group.results.length}`;
  return item;
}

function resultItem(result: SearchResult): vscode.TreeItem {
  const item = new vscode.TreeItem(result.symbol || headline(result));
  item.id = `${result.uri}#${result.range.start.line}:${result.range.start.character}-${result.range.end.line}`;
  item.description = `${firstLine(result)}${result.symbol === "" ? "" : `  ${headline(result)}`}`;
  const icon = iconOf(result.kind);
  item.iconPath = new vscode.ThemeIcon(icon, colourOf(icon));
  const tooltip = new vscode.MarkdownString();
  tooltip.appendCodeblock(result.snippet, result.language);
  item.tooltip = tooltip;
  item.contextValue = "result";
  item.command = {
    command: "vscode.open",
    title: "Open",
    arguments: [vscode.Uri.parse(result.uri), { selection: cursorOf(result), preview: true }],
  };
  item.accessibilityInformation = { label: `${result.kind} ${item.label as string}, line ${firstLine(result)}, ${result.path}` };
  return item;
}
