/** Stands in for the editor where a unit test runs without one: the parts that a session of the server looks at. */
export class EventEmitter<T> {
  readonly #listeners = new Set<(event: T) => void>();

  readonly event = (listener: (event: T) => void): { dispose(): void } => {
    this.#listeners.add(listener);
    return { dispose: () => this.#listeners.delete(listener) };
  };

  fire(event: T): void {
    this.#listeners.forEach((listener) => listener(event));
  }

  dispose(): void {
    this.#listeners.clear();
  }
}

/** A folder is open, and the setting names a program that there is. */
export const workspace = {
  workspaceFolders: [{ uri: { scheme: "file", fsPath: "/" } }],
  isTrusted: true,
  getConfiguration: () => ({ get: () => process.execPath }),
};

export const commands = { executeCommand: () => Promise.resolve() };
