import { clientCredentials, OAuthError } from "@countersign/sdk";

// Keeps the token, and renews it before it expires.
const tokens = clientCredentials({
  issuer: "{{ISSUER}}",
  clientId: "{{CLIENT_ID}}",
  clientSecret: "{{CLIENT_SECRET}}",
});

try {
  const corpora = await tokens.fetch("{{API_URL}}/v2/corpora");
  console.log(await corpora.text());
  if (!corpora.ok) process.exitCode = 1;
} catch (error) {
  if (!(error instanceof OAuthError)) throw error;
  console.error(`no token: ${error.code}, request ${error.requestId}`);
  process.exitCode = 1;
}
