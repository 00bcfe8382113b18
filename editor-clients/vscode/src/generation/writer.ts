/** Has the server write text, and gives it on as it comes. */
import * as vscode from "vscode";
import { ProgressType } from "vscode-languageclient/node";
import type { GenerateAnswer, GenerateParams, GeneratePartialResult } from "../protocol";
import { UnavailableError } from "../session";
import type { Session } from "../session";

const PARTS = new ProgressType<GeneratePartialResult>();

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
  const partialResultToken = `codeassistd/generate/${++requests}`;
  let text = "";
  const parts = client.onProgress(PARTS, partialResultToken, (part) => {
    text += part.text;
    onText(part.text);
  });
  try {
    const asked = { ...params, partialResultToken };
    const answer = await client.sendRequest<GenerateAnswer>("codeassist/generate", asked, token);
    return { ...answer, text: answer.text || text };
  } finally {
    parts.dispose();
  }
}
