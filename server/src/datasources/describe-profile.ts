import { profiles } from "./profiles/profiles.ts";
import { describeProvider } from "./describe-provider.ts";
import type { Profile, Provider } from "./provider.ts";

/** A profile as whoever fills in a form wants to see it. */

export interface DescribedProfile {
  profile: Profile;
  /** All that holds unless a datasource says otherwise. */
  settings: Provider["settings"];
  /** What stands as `{name}` in its URLs. */
  variables: readonly string[];
  canRefresh: boolean;
}

export const describedProfiles = (): DescribedProfile[] =>
  [...profiles.values()].map((profile) => ({
    profile,
    settings: describeProvider(profile, { clientId: "" }).settings,
    variables: variablesOf(profile),
    canRefresh: profile.refresh?.with !== "nothing",
  }));

function variablesOf({ settings, exchange, refresh, upgrade }: Profile): string[] {
  const { authorizationUrl, accessTokenUrl, refreshUrl, baseUrl } = settings;
  const steps = [exchange, refresh, upgrade].map((rules) => rules?.url);
  const urls = [authorizationUrl, accessTokenUrl, refreshUrl, baseUrl, ...steps];
  const names = urls.flatMap((url) =>
    [...(url ?? "").matchAll(/\{([\w:-]+)\}/g)].map(([, name]) => name!),
  );
  // What an answer or a callback brings is not for a person to say.
  return [...new Set(names)].filter((name) => !name.includes(":"));
}
