/** What is typed to search: words, and filters such as `lang:go`. */
import type { Filter, SearchMode, SearchParams } from "./protocol";

const FILTERS: Readonly<Record<string, keyof Filter>> = { lang: "languages", path: "paths", kind: "kinds" };

const MODES: readonly string[] = ["hybrid", "semantic", "keyword"] satisfies SearchMode[];

/** Take a query apart. What is no filter and no option is searched for as it was typed. */
export function parseQuery(typed: string): SearchParams {
  const params: SearchParams = { query: "" };
  const kept: string[] = [];
  for (const word of wordsOf(typed)) {
    if (!takeFilter(word, params) && !takeOption(word, params)) {
      kept.push(word);
    }
  }
  params.query = kept.join(" ");
  return params;
}

function takeFilter(word: string, filter: Filter): boolean {
  const [, name = "", value = ""] = /^([a-z]+):(.+)$/i.exec(word) ?? [];
  const key = FILTERS[name];
  const values = value.startsWith('"') ? [value.replaceAll('"', "")] : value.split(",");
  const given = values.filter((each) => each !== "");
  if (key === undefined || given.length === 0) {
    return false;
  }
  filter[key] = [...(filter[key] ?? []), ...given];
  return true;
}

function takeOption(word: string, params: SearchParams): boolean {
  const [, name, value = ""] = /^\+\+([a-z]+)=(.+)$/i.exec(word) ?? [];
  if (name === "mode" && MODES.includes(value)) {
    params.mode = value as SearchMode;
    return true;
  }
  if (name === "limit" && /^[1-9]\d{0,5}$/.test(value)) {
    params.limit = Number(value);
    return true;
  }
  return false;
}

/** Words, each with the quoted parts in it taken along. */
function wordsOf(typed: string): string[] {
  const words: string[] = [];
  let current = "";
  let isQuoted = false;
  for (const character of typed) {
    if (!isQuoted && /\s/.test(character)) {
      words.push(current);
      current = "";
      continue;
    }
    if (isQuoted && character === '"') {
      isQuoted = false;
    } else if (character === '"' && (current === "" || current.endsWith(":"))) {
      // A quote opens after a colon or a blank only: 5", it"s.
      isQuoted = true;
    }
    current += character;
  }
  return [...words, current].filter((word) => word !== "");
}
