import { beforeAll, expect, test, vi } from "vitest";

let numbersOf: typeof import("../src/run/typed").numbersOf;

beforeAll(async () => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  ({ numbersOf } = await import("../src/run/typed"));
});

test("numbers stand between blanks, commas or semicolons", () => {
  expect(numbersOf(" 0.2, -1.5;3 ", 3)).toEqual([0.2, -1.5, 3]);
});

test.each([
  ["0.2 one", 2, "“one”, in place 2, is no number.", "The network takes 2 numbers, such as 0.2 -1.5"],
  ["1", 2, "1 number is given.", "The network takes 2 numbers, such as 0.2 -1.5"],
  ["", 4, "No numbers are given.", "The network takes 4 numbers, such as 0.2 -1.5 30 …"],
])("%j for %i numbers is refused with the place and what is expected", (text, count, what, expected) => {
  expect(() => numbersOf(text, count)).toThrow(expect.objectContaining({ what, expected }) as Error);
});
