/** What the server writes: completions while typing, edits by instruction. Hidden where the server can't. */
import * as vscode from "vscode";
import type { ResultsView } from "../resultsView";
import type { Session } from "../session";
import { INSTRUCT, writingOf } from "./capabilities";
import { Edits } from "./edit";
import type { Subject } from "./edit";
import { WritingHere } from "./here";

const ENABLED = "inlineCompletions.enabled";

export function registerGeneration(session: Session, results: ResultsView): vscode.Disposable[] {
  const edits = new Edits(session, results);
  const here = new WritingHere(session, results);
  const offer = (): void => {
    const { inlineCompletions, instructions } = writingOf(session.client?.initializeResult?.capabilities);
    void vscode.commands.executeCommand("setContext", "codeassistd.canComplete", inlineCompletions);
    void vscode.commands.executeCommand("setContext", "codeassistd.canWrite", instructions);
  };
  const commands: Record<string, (subject?: Subject) => unknown> = {
    "codeassistd.edit": () => edits.edit(),
    [INSTRUCT]: (subject) => edits.edit(subject),
    "codeassistd.acceptEdit": () => edits.accept(),
    "codeassistd.rejectEdit": () => edits.reject(),
    "codeassistd.writeHere": () => here.write(),
    "codeassistd.stopWriting": () => here.cancel(),
    "codeassistd.toggleInlineCompletions": () => toggle(false),
    "codeassistd.toggleInlineCompletionsForLanguage": () => toggle(true),
  };
  return [
    edits,
    here,
    session.onDidChange(offer),
    ...Object.entries(commands).map(([name, run]) => vscode.commands.registerCommand(name, run)),
  ];
}

/** Turn completions off or on: everywhere, or in the current file's language. */
async function toggle(isForLanguage: boolean): Promise<void> {
  const document = vscode.window.activeTextEditor?.document;
  const languageId = isForLanguage ? document?.languageId : undefined;
  if (isForLanguage && languageId === undefined) {
    return;
  }
  const scope = languageId === undefined ? undefined : { languageId };
  const configuration = vscode.workspace.getConfiguration("codeassistd", scope);
  const value = !configuration.get(ENABLED, true);
  await configuration.update(ENABLED, value, vscode.ConfigurationTarget.Global, languageId !== undefined);
  const where = languageId === undefined ? "" : ` in ${languageId}`;
  vscode.window.setStatusBarMessage(`codeassistd: inline completions are ${value ? "on" : "off"}${where}`, 4000);
}
