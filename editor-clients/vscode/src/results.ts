/** How results read. */
import type { Position, SearchAnswer, SearchResult } from "./protocol";

/** Code of one file, in the order of the results. */
export interface FileGroup {
  uri: string;
  path: string;
  results: SearchResult[];
}

/** The line that defines the symbol, else the first that says something. */
export function headline(result: SearchResult): string {
  const name = result.symbol.split(".").at(-1) ?? "";
  const lines = result.snippet.split("\n").map((line) => line.trim());
  const defined = lines.slice(Math.max(0, startOf(result).line - result.range.start.line)).find((line) => line.includes(name));
  const says = lines.filter((line) => /[\p{L}\p{N}]/u.test(line));
  return (name === "" ? undefined : defined) ?? says[0] ?? lines[0] ?? "";
}

/** What an incomplete index means for an answer; undefined when it is complete. */
export function caveat(answer: SearchAnswer): string | undefined {
  if (answer.complete) {
    return undefined;
  }
  if (!answer.hasEveryFile) {
    return "the index is still being made: more may be found soon";
  }
  const unembedded = answer.chunks - answer.embedded;
  return `${unembedded} of ${answer.chunks} places are known by their words only, so far`;
}

/** Results by file; a file stands where its best result stands. */
export function groupedByFile(results: readonly SearchResult[]): FileGroup[] {
  const groups = new Map<string, FileGroup>();
  for (const result of results) {
    const group = groups.get(result.uri) ?? { uri: result.uri, path: result.path, results: [] };
    group.results.push(result);
    groups.set(result.uri, group);
  }
  return [...groups.values()];
}

/** Where to jump to: the symbol's definition, else the first of the lines. */
export function startOf(result: SearchResult): Position {
  return (result.symbolRange ?? result.range).start;
}

/** The line to jump to, from 1. */
export function firstLine(result: SearchResult): number {
  return startOf(result).line + 1;
}

/** Name of the symbol, else of the file. */
export function title(result: SearchResult): string {
  return result.symbol || (result.path.split("/").at(-1) ?? result.path);
}

const ICONS: Readonly<Record<string, string>> = {
  class: "class",
  interface: "interface",
  trait: "interface",
  protocol: "interface",
  enum: "enum",
  struct: "struct",
  record: "struct",
  union: "struct",
  type: "struct",
  method: "method",
  constructor: "constructor",
  function: "function",
  macro: "function",
  module: "namespace",
  namespace: "namespace",
  package: "namespace",
  variable: "variable",
  constant: "constant",
  property: "property",
  field: "field",
  section: "string",
};

/** Name of the editor's icon for a kind. */
export function iconOf(kind: string): string {
  const name = ICONS[kind];
  return name === undefined ? "file-code" : `symbol-${name}`;
}
