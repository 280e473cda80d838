const lifetimeSecondsMin = 60;
const lifetimeSecondsDefault = 300;
const lifetimeSecondsMax = 900;

/**
 * How long a key set stays fresh: what the server says [RFC 9111 §5.2.2.1], but at least a minute,
 * so that we do not ask for every token, and at most a quarter of an hour, so that a key which was
 * taken away does not live on.
 */
export function keyLifetimeSeconds(cacheControl: string | null): number {
  const directives = (cacheControl ?? "").toLowerCase().split(",");
  const names = directives.map((directive) => directive.trim());
  if (names.includes("no-store") || names.includes("no-cache")) return lifetimeSecondsMin;
  const maxAge = names.find((directive) => /^max-age="?\d{1,10}"?$/.test(directive));
  if (maxAge === undefined) return lifetimeSecondsDefault;
  const seconds = Number(maxAge.replace(/\D/g, ""));
  return Math.min(lifetimeSecondsMax, Math.max(lifetimeSecondsMin, seconds));
}
