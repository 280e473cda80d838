import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import {
  bearer,
  call,
  createAppClient,
  requestToken,
  secretOf,
  tokenFor,
  type CreatedAppClient,
} from "../calls.ts";
import { startPostgres, type TestPostgres } from "../postgres.ts";
import { freePort, spawnServer, type ServerProcess } from "../server.ts";

/**
 * The database stops answering. Known clients still get tokens, everything else is 503 with
 * `Retry-After` and never a verdict on anybody's credentials; when it is back, so is the service.
 */

describe("a database that is down", () => {
  let postgres: TestPostgres;
  let server: ServerProcess;
  let known: CreatedAppClient;
  let unseen: CreatedAppClient;
  let token: string;

  before(async () => {
    postgres = await startPostgres();
    server = await spawnServer({
      COUNTERSIGN_DATABASE_URL: await postgres.createDatabase(),
      COUNTERSIGN_OUTAGE_GRACE_SECONDS: "9",
    });
    known = await createAppClient(server, { api_roles: ["administrator"] });
    unseen = await createAppClient(server);
    token = await tokenFor(server, known);
  });
  after(async () => {
    await server.stop();
    await postgres.stop();
  });

  const adminAnswer = () =>
    call(server, "GET", "/v2/app_clients?limit=1", { headers: bearer(token) });

  for (const [what, goDown, comeBack] of [
    ["stops", () => postgres.crash(), () => postgres.restart()],
    ["hangs", () => postgres.suspend(), () => postgres.resume()],
  ] as const) {
    test(`that ${what}: known clients are served, the rest is 503, and it recovers by itself (I12)`, async () => {
      // Something the other client was never asked for in this process: its memory is fresh.
      unseen = await createAppClient(server);
      await goDown();

      const issued = await requestToken(server, secretOf(known));
      assert.equal(issued.status, 200);

      const [forUnseen, admin, wrong, created] = await Promise.all([
        requestToken(server, secretOf(unseen)),
        adminAnswer(),
        requestToken(server, { ...secretOf(known), client_secret: "wrong" }),
        call(server, "POST", "/v2/app_clients", {
          body: { name: "made in the dark", type: "client_credentials" },
        }),
      ]);
      assert.deepEqual([forUnseen.status, forUnseen.body.error], [503, "temporarily_unavailable"]);
      assert.ok(Number(forUnseen.headers.get("retry-after")) > 0);
      assert.equal(admin.status, 503);
      assert.ok(Number(admin.headers.get("retry-after")) > 0);
      assert.equal(wrong.status, 401, "what is known to be wrong stays wrong");
      assert.equal(created.status, 503);

      const short = await eventually(async () => {
        const answer = await requestToken(server, secretOf(known));
        return answer.status === 200 && answer.body.expires_in === 300 ? answer : undefined;
      });
      assert.ok(short, "tokens are short while changes cannot be followed");

      await comeBack();
      const recovered = await eventually(async () => {
        const answer = await requestToken(server, secretOf(unseen));
        return answer.body.expires_in === 1800 ? answer : undefined;
      });
      assert.equal(recovered?.status, 200);
      assert.equal((await adminAnswer()).status, 200);
      const list = await call<{ app_clients: { name: string }[] }>(
        server,
        "GET",
        "/v2/app_clients?filter=made%20in%20the%20dark",
      );
      assert.equal(list.status, 200);
    });
  }

  test("ends the grace after the time that was set, and never blames the client (I12)", async () => {
    await requestToken(server, secretOf(known));
    await postgres.crash();
    const ended = await eventually(async () => {
      const answer = await requestToken(server, secretOf(known));
      return answer.status === 200 ? undefined : answer;
    });
    assert.deepEqual([ended?.status, ended?.body.error], [503, "temporarily_unavailable"]);
    await postgres.restart();
    const back = await eventually(async () => {
      const answer = await requestToken(server, secretOf(known));
      return answer.status === 200 ? answer : undefined;
    });
    assert.ok(back);
  });

  test("that hangs does not keep a process from ending before it would be killed", async () => {
    const other = await spawnServer({ COUNTERSIGN_DATABASE_URL: await postgres.createDatabase() });
    await tokenFor(other, await createAppClient(other));
    postgres.suspend();
    // As long as whoever runs it waits, by what is usual.
    const killed = sleep(30_000, "killed", { ref: false });
    assert.notEqual(await Promise.race([other.stop(), killed]), "killed");
    postgres.resume();
    const back = await eventually(async () => {
      const answer = await adminAnswer();
      return answer.status === 200 ? answer : undefined;
    });
    assert.ok(back);
  });

  test("does not stop the process from starting: it waits, and says that it is not ready (I12)", async () => {
    const databaseUrl = await postgres.createDatabase();
    await postgres.crash();
    const port = String(await freePort());
    const starting = spawnServer({
      COUNTERSIGN_DATABASE_URL: databaseUrl,
      COUNTERSIGN_PORT: port,
    });
    const statusOf = async (path: string): Promise<number | undefined> =>
      (await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined))?.status;
    assert.equal(await eventually(() => statusOf("/readyz")), 503);
    assert.equal(await statusOf("/healthz"), 200);
    assert.equal(await statusOf("/oauth2/token"), 503);
    await postgres.restart();
    const late = await starting;
    assert.equal((await fetch(`${late.url}/readyz`)).status, 200);
    await late.stop();
  });
});

async function eventually<Value>(
  read: () => Promise<Value | undefined>,
): Promise<Value | undefined> {
  for (let tries = 0; tries < 300; tries += 1) {
    const value = await read();
    if (value !== undefined) return value;
    await sleep(100);
  }
  return undefined;
}
