import {
  secretChecksumCharacters,
  secretPattern,
  secretPrefixes,
  secretRandomCharacters,
  type SecretKind,
} from "@countersign/protocol/secrets.ts";
import { generateSecret } from "../../server/src/keys/secret.ts";
import { system } from "../../server/src/system.ts";
import { block, code, page, table } from "./markdown.ts";

const meanings: Record<SecretKind, string> = {
  clientSecret: "the secret of an app client",
  personalKey: "a personal API key",
  servingKey: "an API key for queries (not issued yet)",
  servingAndIndexingKey: "an API key for queries and indexing (not issued yet)",
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
      ["prefix", "what it is"],
      kinds.map((kind) => [code(secretPrefixes[kind]), meanings[kind]]),
    ),
    "## Pattern",
    block("text", secretPattern),
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
