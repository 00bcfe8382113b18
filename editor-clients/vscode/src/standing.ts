/** How codeassistd stands, and how the status bar says so. */
import type { StatusAnswer, WorkspaceStatus } from "./protocol";

export type Phase =
  /** No folder is open: there is nothing to search. */
  | { kind: "idle" }
  | { kind: "missing" }
  | { kind: "wrongSetting"; path: string }
  | { kind: "starting" }
  | { kind: "running" }
  /** It ended, or could not start; it is started again soon. */
  | { kind: "failed"; reason: string; retrySeconds: number }
  /** The user has stopped it. */
  | { kind: "stopped" };

export interface Standing {
  phase: Phase;
  /** Per cent, while indexing is under way. */
  progress?: { percentage: number; message: string } | undefined;
  /** Of the folders of this window. */
  workspaces: readonly WorkspaceStatus[];
}

export interface Appearance {
  text: string;
  tooltip: string;
  isProblem: boolean;
}

export const INSTALL = "Install it with `uv tool install codeassistd` or `pipx install codeassistd`.";

const RESTING: ReadonlySet<string> = new Set(["ready", "paused", "failed"]);

/** Whether nothing is being done that a later status would tell of. */
export function isAtRest(status: StatusAnswer, folders: number): boolean {
  return status.workspaces.length >= folders && status.workspaces.every((each) => RESTING.has(each.state));
}

/** Whether an index of this window is being made or brought up to date. */
export function isWorking(standing: Standing): boolean {
  const isBusy = standing.workspaces.some((each) => !RESTING.has(each.state));
  return standing.progress !== undefined || standing.workspaces.length === 0 || isBusy;
}

/** The status bar's item. */
export function appearance(standing: Standing): Appearance {
  const { phase } = standing;
  switch (phase.kind) {
    case "idle":
      return quiet("$(search) codeassistd", "Open a folder to search it.");
    case "missing":
      return problem("not installed", `codeassistd was not found. ${INSTALL}`);
    case "wrongSetting":
      return problem("not found", wrongSetting(phase.path));
    case "starting":
      return quiet("$(loading~spin) codeassistd: starting", "The language server is starting.");
    case "stopped":
      return quiet("$(circle-slash) codeassistd: stopped", "Stopped. Any search starts it again.");
    case "failed":
      return problem("not running", `${phase.reason}\n\nIt is started again in ${phase.retrySeconds} s.`);
    case "running":
      return running(standing);
  }
}

/** What is wrong with the setting of the program's path. */
export function wrongSetting(path: string): string {
  return `The setting codeassistd.path names ${path}, which is no program that can be run here.`;
}

function running(standing: Standing): Appearance {
  const problems = standing.workspaces.filter((each) => each.problem !== "");
  const [first] = problems;
  if (first !== undefined) {
    return problem("needs attention", problems.map((each) => `${each.root}: ${each.problem}`).join("\n\n"));
  }
  if (standing.progress !== undefined) {
    const { percentage, message } = standing.progress;
    return quiet(`$(loading~spin) codeassistd: indexing ${percentage} %`, message);
  }
  const busy = standing.workspaces.find((each) => !RESTING.has(each.state));
  if (busy !== undefined) {
    return quiet("$(loading~spin) codeassistd: indexing", `${busy.root}: ${busy.state}`);
  }
  if (standing.workspaces.some((each) => each.state === "paused")) {
    return quiet("$(debug-pause) codeassistd: paused", "Indexing is paused; what is indexed can be searched.");
  }
  return quiet("$(check) codeassistd", summary(standing.workspaces));
}

function summary(workspaces: readonly WorkspaceStatus[]): string {
  const lines = workspaces.map((each) => `${each.root}: ${each.files} files, ${each.chunks} chunks`);
  return lines.length === 0 ? "Ready." : `Ready.\n\n${lines.join("\n\n")}`;
}

function quiet(text: string, tooltip: string): Appearance {
  return { text, tooltip, isProblem: false };
}

function problem(what: string, tooltip: string): Appearance {
  return { text: `$(warning) codeassistd: ${what}`, tooltip, isProblem: true };
}
