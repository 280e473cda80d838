/** Members of a body that may be absent. */

/** In a change, an absent member stays as it is, and `null` takes the setting away. */
export function changed<Value>(
  value: Value | null | undefined,
  before: Value | undefined,
): Value | undefined {
  return value === undefined ? before : (value ?? undefined);
}

/** In an answer, an absent setting is an absent member, never `null`. */
export function optional<const Name extends string, Value>(
  name: Name,
  value: Value | undefined,
): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
}
