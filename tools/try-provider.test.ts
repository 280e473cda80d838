import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { startOutsideProvider, type OutsideProvider } from "../server/test/outbound/provider.ts";

const script = fileURLToPath(new URL("try-provider.ts", import.meta.url));
const clientSecret = "the-secret-of-the-client";

describe("trying a profile", () => {
  let provider: OutsideProvider;
  before(async () => {
    provider = await startOutsideProvider();
  });
  after(() => provider.stop());

  /** As its owner does: types the secret, follows the link, and types where the browser ended up. */
  async function tryProfile(callbackOf: (link: string) => Promise<string>, allow = "127.0.0.0/8") {
    const { url } = provider;
    const urls = [`authorization_url=${url}/authorize?own=1`, `access_token_url=${url}/token`];
    const words = [script, "standard", "client", "https://mine.example/callback", "a,b", ...urls];
    const environment = { PATH: process.env["PATH"], COUNTERSIGN_OUTBOUND_ALLOW: allow };
    const child = spawn(process.execPath, words, { env: environment });
    let [said, typed] = ["", 0];
    child.stderr.on("data", (chunk: Buffer) => void (said += chunk.toString()));
    child.stdout.on("data", (chunk: Buffer) => {
      said += chunk.toString();
      if (typed === 0 && said.includes("Client secret: ")) {
        typed += 1;
        child.stdin.write(`${clientSecret}\n`);
      }
      if (typed === 1 && said.includes("Where the browser ended up: ")) {
        typed += 1;
        const [link] = /http:\S+\/authorize\S+/.exec(said)!;
        void callbackOf(link).then((callback) => child.stdin.write(`${callback}\n`));
      }
    });
    const [code] = (await once(child, "close")) as [number];
    return { code, said };
  }

  const approve = async (link: string): Promise<string> =>
    (await fetch(link, { redirect: "manual" })).headers.get("location")!;

  test("connects and refreshes once at the provider, and shows no secret", async () => {
    const { code, said } = await tryProfile(approve);
    assert.equal(code, 0, said);
    const grants = provider.tokenRequests.map(({ parameters }) => parameters["grant_type"]);
    assert.deepEqual(grants, ["authorization_code", "refresh_token"]);
    const [first] = provider.tokenRequests;
    const expected = `Basic ${Buffer.from(`client:${clientSecret}`).toString("base64")}`;
    const { authorization } = first!.headers;
    assert.ok(authorization === expected || first!.parameters["client_secret"] === clientSecret);
    assert.equal(said.match(/^curl /gm)?.length, 2, said);
    assert.match(said, /tolerated: nothing/);
    const secrets = [...provider.accessTokens, ...provider.refreshTokens, clientSecret];
    for (const secret of secrets) assert.ok(!said.includes(secret), secret);
  });

  test("takes no answer to something else", async () => {
    const before = provider.tokenRequests.length;
    const { code, said } = await tryProfile(async (link) => {
      const callback = new URL(await approve(link));
      callback.searchParams.set("state", "another");
      return callback.href;
    });
    assert.notEqual(code, 0);
    assert.match(said, /The state is not the one that was sent/);
    assert.equal(provider.tokenRequests.length, before);
  });

  test("reaches no private network that was not permitted", async () => {
    const before = provider.tokenRequests.length;
    const { code } = await tryProfile(approve, "10.0.0.0/8");
    assert.notEqual(code, 0);
    assert.equal(provider.tokenRequests.length, before);
  });
});
