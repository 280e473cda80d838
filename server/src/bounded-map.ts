import { LRUCache } from "lru-cache";

/**
 * A map that forgets what was not used for longest. It takes memory as it fills: told its bound as a
 * number of entries, the library takes all of it at once, megabytes for each cache that may grow large.
 */
export function createBoundedMap<Value extends object | true>(
  entriesMax: number,
): LRUCache<string, Value> {
  return new LRUCache({ maxSize: entriesMax, sizeCalculation: () => 1 });
}
