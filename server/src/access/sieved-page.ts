import { setImmediate as nextTurn } from "node:timers/promises";

/**
 * One page of what passes, of a list of which much may not. It is read a portion at a time, and between
 * portions others get their turn: an embedded store answers without ever leaving the event loop. What a
 * page may cost has a bound; one that reaches it holds fewer than asked for, and goes on where it
 * stopped.
 */

export interface SievedList<Item, Position> {
  after: Position | undefined;
  limit: number;
  /** At most; the first portions are smaller, for a page that is soon full. */
  itemsPerRead: number;
  read(after: Position | undefined, count: number): Promise<Item[]>;
  passes(item: Item): boolean;
  /** Whether it has cost enough by now; asked after each item. */
  isSpent(): boolean;
  /** Whether others should get their turn before this portion is through. */
  isLong?(): boolean;
  positionOf(item: Item): Position;
}

export interface SievedPage<Item, Position> {
  items: Item[];
  /** Behind the last that was looked at; `undefined` when there are no more. */
  next: Position | undefined;
}

export async function sievedPage<Item, Position>(
  list: SievedList<Item, Position>,
): Promise<SievedPage<Item, Position>> {
  const { after, limit, itemsPerRead, read, passes, isSpent, isLong, positionOf } = list;
  const items: Item[] = [];
  let count = Math.min(itemsPerRead, 2 * limit);
  for (let from = after; ; count = Math.min(itemsPerRead, 2 * count)) {
    const some = await read(from, count);
    for (const item of some) {
      if (passes(item)) items.push(item);
      from = positionOf(item);
      if (items.length === limit || isSpent()) return { items, next: from };
      if (isLong?.() === true) await nextTurn();
    }
    if (some.length < count) return { items, next: undefined };
    await nextTurn();
  }
}
