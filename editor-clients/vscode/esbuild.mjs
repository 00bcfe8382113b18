// Bundles the extension, or with --tests its unit tests (dist/tests/*.js). There are two bundles: dist/extension.js
// is what the editor waits for when it starts, dist/client.js holds the language client, which is read after that.
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import * as esbuild from "esbuild";

// What the language client offers and codeassistd doesn't serve would be a third of the bundle.
const UNSERVED =
  /vscode-languageclient[\\/]lib[\\/]common[\\/](callHierarchy|codeLens|colorProvider|completion|declaration|definition|diagnostic|documentHighlight|documentLink|fileOperations|foldingRange|formatting|hover|implementation|inlayHint|inlineValue|linkedEditingRange|notebook|protocol(CallHierarchyItem|CodeLens|CompletionItem|DocumentLink|InlayHint|TypeHierarchyItem)|reference|rename|selectionRange|semanticTokens|signatureHelp|textDocumentContent|typeDefinition|typeHierarchy)\.js$/;

const INERT = `
class Inert {
  fillClientCapabilities() {}
  initialize() {}
  clear() {}
  getState() { return { kind: "static" }; }
}
module.exports = new Proxy({}, { get: (_, name) => (name === "__esModule" ? true : Inert) });
`;

/** Notebooks aren't served either; the client asks for the name of the method all the same. */
const NOTEBOOKS = /vscode-languageserver-protocol[\\/]lib[\\/]common[\\/]protocol\.notebook\.js$/;
const NOTEBOOK_METHOD = 'exports.NotebookDocumentSyncRegistrationType = { method: "notebookDocument/sync" };';

/** Symbols of documents aren't served; those of the workspace are, and have the same kinds. */
const DOCUMENT_SYMBOLS = /vscode-languageclient[\\/]lib[\\/]common[\\/]documentSymbol\.js$/;
const SYMBOL_KINDS = `${INERT.replace("module.exports =", "const inert =")}
module.exports = {
  DocumentSymbolFeature: inert.Inert,
  SupportedSymbolKinds: Array.from({ length: 26 }, (_, index) => index + 1),
  SupportedSymbolTags: [1],
};
`;

/** Used when documents are opened for the server late, which ours are not. */
const DOCUMENT_COPIES = /vscode-languageserver-textdocument[\\/].*\.js$/;

/** The editor checks the version that package.json asks for, so the client need not. */
const VERSION_CHECK = /[\\/]semver[\\/]functions[\\/](parse|satisfies)\.js$/;

/** What TypeScript puts before each module, here once for all of them. */
const HELPERS = `
const keys = (from) => Object.keys(from).filter((key) => key !== "default" && key !== "__esModule");
exports.__importDefault = (from) => (from && from.__esModule ? from : { default: from });
exports.__importStar = (from) => {
  if (from && from.__esModule) return from;
  const to = { default: from };
  for (const key of keys(from)) Object.defineProperty(to, key, { enumerable: true, get: () => from[key] });
  return to;
};
exports.__exportStar = (from, to) => { for (const key of keys(from)) if (!Object.hasOwn(to, key)) to[key] = from[key]; };
`;

const HEADER = /^(?:var __(?:createBinding|setModuleDefault|importStar|importDefault|exportStar) = [\s\S]*?)(?=^Object\.defineProperty\(exports, "__esModule")/m;

/** Names that get their values later on. */
const DECLARATIONS = /^(?:exports\.\w+ = )+void 0;$/gm;

/** A name that another module has; these modules don't go round in circles, so it has it already. */
const PASSED_ON = /Object\.defineProperty\(exports, "(\w+)", \{ enumerable: true, get: function \(\) \{ return (\w+\.\w+); \} \}\);/g;

function withoutRepetition(module, path) {
  const shorter = module
    .replace(HEADER, 'const { __importStar, __importDefault, __exportStar } = require("typescript-helpers");\n')
    .replace(DECLARATIONS, "")
    .replace(PASSED_ON, "exports.$1 = $2;");
  const [, helper] = /\b(__(?!import(?:Star|Default)\b|exportStar\b|esModule\b)[a-z][A-Za-z]+)\(/.exec(shorter) ?? [];
  if (helper !== undefined && !shorter.includes(`var ${helper} =`)) {
    throw new Error(`${path} uses ${helper}: add it to the helpers in esbuild.mjs`);
  }
  return shorter;
}

const smaller = {
  name: "smaller",
  setup(build) {
    build.onLoad({ filter: UNSERVED }, () => ({ contents: INERT, loader: "js" }));
    build.onLoad({ filter: NOTEBOOKS }, () => ({ contents: NOTEBOOK_METHOD, loader: "js" }));
    build.onLoad({ filter: DOCUMENT_SYMBOLS }, () => ({ contents: SYMBOL_KINDS, loader: "js" }));
    build.onLoad({ filter: DOCUMENT_COPIES }, () => ({ contents: "exports.TextDocument = {};", loader: "js" }));
    build.onLoad({ filter: VERSION_CHECK }, () => ({ contents: "module.exports = () => true;", loader: "js" }));
    build.onResolve({ filter: /^typescript-helpers$/ }, ({ path }) => ({ path, namespace: "ours" }));
    build.onLoad({ filter: /.*/, namespace: "ours" }, () => ({ contents: HELPERS, loader: "js" }));
    build.onLoad({ filter: /vscode-[a-z]+[\\/].*\.js$/ }, ({ path }) => ({
      contents: withoutRepetition(readFileSync(path, "utf8"), path),
      loader: "js",
    }));
  },
};

/** The client is a bundle of its own. */
const apart = {
  name: "apart",
  setup(build) {
    build.onResolve({ filter: /^\.\.?\/client$/ }, ({ importer }) =>
      /[\\/]node_modules[\\/]/.test(importer) ? undefined : { path: "./client.js", external: true },
    );
  },
};

/** The licences of what is in the bundle, as they ask for. */
function notices(metafile) {
  const packages = new Set(Object.keys(metafile.inputs).flatMap((path) => /^node_modules\/[^/]+/.exec(path) ?? []));
  const texts = [...packages].sort().map((folder) => {
    const { name, version } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
    const file = ["License.txt", "LICENSE", "LICENSE.md", "LICENSE.txt"].find((each) => existsSync(`${folder}/${each}`));
    return `${name} ${version}\n\n${readFileSync(`${folder}/${file}`, "utf8").trim()}\n`;
  });
  return texts.join(`\n${"-".repeat(80)}\n\n`);
}

const shared = {
  bundle: true,
  platform: "node",
  format: "cjs",
  target: "es2022",
  external: ["vscode"],
  mainFields: ["module", "main"],
  logLevel: "warning",
};

const isTests = process.argv.includes("--tests");
rmSync(isTests ? "dist/tests" : "dist", { recursive: true, force: true });
if (isTests) {
  const tests = readdirSync("tests/unit").filter((name) => name.endsWith(".test.ts"));
  await esbuild.build({
    ...shared,
    entryPoints: tests.map((name) => `tests/unit/${name}`),
    outdir: "dist/tests",
    external: ["./client"],
    alias: { vscode: "./tests/unit/vscode.ts" },
  });
} else {
  const { metafile } = await esbuild.build({
    ...shared,
    entryPoints: ["src/extension.ts", "src/client.ts"],
    outdir: "dist",
    minify: !process.argv.includes("--debug"),
    metafile: true,
    plugins: [apart, smaller],
  });
  writeFileSync("dist/THIRD_PARTY_NOTICES.txt", notices(metafile));
}
