/** Writes at the cursor as an instruction says: text appears as it is written, and is one step to undo. */
import * as vscode from "vscode";
import type { ResultsView } from "../resultsView";
import type { Session } from "../session";
import { showSources } from "./sources";
import { write } from "./writer";

export class WritingHere implements vscode.Disposable {
  readonly #session: Session;
  readonly #results: ResultsView;
  #writing: vscode.CancellationTokenSource | undefined;

  constructor(session: Session, results: ResultsView) {
    this.#session = session;
    this.#results = results;
  }

  /** Ask for an instruction, and write. */
  async write(): Promise<void> {
    const editor = vscode.window.activeTextEditor;
    if (editor === undefined || editor.document.uri.scheme !== "file") {
      return;
    }
    const instruction = await vscode.window.showInputBox({
      title: "Write code here",
      prompt: "What is to be written?",
      placeHolder: "such as: a test of an empty list",
    });
    if (instruction === undefined || instruction.trim() === "") {
      return;
    }
    this.cancel();
    const writing = (this.#writing = new vscode.CancellationTokenSource());
    setWriting(true);
    const insertion = new Insertion(editor, () => writing.cancel());
    try {
      await this.#insert(instruction, editor, insertion, writing.token);
    } catch (error) {
      if (!writing.token.isCancellationRequested) {
        void vscode.window.showErrorMessage(`codeassistd: ${error instanceof Error ? error.message : String(error)}`);
      }
    } finally {
      await insertion.end();
      if (this.#writing === writing) {
        this.#writing = undefined;
        setWriting(false);
      }
    }
  }

  /** Write no more; what was written stays, for one undo to take back. */
  cancel(): void {
    this.#writing?.cancel();
  }

  dispose(): void {
    this.cancel();
  }

  async #insert(
    instruction: string,
    editor: vscode.TextEditor,
    insertion: Insertion,
    token: vscode.CancellationToken,
  ): Promise<void> {
    const params = {
      instruction,
      answer: "code" as const,
      textDocument: { uri: editor.document.uri.toString() },
      range: { start: editor.selection.start, end: editor.selection.end },
    };
    const progress = { location: vscode.ProgressLocation.Window, title: "codeassistd: writing … (Esc to stop)" };
    const answer = await vscode.window.withProgress(progress, () =>
      write(this.#session, params, (piece) => insertion.add(piece), token),
    );
    if (!insertion.hasText) {
      insertion.add(answer.text);
    }
    showSources(this.#results, instruction, answer);
  }
}

/** Text that grows in an editor, in the place of its selection. */
class Insertion {
  readonly #editor: vscode.TextEditor;
  readonly #start: number;
  readonly #changes: vscode.Disposable;
  #length: number;
  #waiting = "";
  #edits: Promise<void> = Promise.resolve();
  #isOver = false;
  #isOurs = false;
  hasText = false;

  /** @param onDisturbed Called when somebody else changes the document. */
  constructor(editor: vscode.TextEditor, onDisturbed: () => void) {
    const { document, selection } = editor;
    this.#editor = editor;
    this.#start = document.offsetAt(selection.start);
    this.#length = document.offsetAt(selection.end) - this.#start;
    this.#changes = vscode.workspace.onDidChangeTextDocument((event) => {
      if (event.document === document && event.contentChanges.length > 0 && !this.#isOurs) {
        this.#isOver = true;
        onDisturbed();
      }
    });
  }

  add(piece: string): void {
    this.#waiting += piece;
    this.#edits = this.#edits.then(() => this.#flush());
  }

  async end(): Promise<void> {
    await this.#edits;
    this.#changes.dispose();
  }

  async #flush(): Promise<void> {
    const text = this.#waiting;
    if (this.#isOver || text === "") {
      return;
    }
    this.#waiting = "";
    const { document } = this.#editor;
    // The first piece takes the place of the selection, further ones come after it.
    const end = this.#start + this.#length;
    const start = this.hasText ? end : this.#start;
    const range = new vscode.Range(document.positionAt(start), document.positionAt(end));
    const before = document.getText().length;
    const options = { undoStopBefore: !this.hasText, undoStopAfter: false };
    this.#isOurs = true;
    const isDone = await this.#editor.edit((edit) => edit.replace(range, text), options);
    this.#isOurs = false;
    this.#isOver ||= !isDone;
    this.#length += document.getText().length - before;
    this.hasText = true;
  }
}

function setWriting(isWriting: boolean): void {
  void vscode.commands.executeCommand("setContext", "codeassistd.isWriting", isWriting);
}
