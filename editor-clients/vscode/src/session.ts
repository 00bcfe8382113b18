/** Keeps the language server running while a folder is open, and tells how it stands. */
import { realpathSync } from "node:fs";
import * as vscode from "vscode";
import type { LanguageClient } from "vscode-languageclient/node";
import { Backoff } from "./backoff";
import type * as clientModule from "./client";
import { locate } from "./locate";
import type { StatusAnswer } from "./protocol";
import { isAtRest } from "./standing";
import type { Phase, Standing } from "./standing";

/** How soon the daemon is asked again while it works. */
const STATUS_MS = 1000;

/** How soon a program that was not found is looked for again. */
const LOOK_MS = 5000;

/** How many lines of standard error are kept. */
const COMPLAINTS = 4;

/** Why a request was not sent; the status item says more. */
export class UnavailableError extends Error {}

export class Session implements vscode.Disposable {
  readonly #channel: vscode.LogOutputChannel;
  readonly #serverKeys: readonly string[];
  readonly #load: () => Promise<typeof clientModule>;
  readonly #backoff = new Backoff();
  readonly #changed = new vscode.EventEmitter<void>();
  readonly #indexChanged = new vscode.EventEmitter<void>();
  readonly #progress = new Map<string, { percentage: number; message: string }>();
  #client: LanguageClient | undefined;
  #phase: Phase = { kind: "idle" };
  #status: StatusAnswer | undefined;
  #startedAt = 0;
  /** How many runs of the server have ended, or were given up. */
  #runs = 0;
  /** What the server wrote to standard error, last of all. */
  #complaints: string[] = [];
  #timer: NodeJS.Timeout | undefined;
  #statusTimer: NodeJS.Timeout | undefined;

  /** Something about the standing is different. */
  readonly onDidChange = this.#changed.event;
  /** More or other code can be searched. */
  readonly onIndexChanged = this.#indexChanged.event;

  /** @param load Most of our code is in there: it is read when it is needed, not when the editor starts. */
  constructor(
    channel: vscode.LogOutputChannel,
    serverKeys: readonly string[],
    load = (): Promise<typeof clientModule> => import("./client"),
  ) {
    this.#channel = channel;
    this.#serverKeys = serverKeys;
    this.#load = load;
  }

  get standing(): Standing {
    const [progress] = this.#progress.values();
    return { phase: this.#phase, progress, workspaces: this.#status?.workspaces ?? [] };
  }

  /** The running server; undefined while there is none. */
  get client(): LanguageClient | undefined {
    return this.#phase.kind === "running" ? this.#client : undefined;
  }

  /** Start the server if it should run and doesn't. */
  start(): void {
    if (this.#client !== undefined || this.#phase.kind === "starting") {
      return;
    }
    clearTimeout(this.#timer);
    if ((vscode.workspace.workspaceFolders ?? []).length === 0) {
      this.#enter({ kind: "idle" });
      return;
    }
    const found = locate();
    if (found.kind === "found") {
      void this.#run(found.path);
      return;
    }
    this.#enter(found.kind === "missing" ? { kind: "missing" } : found);
    this.#timer = setTimeout(() => this.start(), LOOK_MS);
  }

  /** Stop the server, until it is asked for something. */
  async stop(): Promise<void> {
    const client = this.#leave();
    this.#enter({ kind: "stopped" });
    await client?.dispose().catch((error: unknown) => this.#channel.debug(String(error)));
  }

  async restart(): Promise<void> {
    this.#backoff.reset();
    await this.stop();
    this.start();
  }

  /**
   * Ask the server.
   *
   * @throws UnavailableError There is no server now.
   */
  async request<T>(method: string, params: object, token?: vscode.CancellationToken): Promise<T> {
    const client = this.client;
    if (client === undefined) {
      throw new UnavailableError("codeassistd is not running");
    }
    // A token that is undefined would count as a second parameter.
    return token === undefined ? client.sendRequest<T>(method, params) : client.sendRequest<T>(method, params, token);
  }

  async status(): Promise<StatusAnswer | undefined> {
    const client = this.client;
    try {
      const status = await client?.sendRequest<StatusAnswer>("codeassist/status", {});
      return client === this.client ? status : undefined;
    } catch (error) {
      this.#channel.debug(`status: ${String(error)}`);
      return undefined;
    }
  }

  dispose(): void {
    const client = this.#leave();
    void client?.dispose().catch(() => undefined);
    this.#changed.dispose();
    this.#indexChanged.dispose();
  }

  async #run(program: string): Promise<void> {
    this.#channel.info(`starting ${program} lsp`);
    this.#startedAt = Date.now();
    this.#complaints = [];
    this.#enter({ kind: "starting" });
    const run = this.#runs;
    try {
      const { makeClient } = await this.#load();
      if (run !== this.#runs) {
        return; // stopped meanwhile
      }
      const client = makeClient(program, this.#serverKeys, this.#channel, {
        onProgress: (token, value) => this.#onProgress(token, value),
        onIndexChanged: () => {
          this.#indexChanged.fire();
          this.#askSoon(0);
        },
        onComplaint: (line) => this.#onComplaint(line),
        onEnded: () => this.#onEnded(run, "The language server has ended."),
      });
      this.#client = client;
      await client.start();
    } catch (error) {
      this.#onEnded(run, error instanceof Error ? error.message : String(error));
      return;
    }
    if (run === this.#runs) {
      this.#enter({ kind: "running" });
      this.#askSoon(0);
    }
  }

  #onComplaint(line: string): void {
    this.#channel.error(line);
    this.#complaints = [...this.#complaints, line.trim().replace(/^error: /, "")].slice(-COMPLAINTS);
    if (this.#phase.kind === "failed") {
      this.#enter({ ...this.#phase, reason: this.#complaints.join("; ") });
    }
  }

  #onEnded(run: number, reason: string): void {
    if (run !== this.#runs) {
      return; // it was told to
    }
    const client = this.#leave();
    const wait = this.#backoff.after(Date.now() - this.#startedAt);
    this.#channel.warn(`${reason} It is started again in ${wait} ms.`);
    // What it said itself is worth more than that it ended.
    const said = this.#complaints.join("; ") || reason;
    this.#enter({ kind: "failed", reason: said, retrySeconds: Math.ceil(wait / 1000) });
    this.#timer = setTimeout(() => this.start(), wait);
    void client?.dispose().catch((error: unknown) => this.#channel.debug(String(error)));
  }

  #onProgress(token: string, value: { percentage: number; message: string } | undefined): void {
    if (value === undefined) {
      this.#progress.delete(token);
      this.#askSoon(0);
    } else {
      this.#progress.set(token, value);
      this.#askSoon(STATUS_MS);
    }
    this.#changed.fire();
  }

  /** Ask for the status, again and again until nothing goes on. */
  #askSoon(ms: number): void {
    clearTimeout(this.#statusTimer);
    this.#statusTimer = setTimeout(async () => {
      const status = await this.status();
      if (status === undefined) {
        if (this.client !== undefined) {
          this.#askSoon(STATUS_MS);
        }
        return;
      }
      const folders = new Set(openFolders());
      this.#status = { ...status, workspaces: status.workspaces.filter((each) => folders.has(each.root)) };
      if (isAtRest(this.#status, folders.size)) {
        this.#progress.clear();
      } else {
        this.#askSoon(STATUS_MS);
      }
      this.#changed.fire();
    }, ms);
  }

  #leave(): LanguageClient | undefined {
    clearTimeout(this.#timer);
    clearTimeout(this.#statusTimer);
    this.#progress.clear();
    this.#status = undefined;
    this.#runs++;
    const client = this.#client;
    this.#client = undefined;
    return client;
  }

  #enter(phase: Phase): void {
    this.#phase = phase;
    void vscode.commands.executeCommand("setContext", "codeassistd.phase", phase.kind);
    this.#changed.fire();
  }
}

/** The folders of this window as the server names them: without symbolic links. */
function openFolders(): string[] {
  const folders = (vscode.workspace.workspaceFolders ?? []).filter((folder) => folder.uri.scheme === "file");
  return folders.map((folder) => {
    try {
      return realpathSync(folder.uri.fsPath);
    } catch {
      return folder.uri.fsPath;
    }
  });
}
