/**
 * Whether JSON text, whose parsed value is given, names a member of an object twice, at any depth. A
 * parser keeps only the last of a name, another one perhaps the first: who checked a request on its
 * way here may have seen something else [RFC 8259 §4].
 */
export function hasRepeatedMember(text: string, value: unknown): boolean {
  return countWritten(text) > countKept(value);
}

/** Outside of strings each member has one colon. */
function countWritten(text: string): number {
  let members = 0;
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|:/g)) if (token === ":") members += 1;
  return members;
}

function countKept(value: unknown): number {
  let members = 0;
  const open = [value];
  while (open.length > 0) {
    const next = open.pop();
    if (typeof next !== "object" || next === null) continue;
    const inner: unknown[] = Object.values(next);
    if (!Array.isArray(next)) members += inner.length;
    for (const one of inner) open.push(one);
  }
  return members;
}
