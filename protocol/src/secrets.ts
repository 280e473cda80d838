/**
 * How a generated secret looks, so that a scanner can tell whose it is and whether it is real:
 * a prefix by kind, 43 characters of base62 (256 random bits), and 6 characters of base62 that hold
 * the CRC-32 of everything before them. Acceptance never depends on this form.
 */
export const secretPrefixes = {
  clientSecret: "cssk_",
  personalKey: "cspk_",
  servingKey: "csqk_",
  servingAndIndexingKey: "cswk_",
  verifierSecret: "csvk_",
} as const;

export type SecretKind = keyof typeof secretPrefixes;

export const secretRandomCharacters = 43;
export const secretChecksumCharacters = 6;

/** The form: every generated secret matches it, whatever its kind. */
export const secretPattern = "\\bcs[spqwv]k_[0-9A-Za-z]{49}\\b";

/**
 * What a secret may follow in a text: what is no part of a word, a byte that a URL encodes, a line break
 * or tab that a string escapes. Nothing looks behind, so that every engine takes it.
 */
export const secretLeadPattern = "(?:\\b|%[0-9A-Fa-f]{2}|\\\\[nrt])";

/** The pattern for scanners, of one kind: the secret is its only group. */
export const secretSearchPatternOf = (kind: SecretKind): string =>
  `${secretLeadPattern}(${secretPrefixes[kind]}[0-9A-Za-z]{${secretRandomCharacters + secretChecksumCharacters}})\\b`;
