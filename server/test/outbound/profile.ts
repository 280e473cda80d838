import type { Profile } from "../../src/datasources/provider.ts";
import { profiles } from "../../src/datasources/profiles/profiles.ts";

/** Profiles of providers that only exist in tests. */

/** In the process of the test; see `main-with-profile.ts` for others. */
export function addProfile(profile: Profile): void {
  (profiles as Map<string, Profile>).set(profile.name, profile);
}

/** A provider whose access token is good for a session only. */
export const twoCalls = ({ url }: { url: string }): Profile => ({
  name: "two_calls",
  title: "Two calls",
  settings: {},
  upgrade: {
    url: `${url}/login`,
    method: "GET",
    bodyFormat: "query",
    clientAuthentication: "none",
    parameters: { access_token: "{access_token}" },
    omit: ["client_id"],
    answer: { accessToken: "session" },
  },
});
