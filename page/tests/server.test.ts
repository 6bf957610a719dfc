import { afterEach, beforeAll, expect, test, vi } from "vitest";
import type { Mistake } from "../src/server";

let ask: typeof import("../src/server").ask;

beforeAll(async () => {
  vi.stubGlobal("location", { hash: "" });
  vi.stubGlobal("sessionStorage", { getItem: () => null });
  ({ ask } = await import("../src/server"));
});

afterEach(() => vi.restoreAllMocks());

/** Have the next request answered with this body. */
function answered(body: BodyInit, status = 200): void {
  vi.spyOn(globalThis, "fetch").mockResolvedValue(new Response(body, { status }));
}

/** A body that ends with this fault after its first bytes. */
function broken(fault: Error): ReadableStream {
  let begun = false;
  return new ReadableStream({
    pull(controller) {
      if (begun) controller.error(fault);
      else controller.enqueue(new TextEncoder().encode('{"form": '));
      begun = true;
    },
  });
}

test("a value is what its JSON says, null too", async () => {
  answered('{"runs": [1]}');
  expect(await ask("/api/runs")).toEqual({ runs: [1] });
  answered("null");
  expect(await ask("/api/runs")).toBeNull();
});

test("a request that is given up while its answer arrives has no value", async () => {
  answered(broken(new DOMException("given up", "AbortError")));
  await expect(ask("/api/notation")).rejects.toMatchObject({ name: "AbortError" });
});

test("a server that ends while it answers is named", async () => {
  answered(broken(new TypeError("network error")));
  await expect(ask("/api/notation")).rejects.toMatchObject({ what: "The server of this page has ended." } satisfies Partial<Mistake>);
});

test.each([200, 404])("an answer of status %i that is no JSON is a mistake", async (status) => {
  answered("<html>", status);
  await expect(ask("/api/runs")).rejects.toMatchObject({ what: "The server does not answer as expected.", status });
});

test("a refusal keeps its words", async () => {
  answered('{"what": "There is no run a.", "fix": "wxb runs"}', 404);
  await expect(ask("/api/runs/a")).rejects.toMatchObject({ what: "There is no run a.", fix: "wxb runs", status: 404 });
});
