// Random numbers that are the same for the same seed.

export interface Random {
  /** From 0 to below 1. */
  next(): number;
  /** Of the normal distribution. */
  normal(): number;
  /** A whole number below `count`. */
  below(count: number): number;
}

/** Marsaglia's xorshift of 32 bits (doi:10.18637/jss.v008.i14), from a seed that is spread over all bits. */
export function random(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const next = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 8; i++) next();
  return {
    next,
    normal: () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next()),
    below: (count) => Math.floor(next() * count),
  };
}

/** The numbers below `count` in a random order. */
export function shuffled(count: number, chance: Random): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  for (let i = count - 1; i > 0; i--) {
    const j = chance.below(i + 1);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}
