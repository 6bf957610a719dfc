// The colours of page.css for a canvas, which does not know their names.

/** The colour of a name such as "--blue", as "rgb(0, 114, 178)". */
export function colour(name: string): string {
  const probe = document.createElement("span");
  probe.style.color = `var(${name})`;
  document.body.append(probe);
  const found = getComputedStyle(probe).color;
  probe.remove();
  return found;
}

/** A colour through which one sees. */
export const faint = (of: string, share = 0.25): string => of.replace("rgb(", "rgba(").replace(")", `, ${share})`);
