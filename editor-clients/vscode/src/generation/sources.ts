/** Lists what the model was given of the workspace. */
import * as vscode from "vscode";
import type { GenerateAnswer, SearchResult, Source } from "../protocol";
import type { ResultsView } from "../resultsView";

/** Show the sources of an answer in the results view, without taking the focus. */
export function showSources(results: ResultsView, instruction: string, answer: GenerateAnswer): void {
  if (answer.sources.length > 0) {
    void sourceResults(answer.sources).then((found) => results.list(`sources of: ${instruction}`, found));
  }
}

async function sourceResults(sources: readonly Source[]): Promise<SearchResult[]> {
  const found = await Promise.allSettled(sources.map(sourceResult));
  return found.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}

async function sourceResult(source: Source): Promise<SearchResult> {
  const uri = vscode.Uri.parse(source.uri);
  const document = await vscode.workspace.openTextDocument(uri);
  const { start, end } = source.range;
  const snippet = document.getText(new vscode.Range(start.line, start.character, end.line, end.character));
  return {
    uri: source.uri,
    range: source.range,
    path: vscode.workspace.asRelativePath(uri, false),
    language: document.languageId,
    symbol: "",
    kind: "",
    score: 0,
    snippet,
  };
}
