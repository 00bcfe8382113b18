/** A text with a part of it replaced; and whether that still fits. */

/** What is to be replaced, by offsets into the text that the proposal was made for. */
export interface Target {
  before: string;
  selected: string;
  after: string;
}

export function targetOf(text: string, start: number, end: number): Target {
  return { before: text.slice(0, start), selected: text.slice(start, end), after: text.slice(end) };
}

/** The text with a replacement, which may be written only in part. */
export function proposed(target: Target, replacement: string, isComplete: boolean): string {
  const { before, selected, after } = target;
  // What isn't written yet stays as it is, so that the difference doesn't jump.
  const rest = isComplete ? "" : linesAfter(selected, replacement.split("\n").length);
  return before + replacement + rest + after;
}

function linesAfter(text: string, count: number): string {
  const rest = text.split("\n").slice(count);
  return rest.length === 0 ? "" : `\n${rest.join("\n")}`;
}

/**
 * Where the selected text is now, as an offset; undefined when it was changed.
 *
 * Text before or after it may have been: then it is looked for by what is around it.
 */
export function placeOf(target: Target, text: string): number | undefined {
  const { before, selected, after } = target;
  if (text.startsWith(before + selected)) {
    return before.length;
  }
  if (text.endsWith(selected + after)) {
    return text.length - after.length - selected.length;
  }
  return undefined;
}
