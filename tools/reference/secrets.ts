import {
  secretChecksumCharacters,
  secretPattern,
  secretSearchPatternOf,
  secretPrefixes,
  secretRandomCharacters,
  type SecretKind,
} from "@countersign/protocol/secrets.ts";
import { generateSecret } from "../../server/src/keys/secret.ts";
import { system } from "../../server/src/system.ts";
import { block, code, page, table } from "./markdown.ts";

export const secretMeanings: Record<SecretKind, string> = {
  clientSecret: "the secret of an app client",
  personalKey: "a personal API key",
  servingKey: "an API key for queries",
  servingAndIndexingKey: "an API key for queries and indexing, or with roles of its own",
  verifierSecret: "the secret with which an API asks whether a token of its own counts",
};

/** The form of generated secrets, for secret scanners. */
export function secretsPage(): string {
  const kinds = Object.keys(secretPrefixes) as SecretKind[];
  return page(
    "# Generated secrets",
    "For scanners that look for leaked secrets. A generated secret is a prefix, " +
      `${secretRandomCharacters} random characters (256 bits) and ${secretChecksumCharacters} ` +
      "characters of checksum, all of `0-9A-Za-z` behind the prefix.",
    table(
      ["prefix", "what it is", "pattern"],
      kinds.map((kind) => [
        code(secretPrefixes[kind]),
        secretMeanings[kind],
        code(secretSearchPatternOf(kind)),
      ]),
    ),
    "## Pattern",
    "The form of all of them, for `grep -E` as well:",
    block("text", secretPattern),
    "The patterns in the table find more: also a secret behind `%22` in a URL or behind `\\n` in a string. " +
      "The secret is the only group. Nothing in them looks ahead or behind, so RE2 and Hyperscan " +
      "take them, in time proportional to the text.",
    "Ready to use: [gitleaks.toml](gitleaks.toml) and [trufflehog.yaml](trufflehog.yaml). For a custom " +
      "pattern of GitHub's secret scanning:",
    table(
      ["field", "value"],
      [
        ["Secret format", code(secretPattern.replaceAll("\\b", ""))],
        ["Before secret", code("\\A|[^0-9A-Za-z_]|%[0-9A-Fa-f]{2}|\\\\[nrt]")],
        ["After secret", code("\\z|[^0-9A-Za-z_]")],
      ],
    ),
    "What to do with a find is in [Scan for leaks](../guides/scan-for-leaks.md).",
    "## Checksum",
    "The CRC-32 (as in zlib and PNG) of everything before the checksum, in base62 with the digits " +
      `\`0-9A-Za-z\` in this order, most significant first, filled with zeros to ${secretChecksumCharacters} characters. ` +
      "A candidate whose checksum is wrong is not one of ours. An example, made of zeros:",
    block("text", generateSecret(zeros, "clientSecret")),
    "The form is for scanners alone. Whether a secret is accepted depends on its digest: a key that " +
      "was set with `COUNTERSIGN_BOOTSTRAP_API_KEY` may have any form.",
    "Access tokens are JWTs and are found as such. A master key is one line `csmk_` and 43 " +
      "characters of base64url.",
  );
}

/** Randomness that is none, so that the page is the same every time. */
const zeros = { ...system, randomBytes: (size: number) => Buffer.alloc(size) };
