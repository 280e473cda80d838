import type { Config } from "./config.ts";

/** What a start prints: where it listens and, while there is no owner, the lines to try. */
export function welcome({ publicUrl, sampleApi }: Config, setupCode: string | undefined): string {
  const ready = `\nCountersign is ready at ${publicUrl}\n`;
  if (setupCode === undefined) return ready;
  return [
    ready,
    "Nobody owns it yet. Open this link, which works once and for a day, to become the owner:",
    "",
    `${publicUrl}/setup?code=${setupCode}`,
    "",
    "Or without a browser. Paste this to become the owner and keep your personal API key:",
    "",
    `  field() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p"; }`,
    `  KEY=$(curl -s ${publicUrl}/setup -d code=${setupCode} -d email=you@example.com | field secret_key); echo "$KEY"`,
    "",
    `Then three lines: make an app client, get a token${sampleApi ? ", list corpora" : ""}.`,
    "",
    `  APP=$(curl -s ${publicUrl}/v2/app_clients -H "x-api-key: $KEY" -H "content-type: application/json" -d '{"name":"First client","type":"client_credentials","api_roles":["corpus_administrator"]}'); echo "$APP"`,
    `  TOKEN=$(curl -s ${publicUrl}/oauth2/token -d grant_type=client_credentials -d client_id=$(echo "$APP" | field client_id) -d client_secret=$(echo "$APP" | field client_secret) | field access_token); echo "$TOKEN"`,
    `  curl -s ${publicUrl}/v2/${sampleApi ? "corpora" : "app_clients"} -H "authorization: Bearer $TOKEN"`,
    "",
  ].join("\n");
}
