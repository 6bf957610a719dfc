// Work that goes on while a scene is looked at, in slices that leave the page alive.
import { untrack } from "svelte";

const SLICE = 10; // milliseconds of work in a frame
const CALM = 400; // and between pictures where a person asked for less motion

/** Whether the person asked for less motion. */
export const calm = (): boolean => matchMedia("(prefers-reduced-motion: reduce)").matches;

/** While `running`, call `work` for a slice of each frame, then `show`. To be called while a scene begins. */
export function whileRunning(running: () => boolean, work: () => void, show: () => void): void {
  $effect(() => {
    if (!running()) return;
    let frame = 0;
    let shown = 0;
    const again = (): void => {
      frame = requestAnimationFrame(again);
      untrack(() => {
        const until = performance.now() + SLICE;
        do work();
        while (performance.now() < until && running());
        if (calm() && performance.now() - shown < CALM && running()) return;
        shown = performance.now();
        show();
      });
    };
    again();
    return () => cancelAnimationFrame(frame);
  });
}

/** While `running`, call `step` so many times a second. */
export function ticking(running: () => boolean, step: () => void, perSecond = 4): void {
  $effect(() => {
    if (!running()) return;
    const timer = setInterval(() => untrack(step), 1000 / perSecond);
    return () => clearInterval(timer);
  });
}
