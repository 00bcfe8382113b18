/** What the status view says. */
import type { ModelStatus, StatusAnswer, WorkspaceStatus } from "./protocol";
import { INSTALL, wrongSetting } from "./standing";
import type { Phase } from "./standing";

/** A row of the status view; with an action if choosing it does something. */
export interface StatusRow {
  /** Name of one of the editor's icons. */
  icon: string;
  label: string;
  description?: string;
  detail?: string;
  /** A command of ours. */
  command?: string;
}

export interface StatusSection {
  title: string;
  rows: StatusRow[];
}

/** What codeassistd is doing, by sections. */
export function statusSections(phase: Phase, status: StatusAnswer | undefined): StatusSection[] {
  const sections = status === undefined ? [{ title: "Server", rows: [phaseRow(phase)] }] : answerSections(status);
  return [...sections, { title: "Actions", rows: actions(phase) }];
}

function answerSections(status: StatusAnswer): StatusSection[] {
  const server: StatusRow = {
    icon: "server-process",
    label: `codeassistd ${status.version}`,
    description: `running for ${duration(status.uptime)}, ${megabytes(status.memory)}, ${counted(status.sessions, "session")}`,
  };
  const sections = [
    { title: "Server", rows: [server] },
    { title: "Workspaces", rows: status.workspaces.map(workspaceRow) },
    { title: "Models", rows: status.models.map(modelRow) },
    { title: "Last errors, newest first", rows: status.errors.slice(0, 5).map(errorRow) },
  ];
  return sections.filter((section) => section.rows.length > 0);
}

function phaseRow(phase: Phase): StatusRow {
  switch (phase.kind) {
    case "idle":
      return { icon: "info", label: "No folder is open", detail: "Open a folder to search it." };
    case "missing":
      return { icon: "warning", label: "codeassistd is not installed, or not on PATH", detail: INSTALL.replaceAll("`", "") };
    case "wrongSetting":
      return { icon: "warning", label: "codeassistd was not found", detail: wrongSetting(phase.path) };
    case "failed":
      return { icon: "warning", label: "The language server is not running", detail: phase.reason };
    case "stopped":
      return { icon: "circle-slash", label: "Stopped", detail: "Any search starts it again." };
    case "starting":
    case "running":
      return { icon: "loading~spin", label: "Starting" };
  }
}

function actions(phase: Phase): StatusRow[] {
  const log: StatusRow = { icon: "output", label: "Show log", command: "codeassistd.showLog" };
  const settings: StatusRow = { icon: "gear", label: "Open settings", command: "codeassistd.openSettings" };
  switch (phase.kind) {
    case "idle":
      return [settings, log];
    case "missing":
    case "wrongSetting":
      return [
        { icon: "terminal", label: "Install with uv", detail: "uv tool install codeassistd", command: "codeassistd.installWithUv" },
        { icon: "terminal", label: "Install with pipx", detail: "pipx install codeassistd", command: "codeassistd.installWithPipx" },
        { icon: "refresh", label: "Look again", command: "codeassistd.restart" },
        settings,
        log,
      ];
    case "running":
      return [
        { icon: "search", label: "Search code", command: "codeassistd.search" },
        { icon: "sync", label: "Reindex", description: "look at every file again", command: "codeassistd.reindex" },
        { icon: "debug-restart", label: "Restart language server", command: "codeassistd.restart" },
        { icon: "debug-stop", label: "Stop daemon", description: "for all editors", command: "codeassistd.stopDaemon" },
        settings,
        log,
      ];
    default:
      return [{ icon: "debug-restart", label: "Start language server", command: "codeassistd.restart" }, settings, log];
  }
}

function workspaceRow(workspace: WorkspaceStatus): StatusRow {
  const { root, state, files, chunks, pending, problem } = workspace;
  const unembedded = pending === 0 ? "" : `, ${pending} without a vector`;
  return {
    icon: problem === "" ? "root-folder" : "warning",
    label: root.split(/[\\/]/).at(-1) || root,
    description: `${state}: ${counted(files, "file")}, ${counted(chunks, "chunk")}${unembedded}`,
    detail: problem || root,
  };
}

function modelRow(model: ModelStatus): StatusRow {
  const row = {
    icon: "circuit-board",
    label: `${model.name} (${model.role})`,
    description: `${model.state}, used ${counted(model.uses, "time")}`,
  };
  return model.engine === "" ? row : { ...row, detail: model.engine };
}

function errorRow(error: string): StatusRow {
  return { icon: "error", label: error.split("\n")[0] ?? error };
}

export function duration(seconds: number): string {
  if (seconds < 120) {
    return `${Math.floor(seconds)} s`;
  }
  return seconds < 7200 ? `${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
