import {
  secretLeadPattern,
  secretSearchPatternOf,
  secretPrefixes,
  type SecretKind,
} from "@countersign/protocol/secrets.ts";
import { secretMeanings } from "./secrets.ts";

/** The patterns of our secrets in the languages of scanners. */

const kinds = Object.keys(secretPrefixes) as SecretKind[];

/** A generated secret has never been seen below this; `cssk_000…` of a document is. */
export const entropyMin = 3.5;

const masterKey = {
  name: "countersign-master-key",
  meaning: "a master key, with which everything sealed is opened",
  // It may end with a hyphen, behind which there is no word boundary.
  pattern: `${secretLeadPattern}(csmk_[0-9A-Za-z_-]{43})`,
  prefix: "csmk_",
};

interface Rule {
  name: string;
  meaning: string;
  pattern: string;
  prefix: string;
}

export const scannerRules: readonly Rule[] = [
  ...kinds.map((kind) => ({
    name: `countersign-${kind.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    meaning: secretMeanings[kind],
    pattern: secretSearchPatternOf(kind),
    prefix: secretPrefixes[kind],
  })),
  masterKey,
];

export const gitleaksRules = (): string =>
  [
    "# gitleaks dir --config gitleaks.toml .",
    'title = "Countersign"',
    "[extend]\nuseDefault = true",
    ...scannerRules.map(({ name, meaning, pattern, prefix }) =>
      [
        "[[rules]]",
        `id = "${name}"`,
        `description = "Countersign: ${meaning}"`,
        `regex = '''${pattern}'''`,
        `entropy = ${entropyMin}`,
        `keywords = ["${prefix}"]`,
      ].join("\n"),
    ),
  ].join("\n\n");

export const trufflehogDetectors = (): string =>
  [
    "# trufflehog filesystem --config trufflehog.yaml .",
    "detectors:",
    ...scannerRules.map(({ name, pattern, prefix }) =>
      [
        `  - name: ${name}`,
        `    keywords: ["${prefix}"]`,
        "    regex:",
        `      secret: '${pattern}'`,
        `    entropy: ${entropyMin}`,
      ].join("\n"),
    ),
  ].join("\n");
