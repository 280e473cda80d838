import { settings } from "../../server/src/config.ts";
import { code, page, table } from "./markdown.ts";

/** The environment variables, from the table that parses them. */
export function settingsPage(): string {
  const rows = Object.values(settings).map(({ name, defaultText, meaning }) => [
    code(name),
    defaultText,
    meaning,
  ]);
  return page(
    "# Settings",
    "Settings are environment variables. An empty value counts as absent. A value that does not " +
      "parse stops the start with a message that names the variable. A name that begins with " +
      "`COUNTERSIGN_` and is not in this table is ignored, and the log warns of it.",
    table(["variable", "default", "meaning"], rows),
    "`NODE_ENV` is read for one thing: under `production` the sample API is off by default.",
  );
}
