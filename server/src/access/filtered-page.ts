import { sievedPage, type SievedPage } from "./sieved-page.ts";

/** One page of what a filter lets through. */

export interface FilteredList<Item, Position> {
  filter: string | undefined;
  after: Position | undefined;
  limit: number;
  read(after: Position | undefined, count: number): Promise<Item[]>;
  /** One of them must match. */
  textsOf(item: Item): readonly string[];
  positionOf(item: Item): Position;
}

const itemsPerRead = 200;

/** Throws 400 for what is no filter. */
export async function filteredPage<Item, Position>(
  list: FilteredList<Item, Position>,
): Promise<SievedPage<Item, Position>> {
  const { filter, after, limit, read, textsOf, positionOf } = list;
  if (filter === undefined) {
    const found = await read(after, limit + 1);
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? positionOf(items.at(-1)!) : undefined };
  }
  // Its tables are large, and most lists are never filtered.
  const { createMatcher } = await import("./filter.ts");
  const matches = createMatcher(filter);
  return sievedPage({
    after,
    limit,
    itemsPerRead,
    read,
    passes: (item) => textsOf(item).some(matches),
    isSpent: matches.isSpent,
    isLong: matches.isLong,
    positionOf,
  });
}
