/** What codeassistd adds to LSP, as lsp/METHODS.md has it; only what is used here. */

export interface Position {
  line: number;
  character: number;
}

export interface Range {
  start: Position;
  end: Position;
}

export type SearchMode = "hybrid" | "semantic" | "keyword";

/** What narrows a search down. */
export interface Filter {
  languages?: string[];
  paths?: string[];
  kinds?: string[];
}

export interface SearchParams extends Filter {
  query: string;
  limit?: number;
  mode?: SearchMode;
}

export interface SimilarParams extends Filter {
  textDocument: { uri: string };
  range: Range;
  limit?: number;
}

export interface SearchResult {
  uri: string;
  /** Whole lines: it ends where the line after the last begins. */
  range: Range;
  path: string;
  language: string;
  symbol: string;
  kind: string;
  score: number;
  snippet: string;
  /** Of the symbol's definition, which code may come before in `range`; null when there is none. */
  symbolRange?: Range | null;
}

export interface SearchAnswer {
  tookMs: number;
  mode: SearchMode;
  complete: boolean;
  hasEveryFile: boolean;
  chunks: number;
  embedded: number;
  results: SearchResult[];
}

export type WorkspaceState = "starting" | "scanning" | "indexing" | "embedding" | "ready" | "paused" | "failed";

export interface WorkspaceStatus {
  root: string;
  state: WorkspaceState;
  files: number;
  chunks: number;
  pending: number;
  problem: string;
}

export interface ModelStatus {
  name: string;
  role: string;
  state: string;
  engine: string;
  uses: number;
}

export interface StatusAnswer {
  pid: number;
  version: string;
  /** Seconds. */
  uptime: number;
  sessions: number;
  workspaces: WorkspaceStatus[];
  models: ModelStatus[];
  /** Bytes. */
  memory: number;
  errors: string[];
}

export interface GenerateParams {
  instruction: string;
  textDocument?: { uri: string };
  range?: Range;
  /** Whether passages of the workspace are looked up. */
  context?: boolean;
  maxTokens?: number;
  dryRun?: boolean;
  answer: "code" | "prose";
  partialResultToken?: string | number;
}

/** Lines of the workspace that the model was given. */
export interface Source {
  uri: string;
  range: Range;
}

export interface GenerateAnswer {
  /** Empty when it was sent in parts. */
  text: string;
  finishReason: "stop" | "length" | "dryRun";
  sources: Source[];
  model: string;
  /** Host of the server that wrote; absent when it was this machine. */
  endpoint?: string;
}

export interface GeneratePartialResult {
  text: string;
}
