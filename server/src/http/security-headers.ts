/** What a browser is told about every answer, pages and API alike. */
export function securityHeaders(publicUrl: string): Record<string, string> {
  return {
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    // `no-referrer` would make our own forms come without their origin.
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    // Answers that are no pages hold nothing that runs; a page says what it needs instead.
    "content-security-policy": contentPolicy({}),
    ...(publicUrl.startsWith("https:")
      ? { "strict-transport-security": "max-age=31536000; includeSubDomains" }
      : {}),
  };
}

/** Nothing but what is named, and nothing inline. */
export function contentPolicy(sources: Readonly<Record<string, string>>): string {
  const all: Record<string, string> = {
    "default-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    ...sources,
  };
  return Object.entries(all)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}
