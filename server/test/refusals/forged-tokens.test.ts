import assert from "node:assert/strict";
import { createPublicKey, generateKeyPairSync } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { SignJWT } from "jose";
import {
  bearer,
  call,
  claimsOf,
  createAppClient,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";
import { checkServes } from "./attack.ts";
import { derEs256, encode, es256, hs256, type Forger, type Forgery } from "./forgery.ts";
import { ownApis, startOwnApi } from "./own-api.ts";

/** Tokens that somebody else made, or made for something else. */

for (const { path } of ownApis) {
  describe(`forged tokens at ${path}`, () => {
    let server: InProcessServer;
    let client: CreatedAppClient;
    let token: string;
    let forger: Forger;
    const attacker = generateKeyPairSync("ec", { namedCurve: "P-256" });
    before(async () => {
      ({ server, client, token, forger } = await startOwnApi());
    });
    after(() => server.stop());

    const ask = (headers: Record<string, string>) => call(server, "GET", path, { headers });
    async function checkInvalid(
      forged: string,
      label: string = forged.slice(0, 120),
    ): Promise<void> {
      const { status, headers, body } = await ask(bearer(forged));
      assert.equal(status, 401, label);
      assert.match(headers.get("www-authenticate") ?? "", /^Bearer error="invalid_token"/, label);
      assert.deepEqual(Object.keys(body).toSorted(compare), ["messages", "request_id"], label);
    }
    /** Refused in whatever way: as no single token, or as one that is not valid. */
    async function checkNotTaken(forged: string): Promise<void> {
      const { status } = await ask(bearer(forged));
      assert.ok(status === 401 || status === 400, `${status}: ${forged.slice(0, 120)}`);
    }
    const checkForgeries = async (forgeries: Forgery[]): Promise<void> => {
      for (const forgery of forgeries) {
        await checkInvalid(forger.forge(forgery), JSON.stringify(forgery).slice(0, 200));
      }
    };
    const nowSeconds = () => Math.floor(server.clock.now() / 1000);

    test("are taken when the server's own key signs what it would sign", async () => {
      assert.equal((await ask(bearer(token))).status, 200);
      assert.equal((await ask(bearer(forger.forge()))).status, 200);
    });

    test("are refused without a signature, however none is spelt (D1)", async () => {
      for (const alg of ["none", "None", "NONE", "nOnE", "", null, undefined, 0, []]) {
        for (const signature of [undefined, () => Buffer.alloc(0), () => Buffer.alloc(64)]) {
          const forged = forger.forge({ header: { alg }, ...(signature && { signature }) });
          await (forged.endsWith(".") ? checkNotTaken(forged) : checkInvalid(forged));
        }
      }
    });

    test("are refused when the public key is used as a secret (D2)", async () => {
      const key = createPublicKey({ key: forger.publicJwk, format: "jwk" });
      const pem = key.export({ type: "spki", format: "pem" });
      const secrets = [
        pem,
        pem.trim(),
        key.export({ type: "spki", format: "der" }),
        JSON.stringify(forger.publicJwk),
        JSON.stringify(key.export({ format: "jwk" })),
        forger.publicJwk.x!,
        Buffer.from(forger.publicJwk.x!, "base64url"),
        "",
      ];
      for (const secret of secrets) {
        for (const alg of ["HS256", "hs256", "ES256"]) {
          await checkForgeries([{ header: { alg }, signature: (signed) => hs256(secret, signed) }]);
        }
      }
    });

    test("are refused under another algorithm than the key's (D3)", async () => {
      const algorithms = [
        "ES384",
        "ES512",
        "ES256K",
        "RS256",
        "PS256",
        "RS1",
        "EdDSA",
        "Ed25519",
        "es256",
        "SHA256",
        "ES256 ",
      ];
      await checkForgeries(algorithms.map((alg) => ({ header: { alg } })));
    });

    test("are refused when they bring their own key, and nothing is fetched (D4)", async () => {
      let fetched = 0;
      const listener = createServer((_request, response) => {
        fetched += 1;
        response.end("{}");
      });
      await once(listener.listen(0, "127.0.0.1"), "listening");
      const url = `http://127.0.0.1:${(listener.address() as AddressInfo).port}/keys`;
      const jwk = { ...attacker.publicKey.export({ format: "jwk" }), kid: "mine", alg: "ES256" };
      const headers = [
        { jwk },
        { jwk, kid: "mine" },
        { jwk, kid: undefined },
        { jku: url },
        { jku: url, kid: "mine" },
        { x5u: url },
        { x5u: url, kid: url },
        { kid: url },
        { x5c: [attacker.publicKey.export({ type: "spki", format: "der" }).toString("base64")] },
      ];
      const signature = (signed: string) => es256(attacker.privateKey, signed);
      await checkForgeries(headers.map((header) => ({ header, signature })));
      const { iss, ...claims } = claimsOf(token);
      const other = new SignJWT(claims)
        .setIssuer(url)
        .setProtectedHeader({ alg: "ES256", typ: "at+jwt", kid: "mine" });
      await checkInvalid(await other.sign(attacker.privateKey));
      assert.equal(iss, server.url);
      listener.close();
      assert.equal(fetched, 0);
    });

    test("are refused under a key id that is none, and a flood of them hurts nobody (D5)", async () => {
      const kids = [
        "../../../etc/passwd",
        "' or 1=1 --",
        "\0",
        "__proto__",
        "constructor",
        "",
        "x".repeat(8_000),
        1,
        null,
        ["a"],
        {},
        undefined,
        `${forger.kid} `,
        forger.kid.toLowerCase() + "x",
      ];
      await checkForgeries(kids.map((kid) => ({ header: { kid } })));
      const flood = Array.from({ length: 200 }, (_, n) =>
        checkInvalid(forger.forge({ header: { kid: `k${n}` } })),
      );
      await Promise.all(flood);
      assert.equal((await ask(bearer(token))).status, 200);
    });

    test("are refused when a header asks for more, or says something twice (D6)", async () => {
      const header = `"alg":"ES256","typ":"at+jwt","kid":"${forger.kid}"`;
      const claims = JSON.stringify(claimsOf(token)).slice(1, -1);
      await checkForgeries([
        { header: { crit: ["exp"], exp: 1 } },
        { header: { crit: ["b64"], b64: false } },
        { header: { crit: [] } },
        { header: `{${header},"alg":"ES256"}` },
        { header: `{"alg":"none",${header}}` },
        { header: `[${JSON.stringify(header)}]` },
        { header: `\u{feff}{${header}}` },
        { header: `{${header}}{}` },
        { header: "null" },
        { claims: `{${claims},"client_id":"other"}` },
        { claims: `{"scope":"x",${claims}}` },
        { claims: `{${claims}}x` },
        { claims: `\u{feff}{${claims}}` },
        { claims: `[{${claims}}]` },
        { claims: "null" },
        { claims: "1" },
        { claims: '"x"' },
      ]);
    });

    test("are refused in any other spelling, nested or with something added (D6)", async () => {
      const [header = "", payload = "", signature = ""] = token.split(".");
      const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      const last = alphabet.indexOf(token.at(-1)!);
      const twin = token.slice(0, -1) + alphabet[last ^ 1]!;
      const variants = [
        twin,
        `${token}=`,
        `${token}==`,
        `${token}A`,
        `${token}.`,
        `${token}.${signature}`,
        `${token}.AA.AA`,
        `.${token}`,
        `${header}.${payload}`,
        `${header}.${payload}.`,
        `${header}..${signature}`,
        `.${payload}.${signature}`,
        `${header}=.${payload}.${signature}`,
        `${header}.${payload}=.${signature}`,
        `${token.replaceAll("-", "+").replaceAll("_", "/")}+`,
        encode(token),
        encode(JSON.stringify({ protected: header, payload, signature })),
        `${encode('{"alg":"dir","enc":"A128GCM","cty":"JWT"}')}..aXY.${encode(token)}.dGFn`,
        "...",
        "..",
        "null",
      ];
      for (const variant of variants) await checkNotTaken(variant);
    });

    test("are refused with a signature that is no proof (D7)", async () => {
      const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const number = (value: bigint) => Buffer.from(value.toString(16).padStart(64, "0"), "hex");
      const signatures = [
        Buffer.alloc(64),
        Buffer.concat([number(0n), number(1n)]),
        Buffer.concat([number(1n), number(0n)]),
        Buffer.concat([number(order), number(order)]),
        Buffer.alloc(64, 0xff),
        Buffer.alloc(63),
        Buffer.alloc(65),
        Buffer.alloc(4_000),
      ];
      await checkForgeries(signatures.map((bytes) => ({ signature: () => bytes })));
      await checkForgeries([
        { signature: (signed) => derEs256(forger.privateKey, signed) },
        {
          signature: (signed) => Buffer.concat([es256(forger.privateKey, signed), Buffer.alloc(1)]),
        },
        { signature: (signed) => es256(attacker.privateKey, signed) },
        { signature: (signed) => es256(forger.privateKey, `${signed}.`) },
      ]);
    });

    test("are refused when they were made for something else (D9)", async () => {
      const types = [
        "JWT",
        "jwt",
        "id_token+jwt",
        "dpop+jwt",
        "logout+jwt",
        "oauth-authz-req+jwt",
        "client-authentication+jwt",
        "token-introspection+jwt",
        "revocations+jwt",
        "at+jwtx",
        "at",
        "",
        null,
        undefined,
        ["at+jwt"],
      ];
      await checkForgeries(types.map((typ) => ({ header: { typ } })));
      await checkNotTaken(client.client_secret);
      await checkNotTaken(server.apiKey);
    });

    test("are refused for another issuer, audience or time (D10)", async () => {
      const now = nowSeconds();
      const { iss, aud } = claimsOf(token) as { iss: string; aud: string };
      const changes: Record<string, unknown>[] = [
        ...[
          "https://evil.example",
          `${iss}/`,
          iss.toUpperCase(),
          `${iss}.evil.example`,
          "",
          null,
          undefined,
          [iss],
        ].map((value) => ({ iss: value })),
        ...["https://api.example", `${aud}/`, `${aud}/v2`, "", "*", null, undefined, [], {}].map(
          (value) => ({ aud: value }),
        ),
        ...[now - 61, now - 3_600, 0, -1, null, undefined, String(now + 600), true, {}].map(
          (exp) => ({ exp }),
        ),
        ...[now + 61, now + 3_600, "0", {}].map((iat) => ({ iat })),
        ...[now + 61, now + 3_600].map((nbf) => ({ nbf })),
        ...[null, undefined, "", 1, ["x"], "no-such-client"].map((client_id) => ({
          client_id,
          sub: client_id,
        })),
      ];
      const isOwnApi = path === "/v2/app_clients";
      for (const claims of changes) {
        // The SDK does not know the clients of the issuer; an unknown one is the issuer's affair.
        if (!isOwnApi && claims["client_id"] === "no-such-client") continue;
        await checkInvalid(forger.forge({ claims }), JSON.stringify(claims));
      }
    });

    test("serves as before after all of this", () => checkServes(server));
  });
}

test("void a token in both its spellings when its credential goes (D7)", async () => {
  const server = await startServer({ COUNTERSIGN_SAMPLE_API: "off" });
  try {
    const client = await createAppClient(server, { api_roles: ["administrator"] });
    const token = await tokenFor(server, client);
    const [header, payload, signature] = token.split(".") as [string, string, string];
    const bytes = Buffer.from(signature, "base64url");
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const s = order - BigInt(`0x${bytes.subarray(32).toString("hex")}`);
    const mirrored = Buffer.concat([
      bytes.subarray(0, 32),
      Buffer.from(s.toString(16).padStart(64, "0"), "hex"),
    ]);
    const twin = `${header}.${payload}.${mirrored.toString("base64url")}`;
    await call(server, "DELETE", `/v2/app_clients/${client.id}`);
    for (const text of [token, twin]) {
      assert.equal(
        (await call(server, "GET", "/v2/app_clients", { headers: bearer(text) })).status,
        401,
      );
    }
    await checkServes(server);
  } finally {
    await server.stop();
  }
});

const compare = (a: string, b: string): number => (a < b ? -1 : 1);
