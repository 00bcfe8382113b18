/** Has the server write text, and gives it on as it comes. */
import * as vscode from "vscode";
import type { GenerateAnswer, GenerateParams } from "../protocol";
import { UnavailableError } from "../session";
import type { Session } from "../session";

let requests = 0;

/**
 * Have text written.
 *
 * @param onText Gets each further piece.
 * @returns The answer with all of the text.
 * @throws UnavailableError There is no server now.
 */
export async function write(
  session: Session,
  params: GenerateParams,
  onText: (piece: string) => void,
  token: vscode.CancellationToken,
): Promise<GenerateAnswer> {
  const { client } = session;
  if (client === undefined) {
    throw new UnavailableError("codeassistd is not running");
  }
  const { onParts } = await import("../client");
  const partialResultToken = `codeassistd/generate/${++requests}`;
  let text = "";
  const parts = onParts(client, partialResultToken, (part) => {
    text += part;
    onText(part);
  });
  try {
    const asked = { ...params, partialResultToken };
    const answer = await client.sendRequest<GenerateAnswer>("codeassist/generate", asked, token);
    return { ...answer, text: answer.text || text };
  } finally {
    parts.dispose();
  }
}
