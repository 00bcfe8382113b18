/** Finds the program codeassistd on this machine. */
import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import * as vscode from "vscode";
import { find } from "./discovery";
import type { Found } from "./discovery";

export function locate(): Found {
  const folders = vscode.workspace.workspaceFolders ?? [];
  return find(
    {
      setting: vscode.workspace.getConfiguration("codeassistd").get("path", ""),
      environment: process.env,
      platform: process.platform,
      home: homedir(),
      trustedFolders: vscode.workspace.isTrusted ? folders.map((folder) => folder.uri.fsPath) : [],
    },
    isProgram,
  );
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
