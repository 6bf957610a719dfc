// What a person sets in a scene, kept in the address: the link shows another person the same.
import { untrack } from "svelte";
import { address, adjust } from "../address.svelte";

type Value = number | string | boolean | number[] | number[][];

/** A value that a scene shows and changes. */
export interface Kept<T> {
  value: T;
}

const PAUSE = 300; // milliseconds: browsers refuse to change the address many times a second
let waiting: Record<string, string> = {};
let timer = 0;

/** A value that the address has under a name, if it has; else the initial one. To be called while a scene begins. */
export function kept(name: string, initial: number, ends: readonly [number, number]): Kept<number>;
export function kept(name: string, initial: string, choices: readonly string[]): Kept<string>;
export function kept(name: string, initial: boolean): Kept<boolean>;
export function kept(name: string, initial: number[]): Kept<number[]>;
export function kept(name: string, initial: number[][]): Kept<number[][]>;
export function kept(name: string, initial: Value, choices?: readonly (string | number)[]): Kept<Value> {
  const usual = encoded(initial);
  const found = decoded(untrack(() => address.get(name)), initial);
  let value = $state(fits(found, choices) ? found : initial);
  $effect(() => {
    const text = encoded(value);
    untrack(() => later(name, text === usual ? "" : text));
  });
  return {
    get value() {
      return value;
    },
    set value(next) {
      value = next;
    },
  };
}

/** Whether an address gives one of the choices, or a number between the ends. */
function fits(found: Value, choices?: readonly (string | number)[]): boolean {
  if (!choices) return true;
  if (typeof found !== "number") return choices.includes(found as string);
  return found >= Number(choices[0]) && found <= Number(choices[1]);
}

function later(name: string, text: string): void {
  if (address.get(name) === text && !(name in waiting)) return;
  waiting[name] = text;
  const path = address.path;
  clearTimeout(timer);
  timer = setTimeout(() => {
    if (path === address.path) adjust(waiting);
    waiting = {};
  }, PAUSE);
}

/** Numbers of a matrix row by row, with commas between them. */
export const encoded = (value: Value): string =>
  Array.isArray(value) ? value.flat().join(",") : typeof value === "boolean" ? (value ? "yes" : "no") : String(value);

/** The value that a text stands for, in the form of the initial one; the initial one if it does not fit. */
export function decoded(text: string, initial: Value): Value {
  if (text === "") return initial;
  if (typeof initial === "string") return text;
  if (typeof initial === "boolean") return text === "yes";
  const numbers = text.split(",").map(Number);
  const wanted = Array.isArray(initial) ? initial.flat().length : 1;
  if (numbers.length !== wanted || !numbers.every((one) => Number.isFinite(one) && Math.abs(one) < 1e6)) return initial;
  if (!Array.isArray(initial)) return numbers[0] ?? initial;
  let place = 0;
  return initial.map((one) => {
    if (!Array.isArray(one)) return numbers[place++];
    return one.map(() => numbers[place++]);
  }) as number[] | number[][];
}
