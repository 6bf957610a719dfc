import { afterEach, beforeAll, expect, test, vi } from "vitest";

const went = vi.hoisted(() => vi.fn());
vi.mock("../src/address.svelte", () => ({ go: went }));

let train: typeof import("../src/training").train;

beforeAll(async () => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  ({ train } = await import("../src/training"));
});

afterEach(() => {
  vi.restoreAllMocks();
  went.mockReset();
});

/** Have requests answered with these values, one after the other; the paths that were asked. */
function answered(...values: object[]): string[] {
  const asked: string[] = [];
  vi.spyOn(globalThis, "fetch").mockImplementation((path) => {
    asked.push(String(path));
    return Promise.resolve(Response.json(values.shift()));
  });
  return asked;
}

test("one goes to a training as soon as its run is there", async () => {
  const asked = answered({ name: "a b" }, { there: false, alive: true, problem: "" }, { there: true, alive: true, problem: "" });
  await train("/api/train", { data: "ring" });
  expect(asked).toEqual(["/api/train", "/api/trainings/a%20b", "/api/trainings/a%20b"]);
  expect(went).toHaveBeenCalledExactlyOnceWith("/runs/a%20b");
});

test("what went wrong with it is thrown, and one stays", async () => {
  answered({ name: "a" }, { there: false, alive: false, problem: "the memory is too small" });
  await expect(train("/api/train")).rejects.toMatchObject({ expected: "the memory is too small" });
  expect(went).not.toHaveBeenCalled();
});
