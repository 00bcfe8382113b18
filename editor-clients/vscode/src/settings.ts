/** Which settings codeassistd itself is told, and how. */

/** One of the editor's settings, as `WorkspaceConfiguration.inspect` tells of it. */
export interface Inspected {
  globalValue?: unknown;
  workspaceValue?: unknown;
  workspaceFolderValue?: unknown;
}

/** The part of package.json that declares settings. */
interface Declaration {
  id?: string;
  properties?: Record<string, unknown>;
}

/** The block of package.json with the daemon's own settings; the rest are the editor's. */
const SERVER_BLOCK = "codeassistd.server";

/** The daemon's settings by dotted key, such as `index.exclude`. */
export function serverKeys(manifest: { contributes?: { configuration?: Declaration[] } }): string[] {
  const block = manifest.contributes?.configuration?.find((each) => each.id === SERVER_BLOCK);
  return Object.keys(block?.properties ?? {}).map((key) => key.replace(/^codeassistd\./, ""));
}

/**
 * What the user has set, by dotted key. A default is left out: it would win over the daemon's settings files.
 *
 * @param keys Of the daemon's settings.
 * @param inspect What the editor knows of one.
 */
export function chosenSettings(
  keys: readonly string[],
  inspect: (key: string) => Inspected | undefined,
): Record<string, unknown> {
  const chosen: Record<string, unknown> = {};
  for (const key of keys) {
    const found = inspect(key);
    const value = found?.workspaceFolderValue ?? found?.workspaceValue ?? found?.globalValue;
    if (value !== undefined && value !== null) {
      chosen[key] = value;
    }
  }
  return chosen;
}
