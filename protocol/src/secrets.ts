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

/** The pattern for scanners: every generated secret matches it, whatever its kind. */
export const secretPattern = "\\bcs[spqwv]k_[0-9A-Za-z]{49}\\b";
