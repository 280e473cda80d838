const charactersMax = 200;
/** Longer than any name or version, and no longer than the shortest secret. */
const secretLike = /[^\s/;,()]{32,}/g;

/**
 * What a caller says it is, as we keep it: shortened, and without words that could be a secret that
 * somebody put into the wrong header.
 */
export const userAgentOf = (header: string | undefined): string =>
  (header ?? "")
    .slice(0, 2 * charactersMax)
    .replaceAll(secretLike, "…")
    .slice(0, charactersMax);
