import type { Profile } from "../provider.ts";

/** What the standards say, and nothing else: for every provider without a profile of its own. */
export const standard: Profile = {
  name: "standard",
  title: "Any OAuth 2.0 provider",
  settings: {},
};
