import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { describeProvider } from "../describe-provider.ts";
import { standard } from "../profiles/standard.ts";
import type { DatasourceSettings } from "../provider.ts";
import type { ProviderAnswer } from "./answer-document.ts";
import { buildExchange, buildRefresh } from "./token-request.ts";
import { traceOf } from "./trace.ts";

/** A trace can be shown to anybody: whatever a secret is called, and wherever a provider puts it. */

const secrets = {
  clientSecret: "s3cret/with+signs=",
  refreshToken: "1//0gRefreshTokenOfSomebody-123",
  code: "4/0AfCodeOfSomebody_456",
  verifier: "verifier-verifier-verifier-789",
  custom: "custom value & more",
  inUrl: "key-in-the-url-000",
};

const provider = (own: Partial<DatasourceSettings> = {}) =>
  describeProvider(standard, {
    accessTokenUrl: `https://provider.example.com/token?apikey=${secrets.inUrl}`,
    clientId: "the-client",
    clientSecret: secrets.clientSecret,
    scopes: ["read"],
    customTokenParameters: [{ key: "extra", value: secrets.custom }],
    customRefreshHeaders: [{ key: "x-key", value: secrets.custom }],
    ...own,
  });
const context = { nowMs: 0, assertionId: "assertion" };
const refresh = (own: Partial<DatasourceSettings> = {}) =>
  buildRefresh(provider(own), { accessToken: "", refreshToken: secrets.refreshToken }, context);
const exchange = (own: Partial<DatasourceSettings> = {}) =>
  buildExchange(
    provider(own),
    {
      code: secrets.code,
      codeVerifier: secrets.verifier,
      redirectUri: "https://us.example.com/back",
    },
    context,
  );
const answer = (body: string, type = "application/json", status = 200): ProviderAnswer => ({
  status,
  headers: { "content-type": type },
  body: Buffer.from(body),
});

function assertClean(text: string, planted: readonly string[] = []): void {
  const all = [...Object.values(secrets), ...planted];
  const forms = all.flatMap((one) => [one, encodeURIComponent(one), btoa(`the-client:${one}`)]);
  for (const form of forms) assert.ok(!text.includes(form), `${form} is in: ${text}`);
}

describe("a trace", () => {
  test("has no secret in the command, however the client proves itself and sends", () => {
    for (const clientAuthentication of ["body", "json", "basic", "basic_raw"] as const) {
      for (const bodyFormat of ["form", "json", "query"] as const) {
        const own = { clientAuthentication, bodyFormat };
        for (const request of [refresh(own), exchange(own)]) assertClean(traceOf(request).curl);
      }
    }
  });

  test("is a command that can be run again: variables stand where secrets were", () => {
    const { curl } = traceOf(refresh({ clientAuthentication: "body" }));
    assert.match(curl, /^curl -X POST "https:\/\/provider\.example\.com\/token\?apikey=\$APIKEY"/);
    assert.match(curl, /--data-urlencode "grant_type=refresh_token"/);
    assert.match(curl, /"refresh_token=\$REFRESH_TOKEN"/);
    assert.match(curl, /"client_id=the-client"/);
    assert.match(curl, /"client_secret=\$CLIENT_SECRET"/);
    assert.match(curl, /-H "x-key: \$X_KEY"/);
    assert.match(traceOf(refresh()).curl, /-u "the-client:\$CLIENT_SECRET"/);
  });

  test("has no token of the answer, in whichever shape it comes", () => {
    const [access, next] = ["at.AbCdEfGh0123456789", "rt-next-0123456789abcdef"];
    const shapes: [body: string, type?: string][] = [
      [JSON.stringify({ access_token: access, refresh_token: next, expires_in: 3600 })],
      [JSON.stringify({ data: { tokens: [access, next], nested: [[access]] } })],
      [JSON.stringify({ scope: ["read"], message: `here it is: ${access}` })],
      [JSON.stringify({ error: "x", error_description: `${next} is no more` })],
      [JSON.stringify(access)],
      [JSON.stringify([access, { unknown_name: next }])],
      [`access_token=${access}&refresh_token=${next}`, "application/x-www-form-urlencoded"],
      [`access_token=${access}&refresh_token=${next}`, "text/plain"],
      [`token ${access}\n${next}`, "text/plain"],
      [`<html><body>Bearer ${access} <i>${next}</i></body></html>`, "text/html"],
      [`{"access_token": "${access}", "broken": `, "application/json"],
    ];
    for (const [body, type] of shapes) {
      assertClean(traceOf(refresh(), answer(body, type)).answer!, [access, next]);
    }
  });

  test("has no secret that the provider repeats in its refusal", () => {
    for (const secret of Object.values(secrets)) {
      const told = JSON.stringify({
        error: "invalid_request",
        error_description: `bad: ${secret}`,
      });
      assertClean(traceOf(exchange(), answer(told, "application/json", 400)).answer!);
      assertClean(traceOf(refresh(), answer(`no: ${secret}`, "text/plain", 400)).answer!);
    }
  });

  test("keeps what a fault is found by", () => {
    const told = {
      error: "invalid_grant",
      error_description: "Token has been expired or revoked.",
    };
    const text = traceOf(refresh(), answer(JSON.stringify(told), "application/json", 400)).answer!;
    assert.match(text, /^400 application\/json/);
    assert.match(text, /"error": "invalid_grant"/);
    assert.match(text, /Token has been expired or revoked\./);
    const page = "<html><head><title>Sign in to continue</title></head></html>";
    assert.match(traceOf(refresh(), answer(page, "text/html")).answer!, /Sign in to continue/);
    const good = JSON.stringify({ access_token: "secret-secret-secret-1", token_type: "bearer" });
    const shown = traceOf(refresh(), answer(good)).answer!;
    assert.match(shown, /"access_token": "… \(22 characters\)"/);
    assert.match(shown, /"token_type": "bearer"/);
  });
});
