import assert from "node:assert/strict";
import { test } from "node:test";
import { userAgentOf } from "./user-agent.ts";

const browser =
  "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/153.0.0.0 Safari/537.36";
const secret = "cssk_4fJq0l3v8QmYt1nXbC7dKz2sWgHpRuE9aTiVoLwN6yM";

test("keeps what browsers and libraries say", () => {
  for (const text of [browser, "curl/8.14.1", "openid-client/v6.8.9 (https://example.com/docs)"]) {
    assert.equal(userAgentOf(text), text);
  }
  assert.equal(userAgentOf(undefined), "");
});

test("keeps no secret that stands in the wrong header, whole or cut (J1)", () => {
  const cut = `${"x ".repeat(95)}${secret}`;
  for (const text of [secret, `curl/8 ${secret}`, `token=${secret};`, cut]) {
    assert.doesNotMatch(userAgentOf(text), /4fJq0l3v8Q/);
  }
});

test("keeps a bounded part", () => {
  assert.equal(userAgentOf("a b ".repeat(1_000)).length, 200);
});
