import assert from "node:assert/strict";
import { createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto";
import { describe, test } from "node:test";
import { SignJWT } from "jose";
import { goodClaims, makeKey, pssSignatureOf, signatureOf } from "../test/forge.ts";
import { startIssuer } from "../test/issuer.ts";
import { refusal } from "../test/refusal.ts";
import { startServer } from "../test/local-server.ts";
import * as node from "./signature/node.ts";
import type { SignaturePlatform } from "./signature/signature.ts";
import * as web from "./signature/web.ts";
import { createVerifierOn } from "./verifier.ts";

const platforms: Record<string, SignaturePlatform> = { "node:crypto": node, WebCrypto: web };
const neutral = Buffer.concat([Buffer.from([1]), Buffer.alloc(31)]);
const neutralSignature = Buffer.concat([neutral, Buffer.alloc(32)]);
const algorithms = ["ES256", "RS256", "EdDSA"] as const;

for (const [name, platform] of Object.entries(platforms)) {
  describe(`a verifier on ${name}`, () => {
    for (const algorithm of algorithms) {
      test(`accepts a token signed with ${algorithm}, first and again`, async (t) => {
        const issuer = await startIssuer(t, algorithm);
        const verifier = createVerifierOn(platform, issuer.options);
        const credentials = { authorization: `Bearer ${issuer.token()}` };
        const access = await verifier.verify(credentials);
        assert.equal(access.clientId, "app_1");
        assert.equal(access.subject, "app_1");
        assert.equal(access.tenant, "ten_1");
        assert.deepEqual([...access.scope], ["corpora:read", "documents:read"]);
        assert.equal(await verifier.verify(credentials), access);
      });

      test(`accepts what another library has signed with ${algorithm}`, async (t) => {
        const issuer = await startIssuer(t, algorithm);
        const verifier = createVerifierOn(platform, issuer.options);
        const token = await new SignJWT(goodClaims(issuer.issuer))
          .setProtectedHeader({ alg: algorithm, kid: issuer.key.kid, typ: "at+jwt" })
          .sign(issuer.key.privateKey);
        assert.equal((await verifier.verify(token)).clientId, "app_1");
      });

      test(`refuses alg none in any case, and empty signatures, with ${algorithm} (D1)`, async (t) => {
        const issuer = await startIssuer(t, algorithm);
        const verifier = createVerifierOn(platform, issuer.options);
        for (const alg of ["none", "None", "NONE", "nOnE", ""]) {
          for (const signature of [undefined, () => Buffer.alloc(0), () => Buffer.alloc(64)]) {
            const token = issuer.token({ header: { alg }, ...(signature && { signature }) });
            await refusal(verifier.verify(token), "invalid_token", alg);
          }
        }
        const unsigned = issuer.token({ signature: () => Buffer.alloc(0) });
        await refusal(verifier.verify(unsigned), "invalid_token");
        await verifier.verify(issuer.token());
      });

      test(`refuses any algorithm but the key's own, for ${algorithm} (D3)`, async (t) => {
        const issuer = await startIssuer(t, algorithm);
        const verifier = createVerifierOn(platform, issuer.options);
        const others = ["ES256", "ES384", "ES512", "ES256K", "RS256", "RS1", "RS512", "PS256"];
        for (const alg of [...others, "EdDSA", "Ed25519", "Ed448", "es256", "HS256"]) {
          if (alg === algorithm) continue;
          await refusal(verifier.verify(issuer.token({ header: { alg } })), "invalid_token", alg);
        }
        await verifier.verify(issuer.token());
      });

      test(`refuses signatures of another length, for ${algorithm} (D7)`, async (t) => {
        const issuer = await startIssuer(t, algorithm);
        const verifier = createVerifierOn(platform, issuer.options);
        const good = (signed: string) => signatureOf(issuer.key, signed);
        const lengths = [
          (signed: string) => good(signed).subarray(1),
          (signed: string) => good(signed).subarray(0, -1),
          (signed: string) => Buffer.concat([good(signed), Buffer.alloc(1)]),
          (signed: string) => Buffer.concat([Buffer.alloc(1), good(signed)]),
          // The same two numbers, the second one written longer.
          (signed: string) => {
            const both = good(signed);
            return Buffer.concat([both.subarray(0, 32), Buffer.alloc(1), both.subarray(32)]);
          },
          () => Buffer.alloc(1),
          () => Buffer.alloc(512),
        ];
        for (const signature of lengths) {
          await refusal(verifier.verify(issuer.token({ signature })), "invalid_token");
        }
        await verifier.verify(issuer.token());
      });
    }

    test("refuses an HMAC made with the public key in any form (D2)", async (t) => {
      const issuer = await startIssuer(t, "RS256");
      const verifier = createVerifierOn(platform, issuer.options);
      const { publicKey, jwk } = issuer.key;
      const secrets = [
        publicKey.export({ type: "spki", format: "pem" }),
        publicKey.export({ type: "spki", format: "der" }),
        publicKey.export({ type: "pkcs1", format: "pem" }),
        publicKey.export({ type: "pkcs1", format: "der" }),
        JSON.stringify(jwk),
        String(jwk["n"]),
      ];
      for (const secret of secrets) {
        for (const alg of ["HS256", "RS256"]) {
          const signature = (signed: string) =>
            createHmac("sha256", secret).update(signed).digest();
          const token = issuer.token({ header: { alg }, signature });
          await refusal(verifier.verify(token), "invalid_token", alg);
        }
      }
    });

    test("refuses an RSA-PSS signature by an RS256 key (D3)", async (t) => {
      const issuer = await startIssuer(t, "RS256");
      const verifier = createVerifierOn(platform, issuer.options);
      const signature = (signed: string) => pssSignatureOf(issuer.key, signed);
      for (const alg of ["PS256", "RS256"]) {
        const token = issuer.token({ header: { alg }, signature });
        await refusal(verifier.verify(token), "invalid_token", alg);
      }
    });

    test("ignores keys that the token brings or points to, and fetches none (D4)", async (t) => {
      const issuer = await startIssuer(t);
      const verifier = createVerifierOn(platform, issuer.options);
      const attacker = makeKey("ES256", issuer.key.kid);
      let asked = 0;
      const url = await startServer(t, (_request, response) => {
        asked += 1;
        response.end(JSON.stringify({ keys: [attacker.jwk] }));
      });
      const signature = (signed: string) => signatureOf(attacker, signed);
      const x5c = [attacker.publicKey.export({ type: "spki", format: "der" }).toString("base64")];
      for (const header of [{ jwk: attacker.jwk }, { jku: url }, { x5u: url }, { x5c }]) {
        await refusal(verifier.verify(issuer.token({ header, signature })), "invalid_token");
        // Of a token that our issuer signed they change nothing.
        await verifier.verify(issuer.token({ header }));
      }
      assert.equal(asked, 0);
    });

    test("refuses ECDSA signatures of zeros, of the order, or in DER (D7)", async (t) => {
      const issuer = await startIssuer(t);
      const verifier = createVerifierOn(platform, issuer.options);
      const order = "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";
      const one = "01".padStart(64, "0");
      const zero = "00".repeat(32);
      for (const hex of [
        zero + zero,
        zero + one,
        one + zero,
        one + one,
        order + order,
        one + order,
      ]) {
        const token = issuer.token({ signature: () => Buffer.from(hex, "hex") });
        await refusal(verifier.verify(token), "invalid_token", hex);
      }
      const der = (signed: string) => sign("sha256", Buffer.from(signed), issuer.key.privateKey);
      await refusal(verifier.verify(issuer.token({ signature: der })), "invalid_token");
      await verifier.verify(issuer.token());
    });

    test("accepts ECDSA signatures whose numbers begin with zeros", async (t) => {
      const issuer = await startIssuer(t);
      const verifier = createVerifierOn(platform, issuer.options);
      const found = new Set<string>();
      while (found.size < 2) {
        const token = issuer.token();
        const signature = Buffer.from(token.split(".")[2] ?? "", "base64url");
        if (signature[0] === 0) found.add("r");
        else if (signature[32] === 0) found.add("s");
        else continue;
        await verifier.verify(token);
      }
    });

    test("takes the twin of an ECDSA signature for the same token, with no new life (D7)", async (t) => {
      const issuer = await startIssuer(t);
      const verifier = createVerifierOn(platform, issuer.options);
      const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
      const twin = (signed: string) => {
        const good = signatureOf(issuer.key, signed);
        const s = BigInt(`0x${good.subarray(32).toString("hex")}`);
        const mirrored = (order - s).toString(16).padStart(64, "0");
        return Buffer.concat([good.subarray(0, 32), Buffer.from(mirrored, "hex")]);
      };
      const [first, second] = [issuer.token(), issuer.token({ signature: twin })];
      const { claims } = await verifier.verify(first);
      assert.deepEqual((await verifier.verify(second)).claims, claims);
      issuer.clock.nowMs = (claims.exp! + 30) * 1000;
      await refusal(verifier.verify(first), "invalid_token");
      await refusal(verifier.verify(second), "invalid_token");
    });

    test("never uses a weak or broken key of the set (D7, D17)", async (t) => {
      const issuer = await startIssuer(t);
      const small = generateKeyPairSync("rsa", { modulusLength: 1024 });
      const smallJwk = { ...small.publicKey.export({ format: "jwk" }), kid: "small" };
      const { x } = issuer.key.jwk;
      const offCurve = { kty: "EC", crv: "P-256", x, y: x, kid: "off" };
      const lowOrder = { kty: "OKP", crv: "Ed25519", x: neutral.toString("base64url"), kid: "low" };
      issuer.listed.push(smallJwk, offCurve, lowOrder);
      const verifier = createVerifierOn(platform, issuer.options);
      const forgeries = [
        {
          header: { alg: "RS256", kid: "small" },
          signature: (s: string) => sha256(s, small.privateKey),
        },
        { header: { alg: "ES256", kid: "off" } },
        // Under the neutral point this is a signature of everything.
        { header: { alg: "EdDSA", kid: "low" }, signature: () => neutralSignature },
      ];
      for (const forgery of forgeries) {
        const { kid } = forgery.header;
        await refusal(verifier.verify(issuer.token(forgery)), "invalid_token", kid);
      }
      await verifier.verify(issuer.token());
    });

    test("refuses every change of one character (D6)", async (t) => {
      const issuer = await startIssuer(t);
      const verifier = createVerifierOn(platform, issuer.options);
      const token = issuer.token();
      await verifier.verify(token);
      for (let index = 0; index < token.length; index += 1) {
        const other = token[index] === "A" ? "B" : "A";
        const changed = token.slice(0, index) + other + token.slice(index + 1);
        await refusal(verifier.verify(changed), "invalid_token", `at ${index}`);
      }
    });

    test("refuses a token of a tenant whose keys are another's (D22)", async (t) => {
      const [ours, theirs] = [await startIssuer(t), await startIssuer(t)];
      const foreign = makeKey("ES256", ours.key.kid);
      theirs.key = foreign;
      const verifier = createVerifierOn(platform, ours.options);
      const signature = (signed: string) => signatureOf(foreign, signed);
      // Signed by them in their name, signed by them in ours, signed by us in theirs.
      const tokens = [
        theirs.token({ signature }),
        ours.token({ signature }),
        ours.token({ claims: { iss: theirs.issuer } }),
      ];
      for (const token of tokens) await refusal(verifier.verify(token), "invalid_token");
      await verifier.verify(ours.token());
    });
  });
}

function sha256(signed: string, key: KeyObject): Buffer {
  return sign("sha256", Buffer.from(signed), key);
}
