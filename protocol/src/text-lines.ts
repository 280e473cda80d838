/**
 * The lines of a text that comes in chunks of UTF-8. They end at a line feed and nowhere else: a line
 * of JSON may hold every other character that ends a line. Only one line is in memory, and one of more
 * than `lineCharactersMax` throws.
 */

const lineCharactersMax = 4_000_000;

export async function* linesOf(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  let rest = "";
  for await (const chunk of chunks) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop()!;
    if (rest.length > lineCharactersMax) throw new Error("A line is too long to be an event.");
    yield* lines;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}
