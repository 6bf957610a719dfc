import { expect, test } from "vitest";
import { chapters, scenes } from "../../src/tour/scenes";

test("every row of the groups B to H has a scene, in their order", () => {
  const wanted = { B: [1, 3], C: [0, 6], D: [1, 7], E: [0, 6], F: [1, 5], G: [1, 13], H: [1, 2] } as const;
  const rows = Object.entries(wanted).flatMap(([letter, [from, to]]) =>
    Array.from({ length: to - from + 1 }, (_, i) => `${letter}${from + i}`),
  );
  expect([...new Set(scenes.map((scene) => scene.row))]).toEqual(rows);
});

test("an address stands once, and chapters hold rows of their letter", () => {
  expect(new Set(scenes.map((scene) => scene.path)).size).toBe(scenes.length);
  for (const chapter of chapters) for (const scene of chapter.scenes) expect(scene.row[0]).toBe(chapter.letter);
});
