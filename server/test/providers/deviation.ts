import type { Profile } from "../../src/datasources/provider.ts";

/** Takes a profile apart: each thing that it says about its provider, and the profile without it. */

/** From the profile to what is left out: names of members, and positions in lists. */
type Part = readonly string[];

/** For people, or of the provider's place; nothing that it deviates in. */
const said = new Set(["name", "title", "notes"]);

export function partsOf(profile: Profile, placeNames: ReadonlySet<string>): Part[] {
  return leavesOf(profile, []).filter(
    ([first = "", second = ""]) =>
      !said.has(first) && !(first === "settings" && placeNames.has(second)),
  );
}

/** Objects that are data of one deviation fall apart too: each parameter, each matcher. */
function leavesOf(value: unknown, path: Part): Part[] {
  if (typeof value !== "object" || value === null) return [path];
  return Object.entries(value).flatMap(([name, inner]) => leavesOf(inner, [...path, name]));
}

export function without(profile: Profile, [first = "", ...rest]: Part): Profile {
  return lessOf(profile, [first, ...rest]) as Profile;
}

function lessOf(value: unknown, [name = "", ...rest]: Part): unknown {
  const members = value as Record<string, unknown>;
  if (Array.isArray(value)) {
    return rest.length === 0
      ? value.toSpliced(Number(name), 1)
      : value.with(Number(name), lessOf(members[name], rest));
  }
  const { [name]: inner, ...others } = members;
  return rest.length === 0 ? others : { ...members, [name]: lessOf(inner, rest) };
}
