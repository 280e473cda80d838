import type { PageKeys } from "../page-key.ts";

/** One page of a list: reads one more than asked for, and so knows whether there is a next one. */
export async function pageOf<Item, Position extends object>(
  pageKeys: PageKeys,
  list: {
    /** What a key of this list is tied to: its name, whose it is, and the filters. */
    listName: string;
    pageKey: string | undefined;
    limit: number;
    read(after: Position | undefined, limit: number): Promise<Item[]>;
    positionOf(item: Item): Position;
  },
): Promise<{ items: Item[]; metadata: { page_key?: string } }> {
  const { listName, pageKey, limit, read, positionOf } = list;
  // Authenticated, so it holds what this list wrote into it.
  const after = pageKey === undefined ? undefined : (pageKeys.read(listName, pageKey) as Position);
  const found = await read(after, limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  if (found.length <= limit || last === undefined) return { items, metadata: {} };
  return { items, metadata: { page_key: pageKeys.write(listName, positionOf(last)) } };
}
