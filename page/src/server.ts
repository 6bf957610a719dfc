// Asking the server of the page. What changes anything carries the token of the address that `wxb page` printed.

/** A request that was refused: what happened, what was expected, a way out. */
export class Mistake extends Error {
  constructor(
    readonly what: string,
    readonly expected = "",
    readonly fix = "",
    readonly status = 0,
  ) {
    super(what);
  }
}

const token = takeToken();

/** The token of the address, which is kept for this window and taken out of what the address bar shows. */
function takeToken(): string {
  const found = /[#&]token=([^&]+)/.exec(location.hash)?.[1];
  try {
    if (found) {
      sessionStorage.setItem("token", found);
      history.replaceState(null, "", location.pathname + location.search);
    }
    return found ?? sessionStorage.getItem("token") ?? "";
  } catch {
    return found ?? ""; // a browser without storage
  }
}

/** Whether this window may change anything. */
export const mayChange = token !== "";

/** The value of an answer. A request that is given up throws its AbortError, also while the body still arrives. */
async function told<T>(asked: Promise<Response>): Promise<T> {
  let answer: Response;
  let body: string;
  try {
    answer = await asked;
    body = await answer.text();
  } catch (problem) {
    if (problem instanceof DOMException && problem.name === "AbortError") throw problem;
    throw new Mistake("The server of this page has ended.", "", "Start it again: wxb page");
  }
  const value = parsed(body);
  if (answer.ok && value !== undefined) return value as T;
  const { what = "The server does not answer as expected.", expected = "", fix = "" } = (value ?? {}) as Partial<Mistake>;
  throw new Mistake(what, expected, fix, answer.status);
}

/** The value of a JSON text; undefined for any other text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Read something. */
export function ask<T>(path: string, signal?: AbortSignal): Promise<T> {
  return told<T>(fetch(path, signal ? { signal } : {}));
}

/** Change something, or have something computed from what is sent: bytes as they are, other values as JSON. */
export function send<T>(path: string, body: Blob | object = {}, signal?: AbortSignal): Promise<T> {
  const plain = body instanceof Blob;
  return told<T>(
    fetch(path, {
      method: "POST",
      headers: { "x-wxb-token": token, "content-type": plain ? "application/octet-stream" : "application/json" },
      body: plain ? body : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    }),
  );
}

/**
 * Call `changed` at once and whenever the server sends word; the function that is returned ends that.
 *
 * A window that nobody sees does not listen: a browser holds six connections to a server, for all windows together.
 */
export function follow(path: string, changed: (told: string) => void, lost: (gone: boolean) => void = () => {}): () => void {
  let source: EventSource | null = null;
  const listen = (): void => {
    source?.close();
    source = null;
    if (document.hidden) return;
    source = new EventSource(path);
    source.onmessage = (message: MessageEvent<string>) => {
      lost(false);
      changed(message.data);
    };
    source.onerror = () => lost(true);
  };
  document.addEventListener("visibilitychange", listen);
  listen();
  return () => {
    document.removeEventListener("visibilitychange", listen);
    source?.close();
  };
}
