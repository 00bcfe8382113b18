/** A proposed edit: shown as a difference while it is written, then accepted or rejected. */
import * as vscode from "vscode";
import type { GenerateAnswer } from "../protocol";
import { placeOf, proposed, targetOf } from "./replacement";
import type { Target } from "./replacement";

export const SCHEME = "codeassistd-proposal";

/** Between two refreshes of what is shown. */
const REFRESH_MS = 80;

export class Proposal implements vscode.Disposable {
  readonly uri: vscode.Uri;
  readonly #document: vscode.TextDocument;
  readonly #target: Target;
  readonly #onChange: (uri: vscode.Uri) => void;
  #replacement = "";
  #isComplete = false;
  #timer: NodeJS.Timeout | undefined;

  /** @param onChange Told, at most now and then, that `text` is different. */
  constructor(document: vscode.TextDocument, range: vscode.Range, number: number, onChange: (uri: vscode.Uri) => void) {
    this.#document = document;
    this.#target = targetOf(document.getText(), document.offsetAt(range.start), document.offsetAt(range.end));
    this.uri = vscode.Uri.from({ scheme: SCHEME, path: document.uri.path, query: String(number) });
    this.#onChange = onChange;
  }

  get text(): string {
    return this.#replacement === "" && !this.#isComplete
      ? this.#target.before + this.#target.selected + this.#target.after
      : proposed(this.#target, this.#replacement, this.#isComplete);
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  async show(instruction: string): Promise<void> {
    const name = this.#document.uri.path.split("/").at(-1) ?? "";
    await vscode.commands.executeCommand("vscode.diff", this.#document.uri, this.uri, `${name}: ${instruction}`, {
      preview: true,
    });
  }

  take(piece: string): void {
    this.#replacement += piece;
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined;
      this.#onChange(this.uri);
    }, REFRESH_MS);
  }

  complete(answer: GenerateAnswer): void {
    this.#replacement = answer.text;
    this.#isComplete = true;
    this.#onChange(this.uri);
  }

  /** Put it into the document, as one step to undo; tells whether the document still has the place for it. */
  async apply(): Promise<boolean> {
    const start = placeOf(this.#target, this.#document.getText());
    if (start === undefined) {
      return false;
    }
    const end = start + this.#target.selected.length;
    const range = new vscode.Range(this.#document.positionAt(start), this.#document.positionAt(end));
    const edit = new vscode.WorkspaceEdit();
    edit.replace(this.#document.uri, range, this.#replacement);
    return vscode.workspace.applyEdit(edit);
  }

  async close(): Promise<void> {
    const tabs = vscode.window.tabGroups.all.flatMap((group) => group.tabs);
    const ours = tabs.filter(
      ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === this.uri.toString(),
    );
    await vscode.window.tabGroups.close(ours, false);
  }

  dispose(): void {
    clearTimeout(this.#timer);
  }
}
