import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import { describeProvider } from "../describe-provider.ts";
import { standard } from "../profiles/standard.ts";
import type { DatasourceSettings } from "../provider.ts";
import type { ProviderAnswer } from "./answer-document.ts";
import { buildExchange, buildRefresh, buildUserinfo } from "./token-request.ts";
import { traceOf } from "./trace.ts";

const secret = "p:w%+/S3cret&<x";
const code = "c0de/Plain+1";
const verifier = "v".repeat(42) + "1";
const access = "at-R3ceived.token/one";
const refresh = "rt-R3ceived+token";
const planted = [secret, code, verifier, access, refresh];

const provider = (own: Partial<DatasourceSettings> = {}) =>
  describeProvider(standard, {
    clientId: "the client",
    clientSecret: secret,
    accessTokenUrl: "https://p.example/token?api_key=Url-K3y-1&resource=r",
    ...own,
  });
const context = { nowMs: 1, assertionId: "a", redirectUri: "https://cs.example/cb" };
const exchangeOf = (own?: Partial<DatasourceSettings>) => {
  const about = { code, codeVerifier: verifier };
  return buildExchange(provider(own), about, context);
};
const answerOf = (body: string, headers: ProviderAnswer["headers"] = {}): ProviderAnswer => ({
  status: 400,
  headers: { "content-type": "text/plain", ...headers },
  body: Buffer.from(body),
});

/** In every form that somebody could turn back. */
const formsOf = (value: string): string[] => [
  value,
  encodeURIComponent(value),
  encodeURIComponent(value).toLowerCase(),
  new URLSearchParams([["", value]]).toString().slice(1),
  JSON.stringify(value).slice(1, -1),
  Buffer.from(value).toString("base64"),
  Buffer.from(value).toString("base64url"),
];

function assertClean(trace: object, values: readonly string[] = planted): void {
  const text = Object.values(trace)
    .map((one) => (typeof one === "object" ? JSON.stringify(one) : String(one)))
    .join("\n");
  for (const form of values.flatMap(formsOf)) assert.ok(!text.includes(form), `${form}\n${text}`);
}

describe("a trace shows no secret", () => {
  test("of the request, however the client proves itself", () => {
    for (const clientAuthentication of ["body", "json", "basic", "basic_raw"] as const) {
      const trace = traceOf(exchangeOf({ clientAuthentication }));
      assertClean(trace, [...planted, "Url-K3y-1", Buffer.from(`the+client:`).toString("base64")]);
      assert.match(trace.curl, /\$CLIENT_SECRET/);
      assert.match(trace.curl, /\$CODE\b/);
    }
  });

  test("of the settings' own headers and parameters, nor of userinfo", () => {
    const custom = [{ key: "X-Api-Key", value: "Cust0m-Header" }];
    const parameters = [{ key: "app_secret", value: "Cust0m-Param" }];
    const own = { customTokenHeaders: custom, customTokenParameters: parameters };
    const echo = answerOf("you sent Cust0m-Header and Cust0m-Param");
    assertClean(traceOf(exchangeOf(own), echo), ["Cust0m-Header", "Cust0m-Param"]);
    const request = buildUserinfo(provider({ userinfoUrl: "https://p.example/me" }), access)!;
    assertClean(traceOf(request, answerOf(`no ${access}`)));
  });

  test("in answers: JSON, form, broken JSON, text and pages", () => {
    const json = JSON.stringify({
      data: { access_token: access, list: [refresh] },
      tokens: [access, { deep: [refresh] }],
      error_description: `The code ${code} of ${secret} is wrong`,
      message: `see ${access}`,
    });
    const form = new URLSearchParams({ access_token: access, refresh_token: refresh }).toString();
    const bodies = [
      json,
      json.slice(0, -3),
      JSON.stringify(access),
      JSON.stringify([access]),
      form,
      `?${form}`,
      `ok\n${form}`,
      `${form}&error_description=${encodeURIComponent(`no ${code}`)}`,
      `access_token: ${access}\nrefresh_token: ${refresh}`,
      `<form><input name="x" value="${refresh}"> Bearer ${access}</form>`,
      `<a href="https://p.example/x?access_token=${encodeURIComponent(access)}">${code}</a>`,
      formsOf(secret).join(" "),
      formsOf(code).join("\n"),
    ];
    for (const body of bodies) assertClean(traceOf(exchangeOf(), answerOf(body)));
  });

  test("in the headers of an answer", () => {
    const headers = {
      "www-authenticate": `Bearer error="invalid_token", error_description="${code} ${access}"`,
      location: `https://p.example/cb?code=${code}&access_token=${access}#${refresh}`,
      "set-cookie": "session=S3ssion-Cookie; Path=/",
    };
    const trace = traceOf(exchangeOf(), answerOf(`your cookie S3ssion-Cookie`, headers));
    assertClean(trace, [...planted, "S3ssion-Cookie"]);
  });

  test("that was held or configured and not sent", () => {
    const request = buildRefresh(
      provider({ clientAuthentication: "none" }),
      { refreshToken: "rt-Sent-1", accessToken: "x" },
      context,
    );
    const answer = answerOf(`rt-Sent-1 was given with ${secret} and ht-Held-9`);
    assertClean(traceOf(request, answer, [secret, "ht-Held-9"]), [
      secret,
      "rt-Sent-1",
      "ht-Held-9",
    ]);
  });

  test("at the place where a long answer is cut", () => {
    for (let before = 1_960; before < 2_000; before += 1) {
      const { answer = "" } = traceOf(exchangeOf(), answerOf(`${" ".repeat(before)}${code}`));
      assert.ok(!answer.includes(code.slice(0, 4)), answer.slice(-60));
    }
    const long = traceOf(exchangeOf(), answerOf(`${access} `.repeat(5_000)));
    assertClean(long);
  });

  test("in what is nested deeper than anybody answers", () => {
    const deep = `${'{"a":['.repeat(2_000)}"${access}"${"]}".repeat(2_000)}`;
    assertClean(traceOf(exchangeOf(), answerOf(deep)));
  });
});

test("leaves what a fault is found by", () => {
  const body = JSON.stringify({
    error: "invalid_grant",
    error_description: "The code has expired. Trace ID: see support.",
    trace_id: "0f8fad5b-d9cb-469f-a165-70867728950e",
    expires_in: 3600,
    access_token: "at-12345",
  });
  const { answer = "", status } = traceOf(exchangeOf(), answerOf(body));
  assert.equal(status, 400);
  for (const part of [
    "invalid_grant",
    "The code has expired",
    "0f8fad5b",
    "3600",
    "8 characters",
  ]) {
    assert.ok(answer.includes(part), answer);
  }
});

test("gives a command that the shell takes apart as it was put together", () => {
  const own = { clientId: 'a$HOME`id`"b\\', clientAuthentication: "body" as const };
  const { curl } = traceOf(exchangeOf(own));
  const script = `curl() { printf '%s\\n' "$@"; }; CODE=the-code; ${curl}`;
  const lines = execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }).split("\n");
  assert.ok(lines.includes("code=the-code"), lines.join("\n"));
  assert.ok(lines.includes('client_id=a$HOME`id`"b\\'), lines.join("\n"));
  assert.ok(lines.includes("https://p.example/token?api_key=&resource=r"), lines.join("\n"));
});

test("gives a command that says what it sends", () => {
  const tokens = { refreshToken: refresh, accessToken: access };
  const own = { scopes: ["a b", "c"], scopeSeparator: " ", bodyFormat: "query" as const };
  const request = buildRefresh(provider({ ...own, sendScopeWithRefresh: true }), tokens, context);
  assert.match(traceOf(request).curl, /\?api_key=\$API_KEY&resource=r&[^" ]*scope=a%20b%20c/);
  for (const [clientAuthentication, clientSecret, name] of [
    ["basic", "a+b/c=", "CLIENT_SECRET_FORM_ENCODED"],
    ["basic", "plain-1", "CLIENT_SECRET"],
    ["basic_raw", "a+b/c=", "CLIENT_SECRET"],
  ] as const) {
    const { curl } = traceOf(exchangeOf({ clientAuthentication, clientSecret }));
    assert.match(curl, new RegExp(`-u "the[+ ]client:\\$${name}"`), clientSecret);
  }
});
