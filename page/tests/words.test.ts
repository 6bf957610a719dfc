import { expect, test } from "vitest";
import { ago, duration, interval, large, rounded, score } from "../src/words";

test("numbers have the digits they deserve", () => {
  expect(rounded(0.0412345)).toBe("0.04123");
  expect(rounded(0.000012345)).toBe("1.23e-5");
  expect(rounded(0)).toBe("0");
  expect(rounded(NaN)).toBe("none");
  expect(large(65834)).toBe("65.8 k");
  expect(large(1234)).toBe("1,234");
});

test("a score is written in the form of its measure", () => {
  expect(score(0.98864, "share")).toBe("98.9 %");
  expect(score(0.8128, "score")).toBe("0.813");
  expect(score(null, "share")).toBe("");
  expect(interval([0.9749, 0.9951], "share")).toBe("[97.5, 99.5]");
});

test("a moment is told by its distance, and after a week by its date", () => {
  const now = Date.parse("2026-03-10T12:00:00Z");
  expect(ago("2026-03-10T11:59:40Z", now)).toBe("now");
  expect(ago("2026-03-10T09:00:00Z", now)).toBe("3 h ago");
  expect(ago("2026-03-08T12:00:00Z", now)).toBe("2 days ago");
  expect(ago("2026-01-08T12:00:00Z", now)).toBe("2026-01-08");
  expect(duration(3723)).toBe("1 h 2 min");
});
