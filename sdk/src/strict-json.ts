const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Deeper than any token or key set; it keeps the walk off the end of the stack. */
const depthMax = 32;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * Parses a JSON object that means the same to every reader: valid UTF-8, and no member twice.
 * Parsers differ in which of two equal members they take, so one that is signed must not have any
 * [RFC 7515 §4, RFC 7519 §4]. The result is frozen, because it is shared between requests.
 * `undefined` when the text is anything else.
 */
export function parseStrictJsonObject(bytes: Uint8Array): JsonObject | undefined {
  try {
    const text = utf8.decode(bytes);
    const value: unknown = JSON.parse(text);
    if (!isJsonObject(value)) return undefined;
    return freeze(value, 0) === countMembers(text) ? value : undefined;
  } catch {
    return undefined;
  }
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Freezes the value with all that is in it, and counts the members that the parser kept. */
function freeze(value: unknown, depth: number): number {
  if (typeof value !== "object" || value === null) return 0;
  if (depth > depthMax) throw new RangeError("nested too deeply");
  const values = Array.isArray(value) ? value : Object.values(value);
  let members = Array.isArray(value) ? 0 : values.length;
  for (const inner of values) members += freeze(inner, depth + 1);
  Object.freeze(value);
  return members;
}

/** Counts the members that the text has: in valid JSON, its colons outside of strings. */
function countMembers(text: string): number {
  let members = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const character = text.charCodeAt(index);
    if (inString) {
      if (character === 0x5c) index += 1;
      else if (character === 0x22) inString = false;
    } else if (character === 0x22) inString = true;
    else if (character === 0x3a) members += 1;
  }
  return members;
}
