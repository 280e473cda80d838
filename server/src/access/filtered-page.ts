import { RE2JS, RE2JSSyntaxException } from "re2js";
import { badField } from "../errors/admin-error.ts";

/**
 * One page of what a filter lets through. A filter is a regular expression that somebody else wrote, so
 * it runs on an engine that takes linear time, and on a budget of work: a page may then hold fewer
 * than asked for, and goes on where it stopped.
 */

export interface FilteredList<Item, Position> {
  filter: string | undefined;
  after: Position | undefined;
  limit: number;
  read(after: Position | undefined, count: number): Promise<Item[]>;
  /** One of them must match. */
  textsOf(item: Item): readonly string[];
  positionOf(item: Item): Position;
}

export interface FilteredPage<Item, Position> {
  items: Item[];
  /** Where the next page begins; `undefined` on the last one. */
  next: Position | undefined;
}

/** Steps of the matching machine: characters looked at, times the size of the program. */
const workMax = 2_000_000;
const programSizeMax = 2_000;
const itemsPerRead = 200;

/** Throws 400 for what is no filter. */
export async function filteredPage<Item, Position>(
  list: FilteredList<Item, Position>,
): Promise<FilteredPage<Item, Position>> {
  const { filter, after, limit, read, textsOf, positionOf } = list;
  if (filter === undefined) {
    const found = await read(after, limit + 1);
    const items = found.slice(0, limit);
    return { items, next: found.length > limit ? positionOf(items.at(-1)!) : undefined };
  }
  const matches = createMatcher(filter);
  const items: Item[] = [];
  for (let from = after; ;) {
    const some = await read(from, itemsPerRead);
    for (const item of some) {
      if (textsOf(item).some(matches)) items.push(item);
      from = positionOf(item);
      if (items.length === limit || matches.isSpent()) return { items, next: from };
    }
    if (some.length < itemsPerRead) return { items, next: undefined };
  }
}

function createMatcher(filter: string) {
  const pattern = compile(filter);
  const size = pattern.programSize();
  if (size > programSizeMax) throw badField("filter", "is too complex");
  let work = 0;
  const matches = (text: string): boolean => {
    work += (text.length + 1) * size;
    return pattern.matcher(text).find();
  };
  return Object.assign(matches, { isSpent: () => work > workMax });
}

function compile(filter: string): RE2JS {
  try {
    return RE2JS.compile(filter);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw badField("filter", "is not a regular expression");
  }
}
