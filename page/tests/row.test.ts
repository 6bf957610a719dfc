import { expect, test } from "vitest";
import { type Column, mistake } from "../src/single/row";

const column = (name: string, kind: Column["kind"]): Column => ({ name, kind, values: ["red"], codes: [0] });

test.each([
  ["age", "number", "old", "age: “old” is no number; expected a number, such as 1.5 or -20, or nothing if it is not known"],
  ["day", "date", "soon", "day: “soon” is no date; expected a date, such as 2026-11-30 or 2026-11-30 08:15, or nothing if it is not known"],
] as const)("what is wrong with %s says the field and what is expected", (name, kind, typed, said) => {
  expect(mistake(column(name, kind), typed, true)).toBe(said);
});

test.each([
  ["number", "1,5"],
  ["date", "2026-11-30 08:15"],
  ["category", "blue"],
  ["number", " "],
] as const)("a %s %j is understood", (kind, typed) => {
  expect(mistake(column("x", kind), typed, true)).toBe("");
});

test("a network without rows of a table takes no missing number", () => {
  expect(mistake(column("x", "number"), "", false)).toBe("x: nothing is given; expected a number, such as 1.5 or -20");
});
