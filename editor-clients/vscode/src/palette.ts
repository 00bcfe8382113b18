/** The search palette: searches as the user types, and previews what is moved to. */
import * as vscode from "vscode";
import { forgotten, remembered } from "./history";
import { open, Preview } from "./opening";
import { emptyRows, failure, nothingFound, notYet, resultRows, unavailable } from "./paletteRows";
import type { PaletteRow } from "./paletteRows";
import type { SearchAnswer, SearchResult } from "./protocol";
import { parseQuery } from "./query";
import { caveat } from "./results";
import type { Session } from "./session";
import { isWorking } from "./standing";

const DEBOUNCE_MS = 60;
/** How soon a search that failed is tried again. */
const AGAIN_MS = 1000;
const TITLE = "Search code by meaning, words and names";
const HISTORY = "codeassistd.history";

interface Row extends vscode.QuickPickItem {
  row: PaletteRow;
}

const TO_SIDE: vscode.QuickInputButton = {
  iconPath: new vscode.ThemeIcon("split-horizontal"),
  tooltip: "Open to the side (Ctrl+\\)",
};
const FORGET: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("close"), tooltip: "Remove from history" };
const TO_VIEW: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon("list-tree"), tooltip: "Keep these results in the side bar" };

/** What can be done with the palette that is open. */
export class Palette {
  readonly #session: Session;
  readonly #memory: vscode.Memento;
  readonly #keep: (query: string) => void;
  readonly #picker = vscode.window.createQuickPick<Row>();
  readonly #preview = new Preview();
  readonly #subscriptions: vscode.Disposable[] = [];
  readonly #onClose: () => void;
  #debounce: NodeJS.Timeout | undefined;
  #asking: vscode.CancellationTokenSource | undefined;
  #answer: SearchAnswer | undefined;
  /** The row that was made active by new results, and not by the user. */
  #given: Row | undefined;
  #isOpening = false;
  #shownPhase: string | undefined;

  /**
   * @param keep Shows the results of a query in the side bar.
   * @param onClose Called once, when it is gone.
   */
  constructor(session: Session, memory: vscode.Memento, keep: (query: string) => void, onClose: () => void) {
    this.#session = session;
    this.#memory = memory;
    this.#keep = keep;
    this.#onClose = onClose;
  }

  show(query = ""): void {
    const picker = this.#picker;
    picker.title = TITLE;
    picker.placeholder = "A question, words or a name; lang:go, path:src/** and kind:function narrow it down";
    picker.buttons = [TO_VIEW];
    // Best first, whatever of the query a row has in it; older editors have no say in it.
    Object.assign(picker, { sortByLabel: false });
    picker.value = query;
    this.#subscriptions.push(
      picker.onDidChangeValue(() => this.#searchSoon(DEBOUNCE_MS)),
      picker.onDidChangeActive(([row]) => this.#moveTo(row)),
      picker.onDidAccept(() => this.accept(vscode.ViewColumn.Active)),
      picker.onDidTriggerButton(() => this.#keepResults()),
      picker.onDidTriggerItemButton(({ button, item }) => this.#press(button, item)),
      picker.onDidHide(() => void this.#close()),
      this.#session.onDidChange(() => this.#onStanding()),
      this.#session.onIndexChanged(() => this.#onIndexChanged()),
    );
    void vscode.commands.executeCommand("setContext", "codeassistd.isPaletteOpen", true);
    picker.show();
    this.#searchSoon(0);
  }

  /** Do what the active row is for. */
  accept(column: vscode.ViewColumn): void {
    const row = this.#picker.activeItems[0];
    if (row !== undefined) {
      this.#do(row, column);
    }
  }

  #do({ row }: Row, column: vscode.ViewColumn): void {
    switch (row.does.kind) {
      case "open":
        void this.#open(row.does.result, column);
        break;
      case "query":
        this.#picker.value = row.does.query;
        this.#searchSoon(0);
        break;
      case "command":
        this.#picker.hide();
        void vscode.commands.executeCommand(row.does.command);
        break;
      case "nothing":
    }
  }

  async #open(result: SearchResult, column: vscode.ViewColumn): Promise<void> {
    this.#isOpening = true;
    this.#remember();
    if (column === vscode.ViewColumn.Beside) {
      await this.#preview.restore();
    }
    this.#picker.hide();
    await open(result, column);
  }

  #press(button: vscode.QuickInputButton, item: Row): void {
    if (button === TO_SIDE) {
      this.#do(item, vscode.ViewColumn.Beside);
    } else {
      void this.#memory.update(HISTORY, forgotten(this.#history, item.label));
      this.#searchSoon(0);
    }
  }

  #keepResults(): void {
    const query = this.#picker.value.trim();
    if (query !== "") {
      this.#remember();
      this.#picker.hide();
      this.#keep(query);
    }
  }

  get #history(): string[] {
    return this.#memory.get<string[]>(HISTORY, []);
  }

  #remember(): void {
    void this.#memory.update(HISTORY, remembered(this.#history, this.#picker.value));
  }

  #searchSoon(ms: number): void {
    clearTimeout(this.#debounce);
    this.#debounce = setTimeout(() => void this.#search(), ms);
  }

  async #search(): Promise<void> {
    this.#asking?.cancel();
    this.#asking = undefined;
    this.#answer = undefined;
    this.#session.start();
    const { phase } = this.#session.standing;
    this.#shownPhase = phase.kind;
    const why = unavailable(phase);
    if (why !== undefined) {
      this.#fill([why], phase.kind === "starting");
      return;
    }
    const params = parseQuery(this.#picker.value);
    if (params.query === "") {
      this.#fill(emptyRows(this.#history), false);
      return;
    }
    const asking = (this.#asking = new vscode.CancellationTokenSource());
    this.#picker.busy = true;
    try {
      const answer = await this.#session.request<SearchAnswer>("codeassist/search", params, asking.token);
      if (this.#asking === asking) {
        this.#show(answer);
      }
    } catch (error) {
      if (this.#asking === asking) {
        this.#asking = undefined;
        this.#fail(error instanceof Error ? error.message : String(error));
      }
    } finally {
      asking.dispose();
    }
  }

  /** Say why; what may be different in a moment is asked again. */
  #fail(message: string): void {
    const isIndexing = isWorking(this.#session.standing);
    this.#fill([isIndexing ? notYet(message) : failure(message)], isIndexing);
    this.#searchSoon(AGAIN_MS);
  }

  #show(answer: SearchAnswer): void {
    this.#asking = undefined;
    this.#answer = answer;
    const but = caveat(answer);
    this.#fill(answer.results.length === 0 ? [nothingFound(but)] : resultRows(answer.results), false, but);
  }

  #fill(rows: PaletteRow[], isBusy: boolean, but?: string): void {
    const items = rows.map(itemOf);
    this.#given = items[0];
    this.#picker.title = but === undefined ? TITLE : `${TITLE} (${but})`;
    this.#picker.busy = isBusy;
    this.#picker.items = items;
  }

  #moveTo(row: Row | undefined): void {
    if (row === this.#given || row?.row.does.kind !== "open") {
      return;
    }
    this.#given = undefined; // from now on every move is the user's
    void this.#preview.show(row.row.does.result).catch(() => undefined);
  }

  /** The server has come or gone. */
  #onStanding(): void {
    if (this.#session.standing.phase.kind !== this.#shownPhase) {
      this.#searchSoon(0);
    }
  }

  /** More may be found now; rows that the user moves through stay as they are. */
  #onIndexChanged(): void {
    if (this.#answer?.complete === false && this.#given !== undefined) {
      this.#searchSoon(DEBOUNCE_MS);
    }
  }

  async #close(): Promise<void> {
    clearTimeout(this.#debounce);
    this.#asking?.cancel();
    this.#subscriptions.forEach((each) => void each.dispose());
    void vscode.commands.executeCommand("setContext", "codeassistd.isPaletteOpen", false);
    this.#onClose();
    if (!this.#isOpening) {
      await this.#preview.restore();
    }
    this.#preview.dispose();
    this.#picker.dispose();
  }
}

function itemOf(row: PaletteRow): Row {
  const item: Row = {
    label: row.does.kind === "open" ? row.label : `$(${row.icon}) ${row.label}`,
    alwaysShow: true,
    row,
  };
  if (row.does.kind === "open") {
    item.iconPath = new vscode.ThemeIcon(row.icon, colourOf(row.icon));
    item.buttons = [TO_SIDE];
  } else if (row.does.kind === "query") {
    item.label = row.label;
    item.iconPath = new vscode.ThemeIcon(row.icon);
    item.buttons = row.icon === "history" ? [FORGET] : [];
  }
  if (row.description !== undefined) {
    item.description = row.description;
  }
  if (row.detail !== undefined) {
    item.detail = row.detail;
  }
  return item;
}

/** The colour that the editor itself gives to a kind of symbol. */
export function colourOf(icon: string): vscode.ThemeColor | undefined {
  const [, kind] = /^symbol-(.+)$/.exec(icon) ?? [];
  return kind === undefined ? undefined : new vscode.ThemeColor(`symbolIcon.${kind}Foreground`);
}
