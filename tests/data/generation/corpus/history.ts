/** The queries that led somewhere, latest first. */

const MOST = 20;

/** The history after a query. */
export function remembered(history: readonly string[], query: string): string[] {
  const typed = query.trim();
  return typed === "" ? [...history] : [typed, ...forgotten(history, typed)].slice(0, MOST);
}

/** The history without a query. */
export function forgotten(history: readonly string[], query: string): string[] {
  return history.filter((each) => each !== query);
}
