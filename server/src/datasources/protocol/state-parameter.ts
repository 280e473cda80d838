import { profiles } from "../profiles/profiles.ts";
import type { Provider } from "../provider.ts";

/** The state [RFC 6749 §4.1.1] under the name that a provider has for it. */

export const stateNameOf = ({ profile }: Pick<Provider, "profile">): string =>
  profile.stateParameter ?? "state";

/**
 * Whose callback it is, is known by the state, and the state's name only by whose it is: so it is looked
 * for under each name that there is. Whoever calls has to compare the name with the provider's.
 * `undefined` when there is none, or more than one of that name.
 */
export function findState(
  parameters: URLSearchParams,
): { name: string; value: string } | undefined {
  const own = [...profiles.values()].flatMap(({ stateParameter = [] }) => stateParameter);
  const name = ["state", ...own].find((one) => parameters.has(one));
  if (name === undefined) return undefined;
  const [value = "", ...more] = parameters.getAll(name);
  return more.length > 0 ? undefined : { name, value };
}
