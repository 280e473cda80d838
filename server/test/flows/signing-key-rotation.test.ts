import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { createVerifier } from "@countersign/sdk";
import { bearer, createAppClient, tokenFor, type CreatedAppClient } from "../calls.ts";
import { startServer, type InProcessServer } from "../server.ts";

/** A signing key is published before it signs and until its last token has expired. */

const dayMs = 86_400_000;

describe("rotation of signing keys", () => {
  let server: InProcessServer;
  let client: CreatedAppClient;
  before(async () => {
    server = await startServer();
    client = await createAppClient(server, {
      api_roles: ["viewer"],
      token_lifetime_seconds: 86_400,
    });
  });
  after(() => server.stop());

  const published = async (): Promise<string[]> => {
    const response = await fetch(`${server.url}/oauth2/jwks`);
    const { keys } = (await response.json()) as { keys: { kid: string }[] };
    return keys.map(({ kid }) => kid);
  };
  const kidOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split(".")[0]!, "base64url").toString()) as { kid: string }).kid;

  test("publishes the next key before it signs, and lets no valid token be refused on the way", async () => {
    const verifier = createVerifier({
      issuer: server.url,
      audience: server.url,
      now: () => server.clock.now(),
    });
    const accepts = (token: string) => verifier.verify({ headers: bearer(token) });

    const before = await tokenFor(server, client);
    await accepts(before);
    const known = await published();
    assert.ok(known.includes(kidOf(before)));
    assert.equal(known.length, 2);

    server.clock.advance(91 * dayMs);
    const sameKey = await tokenFor(server, client);
    assert.equal(await server.app.rotateKeys("schedule"), true);
    const afterwards = await tokenFor(server, client);
    assert.notEqual(kidOf(afterwards), kidOf(sameKey));
    assert.ok(known.includes(kidOf(afterwards)), "it signs with a key that was published before");
    await accepts(afterwards);
    await accepts(sameKey);
    assert.equal((await published()).length, 3);

    server.clock.advance(dayMs - 60_000);
    await server.app.rotateKeys("schedule");
    await accepts(sameKey);
    server.clock.advance(dayMs);
    await server.app.rotateKeys("schedule");
    assert.equal((await published()).includes(kidOf(sameKey)), false);
  });

  test("rotates by hand once the next key has been published for long enough", async () => {
    const first = kidOf(await tokenFor(server, client));
    server.clock.advance(3_600_000);
    assert.equal(await server.app.rotateKeys("now"), true);
    const second = kidOf(await tokenFor(server, client));
    assert.notEqual(second, first);
    assert.equal(await server.app.rotateKeys("now"), false, "the new next key is too young");
    assert.equal(kidOf(await tokenFor(server, client)), second);
  });
});
