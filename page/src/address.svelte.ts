// The address holds the whole state of the page: what is looked at, and how.

let path = $state(location.pathname);
let query = $state.raw(new URLSearchParams(location.search));

addEventListener("popstate", read);

function read(): void {
  path = location.pathname;
  query = new URLSearchParams(location.search);
}

export const address = {
  get path(): string {
    return path;
  },
  /** A value of the query; empty if there is none. */
  get(name: string): string {
    return query.get(name) ?? "";
  },
  /** All values of a name in the query. */
  all(name: string): string[] {
    return query.getAll(name);
  },
};

/** The address with some values of the query replaced; an empty value is left out. */
export function withQuery(changes: Record<string, string>): string {
  const next = new URLSearchParams(query);
  for (const [name, value] of Object.entries(changes)) {
    if (value === "") next.delete(name);
    else next.set(name, value);
  }
  const text = next.toString();
  return path + (text ? `?${text}` : "");
}

/** Go to an address; the way back leads here. */
export function go(to: string): void {
  history.pushState(null, "", to);
  read();
}

/** Change the address where one stands: what a person adjusts is no step to go back. */
export function adjust(changes: Record<string, string>): void {
  history.replaceState(null, "", withQuery(changes));
  read();
}

/** Follow the links of the page without loading it again. */
export function followLinks(event: MouseEvent): void {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
    return;
  const link = (event.target as Element | null)?.closest("a");
  if (!link || link.target || link.hasAttribute("download") || link.origin !== location.origin) return;
  if (link.pathname.startsWith("/api/")) return;
  event.preventDefault();
  go(link.pathname + link.search);
  scrollTo(0, 0);
}
