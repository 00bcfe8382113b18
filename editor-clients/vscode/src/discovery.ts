/** Where the program codeassistd may be. */
import { posix, win32 } from "node:path";

export interface Surroundings {
  /** The setting `codeassistd.path`; empty when it is not set. */
  setting: string;
  environment: Readonly<Record<string, string | undefined>>;
  platform: NodeJS.Platform;
  home: string;
  /** Workspace folders; none while the workspace isn't trusted: its programs are not run. */
  trustedFolders: readonly string[];
}

export type Found =
  | { kind: "found"; path: string }
  /** The setting names what can't be run. */
  | { kind: "wrongSetting"; path: string }
  | { kind: "missing" };

/** Find the program: what the setting says, else the first place that has it. */
export function find(where: Surroundings, isProgram: (path: string) => boolean): Found {
  if (where.setting.trim() !== "") {
    const path = expanded(where.setting.trim(), where);
    const paths = pathsOf(where);
    const isUsable = path !== undefined && paths.isAbsolute(path) && isProgram(path);
    return isUsable ? { kind: "found", path } : { kind: "wrongSetting", path: path ?? where.setting };
  }
  const path = candidates(where).find(isProgram);
  return path === undefined ? { kind: "missing" } : { kind: "found", path };
}

/** Every place that is looked at, in order: PATH, the workspace's environments, the folders of uv and pipx. */
export function candidates(where: Surroundings): string[] {
  const { environment, platform, home } = where;
  const paths = pathsOf(where);
  const isWindows = platform === "win32";
  const file = isWindows ? "codeassistd.exe" : "codeassistd";
  const scripts = isWindows ? "Scripts" : "bin";
  const searchPath = environment["PATH"] ?? environment["Path"] ?? "";
  const dataHome = environment["XDG_DATA_HOME"] ?? paths.join(home, ".local", "share");
  const roaming = environment["APPDATA"] ?? paths.join(home, "AppData", "Roaming");
  const folders = [
    ...searchPath.split(paths.delimiter),
    ...where.trustedFolders.flatMap((folder) => [
      paths.join(folder, ".venv", scripts),
      paths.join(folder, "venv", scripts),
    ]),
    environment["UV_TOOL_BIN_DIR"],
    environment["PIPX_BIN_DIR"],
    environment["XDG_BIN_HOME"],
    paths.join(home, ".local", "bin"),
    environment["UV_TOOL_DIR"] && paths.join(environment["UV_TOOL_DIR"], "codeassistd", scripts),
    ...(isWindows
      ? [paths.join(roaming, "uv", "tools", "codeassistd", scripts), paths.join(home, "pipx", "venvs", "codeassistd", scripts)]
      : [
          paths.join(dataHome, "uv", "tools", "codeassistd", scripts),
          paths.join(dataHome, "pipx", "venvs", "codeassistd", scripts),
          "/opt/homebrew/bin",
          "/usr/local/bin",
        ]),
  ];
  // A relative folder of PATH would be one of whatever folder is current: never run from there.
  const absolute = folders.filter((folder): folder is string => !!folder && paths.isAbsolute(folder));
  return [...new Set(absolute.map((folder) => paths.join(folder, file)))];
}

function pathsOf(where: Surroundings): typeof posix {
  return where.platform === "win32" ? win32 : posix;
}

/** A path with `~` and `${workspaceFolder}` written out; undefined when there is no trusted folder for it. */
function expanded(path: string, where: Surroundings): string | undefined {
  const [folder] = where.trustedFolders;
  if (path.includes("${workspaceFolder}") && folder === undefined) {
    return undefined;
  }
  return path.replace("${workspaceFolder}", () => folder ?? "").replace(/^~(?=[\\/])/, () => where.home);
}
