/** Edits the selection as an instruction says: a difference to look at, then to accept or reject. */
import * as vscode from "vscode";
import type { Range } from "../protocol";
import type { ResultsView } from "../resultsView";
import type { Session } from "../session";
import { Proposal, SCHEME } from "./proposal";
import { showSources } from "./sources";
import { write } from "./writer";

/** What the server's code action asks to have edited. */
export interface Subject {
  textDocument: { uri: string };
  range: Range;
}

export class Edits implements vscode.TextDocumentContentProvider, vscode.Disposable {
  readonly #session: Session;
  readonly #results: ResultsView;
  readonly #changed = new vscode.EventEmitter<vscode.Uri>();
  /** Before the provider is registered: the editor looks for it then. */
  readonly onDidChange = this.#changed.event;
  readonly #provider = vscode.workspace.registerTextDocumentContentProvider(SCHEME, this);
  readonly #closing = vscode.workspace.onDidCloseTextDocument((document) => this.#onClosed(document));
  #current: { proposal: Proposal; writing: vscode.CancellationTokenSource } | undefined;
  #made = 0;

  constructor(session: Session, results: ResultsView) {
    this.#session = session;
    this.#results = results;
  }

  provideTextDocumentContent(uri: vscode.Uri): string {
    const proposal = this.#current?.proposal;
    return proposal !== undefined && proposal.uri.toString() === uri.toString() ? proposal.text : "";
  }

  /**
   * Ask for an instruction, and propose an edit.
   *
   * @param subject What is to be edited; the selection when absent.
   */
  async edit(subject?: Subject): Promise<void> {
    const given = await (subject === undefined ? selected() : named(subject));
    if (given === undefined) {
      return;
    }
    const { document, range } = given;
    const lines = range.end.line - range.start.line + 1;
    const instruction = await vscode.window.showInputBox({
      title: lines === 1 ? "Edit this line" : `Edit these ${lines} lines`,
      prompt: "What is to be done?",
      placeHolder: "such as: handle a missing file",
    });
    if (instruction === undefined || instruction.trim() === "") {
      return;
    }
    await this.reject();
    const proposal = new Proposal(document, range, ++this.#made, (uri) => this.#changed.fire(uri));
    const writing = new vscode.CancellationTokenSource();
    this.#current = { proposal, writing };
    setOpen(true);
    await proposal.show(instruction);
    await this.#write(proposal, instruction, document, range, writing);
  }

  async accept(): Promise<void> {
    const proposal = this.#current?.proposal;
    if (proposal === undefined || !proposal.isComplete) {
      return;
    }
    if (await proposal.apply()) {
      await this.reject();
    } else {
      void vscode.window.showWarningMessage("The lines were changed meanwhile, so the edit doesn't fit; ask again.");
    }
  }

  /** Give up the proposal, and what is being written of it. */
  async reject(): Promise<void> {
    const current = this.#current;
    this.#current = undefined;
    current?.writing.cancel();
    await current?.proposal.close();
    current?.proposal.dispose();
    setOpen(false);
  }

  dispose(): void {
    this.#current?.writing.cancel();
    this.#current?.proposal.dispose();
    this.#provider.dispose();
    this.#closing.dispose();
    this.#changed.dispose();
  }

  async #write(
    proposal: Proposal,
    instruction: string,
    document: vscode.TextDocument,
    range: vscode.Range,
    writing: vscode.CancellationTokenSource,
  ): Promise<void> {
    const params = {
      instruction,
      answer: "code" as const,
      textDocument: { uri: document.uri.toString() },
      range: { start: range.start, end: range.end },
    };
    const progress = { location: vscode.ProgressLocation.Window, title: "codeassistd: writing …" };
    try {
      const answer = await vscode.window.withProgress(progress, () =>
        write(this.#session, params, (piece) => proposal.take(piece), writing.token),
      );
      proposal.complete(answer);
      showSources(this.#results, instruction, answer);
    } catch (error) {
      if (!writing.token.isCancellationRequested) {
        await this.reject();
        void vscode.window.showErrorMessage(`codeassistd: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }

  #onClosed(document: vscode.TextDocument): void {
    if (document.uri.toString() === this.#current?.proposal.uri.toString()) {
      void this.reject();
    }
  }
}

interface Given {
  document: vscode.TextDocument;
  range: vscode.Range;
}

function selected(): Given | undefined {
  const editor = vscode.window.activeTextEditor;
  if (editor === undefined || editor.document.uri.scheme !== "file") {
    return undefined;
  }
  return { document: editor.document, range: wholeLines(editor.document, editor.selection) };
}

async function named({ textDocument, range }: Subject): Promise<Given> {
  const document = await vscode.workspace.openTextDocument(vscode.Uri.parse(textDocument.uri));
  const { start, end } = range;
  const lines = new vscode.Range(start.line, start.character, end.line, end.character);
  return { document, range: wholeLines(document, lines) };
}

/** Every line that a range touches; the line after its last break is not touched. */
function wholeLines(document: vscode.TextDocument, { start, end }: vscode.Range): vscode.Range {
  const last = end.character === 0 && end.line > start.line ? end.line - 1 : end.line;
  return document.validateRange(new vscode.Range(start.line, 0, last, Number.MAX_SAFE_INTEGER));
}

function setOpen(isOpen: boolean): void {
  void vscode.commands.executeCommand("setContext", "codeassistd.isProposalOpen", isOpen);
}
