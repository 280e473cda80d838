/** Acts on each of them, some at the same time; the results come in the order in which they are ready. */
export async function inLanes<Item, Result>(
  items: readonly Item[],
  lanes: number,
  act: (item: Item, done: number) => Promise<Result>,
): Promise<Result[]> {
  const left = items.values();
  const results: Result[] = [];
  const lane = async (): Promise<void> => {
    for (const item of left) results.push(await act(item, results.length));
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
