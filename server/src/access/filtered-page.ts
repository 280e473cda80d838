import { RE2JS, RE2JSSyntaxException } from "re2js";
import { badField } from "../errors/admin-error.ts";
import { sievedPage, type SievedPage } from "./sieved-page.ts";

/**
 * One page of what a filter lets through. A filter is a regular expression that somebody else wrote, so
 * it runs on an engine that takes linear time, and on a budget of work.
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

/** Steps of the matching machine: characters looked at, times the size of the program. */
const workMax = 2_000_000;
/** A few milliseconds; then others get their turn. */
const workPerTurn = 200_000;
const programSizeMax = 2_000;
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

function createMatcher(filter: string) {
  const pattern = compile(filter);
  const size = pattern.programSize();
  if (size > programSizeMax) throw badField("filter", "is too complex");
  let work = 0;
  let turnEndsAt = workPerTurn;
  const matches = (text: string): boolean => {
    work += (text.length + 1) * size;
    return pattern.matcher(text).find();
  };
  const isLong = (): boolean => {
    if (work < turnEndsAt) return false;
    turnEndsAt = work + workPerTurn;
    return true;
  };
  return Object.assign(matches, { isSpent: () => work > workMax, isLong });
}

function compile(filter: string): RE2JS {
  try {
    return RE2JS.compile(filter);
  } catch (error) {
    if (!(error instanceof RE2JSSyntaxException)) throw error;
    throw badField("filter", "is not a regular expression");
  }
}
