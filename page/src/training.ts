// Trainings that the page starts.
import { go } from "./address.svelte";
import { ask, Mistake, send } from "./server";

/** Start the training that is asked for at `path`, wait until its run is there, and go to it; throws what went wrong. */
export async function train(path: string, asked: object = {}): Promise<void> {
  const { name } = await send<{ name: string }>(path, asked);
  await arrived(name);
  go(`/runs/${encodeURIComponent(name)}`);
}

async function arrived(name: string): Promise<void> {
  for (;;) {
    const told = await ask<{ there: boolean; alive: boolean; problem: string }>(`/api/trainings/${encodeURIComponent(name)}`);
    if (told.problem) throw new Mistake("The training ended with a mistake.", told.problem);
    if (told.there || !told.alive) return;
    await new Promise((later) => setTimeout(later, 300));
  }
}
