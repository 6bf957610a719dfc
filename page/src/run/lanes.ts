// Where the lines go that lead past layers, so that no two of them lie on each other.
import type { Node } from "../parts/view";

export interface Arc {
  from: number;
  to: number;
  lane: number;
}

/** The joints of layers that are not neighbours, each in a lane; short ones lie nearest to the layers. */
export function arcs(nodes: Node[]): Arc[] {
  const edges = nodes.flatMap((node, to) => node.before.filter((from) => from !== to - 1).map((from) => ({ from, to })));
  const taken: { from: number; to: number }[][] = [];
  return edges
    .sort((a, b) => a.to - a.from - (b.to - b.from))
    .map((edge) => {
      let lane = taken.findIndex((others) => others.every((one) => edge.to <= one.from || edge.from >= one.to));
      if (lane < 0) lane = taken.push([]) - 1;
      taken[lane]?.push(edge);
      return { ...edge, lane };
    });
}
