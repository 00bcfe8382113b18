/** One run of the language server: `codeassistd lsp`, spoken to over its pipes. */
import { homedir } from "node:os";
import { createInterface } from "node:readline";
import * as vscode from "vscode";
import { CloseAction, ErrorAction, LanguageClient, ProgressType, RevealOutputChannelOn } from "vscode-languageclient/node";
import type {
  ClientCapabilities,
  FeatureState,
  LanguageClientOptions,
  Middleware,
  StaticFeature,
} from "vscode-languageclient/node";
import { INSTRUCT } from "./generation/capabilities";
import type { GeneratePartialResult } from "./protocol";
import { chosenSettings } from "./settings";

const PARTS = new ProgressType<GeneratePartialResult>();

export interface ClientEvents {
  /** Per cent and words of what is being indexed; undefined at its end. */
  onProgress(token: string, value: { percentage: number; message: string } | undefined): void;
  onIndexChanged(): void;
  /** A line that it wrote to standard error. */
  onComplaint(line: string): void;
  /** It has ended without being told to. */
  onEnded(): void;
}

/** A client that shows no messages of its own: the status item says what goes wrong. */
class QuietClient extends LanguageClient {
  override error(message: string, data?: unknown): void {
    super.error(message, data, false);
  }

  override warn(message: string, data?: unknown): void {
    super.warn(message, data, false);
  }
}

/** Tells the server which commands of ours its code actions may name. */
class OwnCommands implements StaticFeature {
  fillClientCapabilities(capabilities: ClientCapabilities): void {
    // Choosing an action is to confirm it: one undo takes it back. With these the editor would ask again.
    delete capabilities.workspace?.workspaceEdit?.changeAnnotationSupport;
    capabilities.experimental = { codeassist: { commands: [INSTRUCT] } };
  }

  getState(): FeatureState {
    return { kind: "static" };
  }

  initialize(): void {}

  clear(): void {}
}

/**
 * Make a client; it isn't started.
 *
 * @param program Absolute path of codeassistd.
 * @param serverKeys The settings that are the daemon's.
 */
export function makeClient(
  program: string,
  serverKeys: readonly string[],
  channel: vscode.LogOutputChannel,
  events: ClientEvents,
): LanguageClient {
  const options: LanguageClientOptions = {
    documentSelector: [{ scheme: "file" }],
    outputChannel: channel,
    revealOutputChannelOn: RevealOutputChannelOn.Never,
    initializationFailedHandler: () => false,
    stdioOptions: {
      stdout: (stream) => stream.resume(),
      stderr: (stream) => createInterface(stream).on("line", (line) => events.onComplaint(line)),
    },
    errorHandler: {
      error: () => ({ action: ErrorAction.Continue, handled: true }),
      closed: () => {
        events.onEnded();
        return { action: CloseAction.DoNotRestart, handled: true };
      },
    },
    middleware: middleware(serverKeys, events, () => client),
  };
  // A folder of the user's own: a program looks for things where it is started.
  const server = { command: program, args: ["lsp"], options: { cwd: homedir() } };
  const client: LanguageClient = new QuietClient("codeassistd", "codeassistd", server, options);
  client.registerFeature(new OwnCommands());
  client.onNotification("codeassist/indexChanged", () => events.onIndexChanged());
  return client;
}

/** Get the text that is sent in parts under a token. */
export function onParts(client: LanguageClient, token: string, onText: (text: string) => void): vscode.Disposable {
  return client.onProgress(PARTS, token, ({ text }) => onText(text));
}

function middleware(
  serverKeys: readonly string[],
  events: ClientEvents,
  client: () => LanguageClient,
): Middleware {
  const settings = (): Record<string, unknown> => {
    const configuration = vscode.workspace.getConfiguration("codeassistd");
    return chosenSettings(serverKeys, (key) => configuration.inspect(key));
  };
  return {
    workspace: {
      configuration: (params) => params.items.map((item) => (item.section === "codeassistd" ? settings() : null)),
      didChangeConfiguration: () =>
        client().sendNotification("workspace/didChangeConfiguration", { settings: { codeassistd: settings() } }),
    },
    // Our status item shows it, in place of one that the client would make.
    handleWorkDoneProgress: (token, params, next) => {
      if (params.kind === "end") {
        events.onProgress(String(token), undefined);
        next(token, params);
      } else {
        events.onProgress(String(token), { percentage: params.percentage ?? 0, message: params.message ?? "" });
      }
    },
    provideInlineCompletionItems: (document, position, context, token, next) => {
      const configuration = vscode.workspace.getConfiguration("codeassistd", document);
      const isWanted = vscode.workspace.isTrusted && configuration.get("inlineCompletions.enabled", true);
      return isWanted ? next(document, position, context, token) : null;
    },
  };
}
