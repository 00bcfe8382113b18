import assert from "node:assert/strict";
import { test } from "node:test";
import { placeOf, proposed, targetOf } from "../../src/generation/replacement";

const TARGET = targetOf("a\nb\nc\nd\n", 2, 5);

test("a proposal takes the place of what was selected", () => {
  assert.equal(proposed(TARGET, "B\nX\nC", true), "a\nB\nX\nC\nd\n");
  assert.equal(proposed(TARGET, "", true), "a\n\nd\n");
});

test("while it is written, the lines to come stay as they are", () => {
  assert.equal(proposed(TARGET, "B", false), "a\nB\nc\nd\n");
  assert.equal(proposed(TARGET, "B\nC\nX", false), "a\nB\nC\nX\nd\n");
});

test("the place is found when only one side of it has changed", () => {
  assert.equal(placeOf(TARGET, "a\nb\nc\nd\n"), 2);
  assert.equal(placeOf(TARGET, "a\nb\nc\nd\ne\n"), 2);
  assert.equal(placeOf(TARGET, "0\na\nb\nc\nd\n"), 4);
  assert.equal(placeOf(TARGET, "a\nb!\nc\nd\n"), undefined);
});
