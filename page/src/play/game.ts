// A run that plays, and a position of its game, as the server tells them.

export interface Playing {
  name: string;
  state: string;
  /** Of one that cannot be read. */
  problem?: string;
  standing: string;
  game: string;
  title: string;
  network: string;
  results: { what: string; text: string }[];
  players: number;
  /** Of what a player sees: of boards the rows and columns are the last two. */
  shape: number[];
  actions: string[];
}

export interface Learned extends Playing {
  /** Games played, and the score then. */
  curve: [number, number][];
  curve_name: string;
  best: number;
  goal: number;
}

export interface Position {
  /** 0 free, 1 a stone of the player who began, 2 one of the other. */
  board: number[][];
  turn: number;
  over: boolean;
  winner: number | null;
  legal: boolean[];
  /** What the run would do as the player to move; none after the end. */
  likely?: number[];
  value?: number;
}

export interface Watched {
  /** Place in metres, angle in radians, and the push, by moment. */
  track: [number, number, number][];
  edge: number;
  tilt: number;
  most: number;
}

/** The action that a cell of a board stands for: the cell itself, or its column where there are as many actions. */
export const actionOf = (row: number, column: number, columns: number, actions: number): number =>
  actions === columns ? column : row * columns + column;

/** The most probable of the actions that the rules allow. */
export function best(position: Position): number {
  const likely = position.likely ?? [];
  return likely.reduce((found, one, action) => (one > (likely[found] ?? -1) ? action : found), 0);
}

/** What a game has come to, for a person who plays the stones of that number. */
export function ended(position: Position, own: number): string {
  if (position.winner === null) return "A draw.";
  return position.winner === own ? "You have won." : "The run has won.";
}
