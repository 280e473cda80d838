import type { Profile } from "../provider.ts";
import { business } from "./business.ts";
import { developerTools } from "./developer-tools.ts";
import { social } from "./social.ts";
import { standard } from "./standard.ts";

/** All provider profiles, by name. Each has a runnable fixture in `server/test/providers/`. */
export const profiles: ReadonlyMap<string, Profile> = new Map(
  [standard, ...developerTools, ...business, ...social].map((profile) => [profile.name, profile]),
);
