import { createBoundedMap } from "../bounded-map.ts";
import type { Feed } from "./feed.ts";
import type { ChangeKind, ChangeRecord } from "./records.ts";

/**
 * A bounded cache of records, kept true by the change feed. What is not there is remembered too, in
 * a bound of its own, so that a flood of unknown names cannot push out the known ones.
 */

export interface Cache<Value> {
  /** What is in memory now; never asks the store. */
  peek(key: string): Value | undefined;
  /** From memory, else from the store. Rejects with `StoreUnavailable`. */
  find(key: string): Promise<Value | undefined>;
  readonly size: number;
}

export interface CacheOptions<Value> {
  load(key: string): Promise<Value | undefined>;
  /** Which key a change makes wrong. */
  affectedBy(change: ChangeRecord): string | typeof everyKey | undefined;
  entriesMax: number;
}

/** Nothing that is stored has a longer key: what has is unknown, and must not fill the memory. */
const keyCharactersMax = 255;

/** What a change affects that reaches further than one entry. */
export const everyKey = Symbol("every key");

export function createCache<Value extends object>(
  feed: Feed,
  { load, affectedBy, entriesMax }: CacheOptions<Value>,
): Cache<Value> {
  const hits = createBoundedMap<Value>(entriesMax);
  const misses = createBoundedMap<true>(entriesMax);
  const fills = new Map<string, Promise<Value | undefined>>();

  feed.subscribe({
    onChange(change) {
      const key = affectedBy(change);
      if (key === everyKey) clear();
      else if (key !== undefined) drop(key);
    },
    onReset: clear,
  });

  /** A fill under way may have read the state before the change: it is disowned, not awaited. */
  function drop(key: string): void {
    hits.delete(key);
    misses.delete(key);
    fills.delete(key);
  }

  function clear(): void {
    hits.clear();
    misses.clear();
    fills.clear();
  }

  function fill(key: string): Promise<Value | undefined> {
    const filling = load(key)
      .then((value) => {
        if (fills.get(key) !== filling) return value;
        if (value === undefined) misses.set(key, true);
        else hits.set(key, value);
        return value;
      })
      .finally(() => {
        if (fills.get(key) === filling) fills.delete(key);
      });
    fills.set(key, filling);
    return filling;
  }

  return {
    peek: (key) => hits.get(key),
    async find(key) {
      const known = hits.get(key);
      if (known !== undefined || misses.has(key)) return known;
      if (key.length > keyCharactersMax) return undefined;
      return fills.get(key) ?? fill(key);
    },
    get size() {
      return hits.size + misses.size;
    },
  };
}

/** Changes of one kind name the key that they affect. */
export const subjectsOf =
  (kind: ChangeKind) =>
  (change: ChangeRecord): string | undefined =>
    change.kind === kind ? change.subjectId : undefined;
