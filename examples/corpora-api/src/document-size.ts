import type { Usage } from "./corpus-store.ts";
import type { Document } from "./document.ts";

/** What a document adds to the counts of its corpus. */
export function sizeOf(document: Document): Usage {
  return {
    docs: 1,
    parts: document.parts.length,
    characters: sum(document.parts.map(({ text }) => text.length)),
    metadataCharacters: sum(metadataTexts(document).map((text) => text.length)),
  };
}

/** Of all its metadata, that of the parts included. */
export function metadataBytes(document: Document): number {
  return sum(metadataTexts(document).map((text) => Buffer.byteLength(text)));
}

/** What is empty is stored without need, and not counted. */
function metadataTexts({ metadata, parts }: Document): string[] {
  return [metadata, ...parts.map((part) => part.metadata)]
    .map((one) => JSON.stringify(one))
    .filter((text) => text !== "{}");
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
