/** The rows of the search palette. */
import type { SearchResult } from "./protocol";
import { firstLine, headline, iconOf, title } from "./results";
import { wrongSetting } from "./standing";
import type { Phase } from "./standing";

export interface PaletteRow {
  /** Name of one of the editor's icons. */
  icon: string;
  label: string;
  description?: string;
  detail?: string;
  does:
    | { kind: "open"; result: SearchResult }
    /** Put it in the box. */
    | { kind: "query"; query: string }
    | { kind: "command"; command: string }
    | { kind: "nothing" };
}

const NOTHING = { kind: "nothing" } as const;

/** Why there can be no results now; undefined when there can. */
export function unavailable(phase: Phase): PaletteRow | undefined {
  const details = { kind: "command", command: "codeassistd.status" } as const;
  switch (phase.kind) {
    case "running":
      return undefined;
    case "idle":
      return { icon: "folder", label: "No folder is open", detail: "Open a folder to search it.", does: NOTHING };
    case "missing":
      return {
        icon: "warning",
        label: "codeassistd is not installed",
        detail: "Press Enter to see how to install it, or to say where it is.",
        does: details,
      };
    case "wrongSetting":
      return { icon: "warning", label: "codeassistd was not found", detail: wrongSetting(phase.path), does: details };
    case "failed":
      return { icon: "warning", label: "The language server is not running", detail: phase.reason, does: details };
    case "starting":
    case "stopped":
      return { icon: "loading~spin", label: "codeassistd is starting", detail: "Results will come by themselves.", does: NOTHING };
  }
}

const FILTERS: readonly [string, string][] = [
  ["lang:", "only a language, as lang:go or lang:c,cpp"],
  ["path:", "only some files, as path:src/** or path:\"my docs/**\""],
  ["kind:", "only a kind of code, as kind:function or kind:class"],
];

/** What is shown while nothing is typed: what was searched for before, and what narrows a search down. */
export function emptyRows(history: readonly string[]): PaletteRow[] {
  const recent = history.map(
    (query): PaletteRow => ({ icon: "history", label: query, does: { kind: "query", query } }),
  );
  const filters = FILTERS.map(
    ([filter, description]): PaletteRow => ({
      icon: "filter",
      label: filter,
      description,
      does: { kind: "query", query: filter },
    }),
  );
  return [...recent, ...filters];
}

export function resultRows(results: readonly SearchResult[]): PaletteRow[] {
  return results.map((result) => ({
    icon: iconOf(result.kind),
    label: title(result),
    description: `${result.path}:${firstLine(result)}`,
    detail: headline(result),
    does: { kind: "open", result },
  }));
}

export function nothingFound(why: string | undefined): PaletteRow {
  const detail = why === undefined ? "Try other words, or fewer filters." : `So far: ${why}.`;
  return { icon: "info", label: "Nothing found", detail, does: NOTHING };
}

export function failure(message: string): PaletteRow {
  return { icon: "warning", label: "The search failed", detail: message, does: NOTHING };
}

/** The server has no answer before it has read some more. */
export function notYet(message: string): PaletteRow {
  return { icon: "loading~spin", label: "Still indexing", detail: message, does: NOTHING };
}
