/** What the server can write, told from what it says of itself. */

/** A command of ours that the server's code actions name: it asks for an instruction. */
export const INSTRUCT = "codeassist.client.instruct";

interface ServerCapabilities {
  inlineCompletionProvider?: unknown;
  executeCommandProvider?: { commands?: readonly string[] };
}

export interface Writing {
  inlineCompletions: boolean;
  /** Code and prose by instruction. */
  instructions: boolean;
}

export function writingOf(capabilities: ServerCapabilities | undefined): Writing {
  return {
    inlineCompletions: !!capabilities?.inlineCompletionProvider,
    instructions: capabilities?.executeCommandProvider?.commands?.includes("codeassist.generate") ?? false,
  };
}
