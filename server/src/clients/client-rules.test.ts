import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as fc from "fast-check";
import { sampleClient } from "../store/contract/records.contract.ts";
import type { ClientRecord } from "../store/records.ts";
import { checkClient, warningsOf } from "./client-rules.ts";

const check = (own: Partial<ClientRecord>): void => checkClient(sampleClient("tnt_1", own));
const checkUri = (uri: string): void => check({ redirectUris: ["https://app.example.com/", uri] });
const isRefused = (field: string) => ({
  name: "AdminError",
  status: 400,
  message: new RegExp(`^${field}: `),
});
const isRefusedUri = isRefused("redirect_uris.1");

describe("a redirect URI", () => {
  const accepted = [
    "https://app.example.com/callback",
    "https://app.example.com",
    "https://app.example.com:8443/callback?tenant=1",
    "https://app.example.com/a@b",
    "https://App.Example.com:443?a=b@c",
    "http://127.0.0.1:3000/callback",
    "http://127.0.0.1/",
    "http://localhost:3000/callback",
    "http://[::1]:3000/callback",
    "com.example.app:/callback",
    "com.example.my-app:/",
  ];
  for (const uri of accepted) test(`may be ${uri}`, () => checkUri(uri));

  const refused: [what: string, uris: string[]][] = [
    ["nothing", [""]],
    ["a path", ["/callback", "callback", "//app.example.com/callback", "app.example.com"]],
    [
      "http on another host",
      [
        "http://app.example.com/",
        "http://127.0.0.1.example.com/",
        "http://localhost.example.com/",
        "http://example.com/localhost",
        "http://10.0.0.1/",
      ],
    ],
    [
      "a script",
      [
        "javascript:alert(1)",
        "javascript://app.example.com/%0aalert(1)",
        "JavaScript:alert(1)",
        "jAvAsCrIpT:alert(1)",
      ],
    ],
    [
      "data",
      [
        "data:text/html,<script>alert(1)</script>",
        "DATA:text/html;base64,PA==",
        "vbscript:msgbox(1)",
        "VBScript:msgbox(1)",
      ],
    ],
    [
      "a local file",
      [
        "file:///etc/passwd",
        "FILE:///etc/passwd",
        "blob:https://app.example.com/1",
        "Blob:null/1",
        "filesystem:https://a.b/x",
        "about:blank",
        "view-source:https://a.b/",
      ],
    ],
    [
      "white space around or inside",
      [
        " https://app.example.com/",
        "https://app.example.com/ ",
        "https://app.example.com/a b",
        " javascript:alert(1)",
        "java script:alert(1)",
      ],
    ],
    [
      "tabs and line breaks",
      [
        "\tjavascript:alert(1)",
        "java\tscript:alert(1)",
        "java\nscript:alert(1)",
        "https://app.example.com/\n",
        "https://app\t.example.com/",
        "https://app.example.com/\r\nx",
        "com.example.app:/\0",
      ],
    ],
    [
      "user information",
      [
        "https://user@app.example.com/",
        "https://user:pass@app.example.com/",
        "https://@app.example.com/",
        "https://:@app.example.com/",
        "https://app.example.com@evil.example/",
        "http://127.0.0.1:80@evil.example/",
        "http://localhost:pw@evil.example/",
      ],
    ],
    [
      "a host in a spelling that readers take for different ones",
      ["https://%61pp.example.com/", "https://80/", "http://127.1/", "http://2130706433/"],
    ],
    [
      "backslashes",
      [
        "https://app.example.com\\@evil.example/",
        "https:\\\\app.example.com/",
        "https://app.example.com/a\\b",
        "https:/\\app.example.com/",
      ],
    ],
    [
      "a fragment",
      [
        "https://app.example.com/#",
        "https://app.example.com/#a",
        "com.example.app:/#a",
        "https://app.example.com#@127.0.0.1/",
      ],
    ],
    [
      "letters that are not ASCII",
      [
        "https://äpp.example.com/",
        "https://app.example.com/ä",
        "https://app。example.com/",
        "ｈttps://app.example.com/",
        "https://app.example.com/\u202e",
      ],
    ],
    [
      "https without its slashes, which is relative in a browser",
      [
        "https:app.example.com/",
        "https:/app.example.com/",
        "https:///app.example.com/",
        "https:////app.example.com/",
        "http:127.0.0.1/",
        "http:/localhost/",
      ],
    ],
    [
      "no host",
      ["https://", "https:///", "https://?a", "http://:80/", "https://app.example.com:99999/"],
    ],
    [
      "a private scheme without a dot, or with a host",
      [
        "myapp:/callback",
        "myapp://callback",
        "com.example.app://host/",
        "com.example.app:callback",
        ".app:/x",
        "app.:/x",
        "1com.example:/x",
      ],
    ],
    [
      "other schemes of the web",
      [
        "ftp://app.example.com/",
        "ws://127.0.0.1/",
        "wss://app.example.com/",
        "urn:ietf:wg:oauth:2.0:oob",
        "mailto:a@b.c",
        "intent://scan/",
      ],
    ],
  ];
  for (const [what, uris] of refused) {
    test(`may not be ${what}`, () => {
      for (const uri of uris) assert.throws(() => checkUri(uri), isRefusedUri, JSON.stringify(uri));
    });
  }

  test("that is accepted leads where it says, for every reader", () => {
    const schemes = ["https:", "http:", "javascript:", "data:", "com.app:"];
    const hosts = ["localhost", "127.0.0.1", "a.example", "evil.example", "80", "%61"];
    const rest = ["//", "/", "\\", "@", "#", ":", "?", " ", "\t", "\n", "%0a", "é"];
    const parts = fc.constantFrom(...schemes, ...hosts, ...rest);
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 7 }), (text) => {
        const uri = text.join("");
        try {
          checkUri(uri);
        } catch (error) {
          assert.equal((error as { status?: number }).status, 400);
          return;
        }
        const { protocol, hostname, href } = new URL(uri);
        if (protocol === "https:" || protocol === "http:") {
          assert.equal(/^https?:\/\/([^/?#:]+)/.exec(uri)?.[1], hostname);
          // A page of our own origin sends the browser to the same place.
          assert.equal(new URL(uri, "https://auth.example.com/oauth2/authorize").href, href);
        } else assert.match(uri, /^[\w-]+(?:\.[\w-]+)+:\/(?!\/)/);
      }),
      { numRuns: 3_000 },
    );
  });
});

describe("the grants of a client", () => {
  const uris = ["https://app.example.com/"];
  const code = ["authorization_code", "refresh_token"];

  test("that sends people somewhere need to know where", () => {
    assert.throws(() => check({ grantTypes: code }), isRefused("redirect_uris"));
    check({ grantTypes: code, redirectUris: uris });
    check({ grantTypes: ["client_credentials"] });
    check({ grantTypes: [] });
  });

  test("renew nothing that nobody could have got", () => {
    const grantTypes = ["client_credentials", "refresh_token"];
    assert.throws(() => check({ grantTypes, redirectUris: uris }), isRefused("grant_types"));
  });

  test("do not let a public client act for itself [RFC 6749 §4.4]", () => {
    const publicClient = { authenticationMethod: "none", redirectUris: uris };
    check({ ...publicClient, grantTypes: code });
    for (const grantTypes of [["client_credentials"], [...code, "client_credentials"]]) {
      const field = isRefused("token_endpoint_auth_method");
      assert.throws(() => check({ ...publicClient, grantTypes }), field);
    }
    check({ redirectUris: uris, grantTypes: [...code, "client_credentials"] });
  });
});

test("warns of tokens so short that clients ask for one with every call", () => {
  const warnings = (tokenLifetimeSeconds: number | undefined) =>
    warningsOf(sampleClient("tnt_1", { tokenLifetimeSeconds }));
  for (const seconds of [1, 60, 120])
    assert.match(warnings(seconds)[0]!, /^token_lifetime_seconds/);
  for (const seconds of [121, 1_800, undefined]) assert.deepEqual(warnings(seconds), []);
});
