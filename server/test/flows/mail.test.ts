import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { after, before, describe, test } from "node:test";
import { SMTPServer } from "smtp-server";
import type { User } from "@countersign/protocol/admin/users.ts";
import { call } from "../calls.ts";
import { freePort, startServer, type InProcessServer } from "../server.ts";
import { createVisitor } from "../visitor.ts";

const password = "purple elephants dance slowly";

interface Received {
  to: string[];
  body: string;
}

/** A mail server that takes what somebody with the right password brings. */
async function startMailServer() {
  const received: Received[] = [];
  const server = new SMTPServer({
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    onAuth({ username, password: given }, _session, done) {
      const isRight = username === "mailer" && given === "p@ss word";
      if (isRight) done(null, { user: username });
      else done(new Error(`wrong password ${given}`));
    },
    onData(stream, { envelope }, done) {
      const to = envelope.rcptTo.map(({ address }) => address);
      let body = "";
      stream.on("data", (chunk: Buffer) => (body += chunk.toString()));
      stream.on("end", () => {
        received.push({ to, body });
        done();
      });
    },
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", () => resolve()));
  const { port } = server.server.address() as AddressInfo;
  return {
    received,
    urlFor: (secret: string) => `smtp://mailer:${encodeURIComponent(secret)}@127.0.0.1:${port}`,
    stop: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}

/** Without the line breaks of the encoding. */
const linkIn = ({ body }: Received): string => {
  const plain = body.replaceAll("=\r\n", "").replaceAll("=3D", "=");
  return /http\S+\/invitation\?code=[\w-]+/.exec(plain)?.[0] ?? body;
};

describe("mail", () => {
  let mails: Awaited<ReturnType<typeof startMailServer>>;
  let server: InProcessServer;
  before(async () => {
    mails = await startMailServer();
    server = await startServer({
      COUNTERSIGN_SMTP_URL: mails.urlFor("p@ss word"),
      COUNTERSIGN_MAIL_FROM: "countersign@example.com",
    });
  });
  after(async () => {
    await server.stop();
    await mails.stop();
  });

  const invite = (to: InProcessServer, email: string, headers: Record<string, string> = {}) =>
    call<User>(to, "POST", "/v2/users", {
      body: { email },
      headers: { "x-api-key": to.apiKey, ...headers },
    });

  test("brings an invitation and a reset to their person, with the link that was shown (H7)", async () => {
    const made = await invite(server, "guest@example.com", { host: "evil.example" });
    assert.deepEqual([made.status, made.body.sign_in_mail], [201, "sent"]);
    const invitation = mails.received[0]!;
    assert.deepEqual(invitation.to, ["guest@example.com"]);
    assert.equal(linkIn(invitation), made.body.sign_in_url);
    const { pathname, search } = new URL(linkIn(invitation));
    const answer = await createVisitor(server).submit(pathname + search, { password });
    assert.equal(answer.status, 303);
    const path = "/v2/users/guest%40example.com/reset_password";
    const reset = await call<User>(server, "POST", path);
    assert.equal(reset.body.sign_in_mail, "sent");
    assert.equal(linkIn(mails.received[1]!), reset.body.sign_in_url);
    assert.equal((await call<User>(server, "GET", "/v2/users/guest%40example.com")).status, 200);
    assert.equal(mails.received.length, 2);
  });

  test("goes to one address, whatever characters it has (H4)", async () => {
    const count = mails.received.length;
    for (const email of ["one,two@example.com", "<x>,evil@example.com", '"a"@example.com']) {
      assert.equal((await invite(server, email)).status, 201, email);
    }
    for (const { to, body } of mails.received.slice(count)) {
      assert.equal(to.length, 1, body);
      assert.ok(!to.includes("evil@example.com") && !to.includes("two@example.com"), body);
    }
  });

  test("is sent once for an idempotent request", async () => {
    const headers = { "idempotency-key": "invite-once" };
    const count = mails.received.length;
    for (const expected of ["sent", undefined]) {
      const { status, body } = await invite(server, "once@example.com", headers);
      assert.deepEqual([status, body.sign_in_mail], [201, expected]);
    }
    assert.equal(mails.received.length, count + 1);
  });

  test("that nobody takes loses nothing, and leaves no secret in the log", async () => {
    const gone = `smtp://127.0.0.1:${await freePort()}`;
    for (const url of [mails.urlFor("hunter2"), gone]) {
      const other = await startServer({
        COUNTERSIGN_SMTP_URL: url,
        COUNTERSIGN_MAIL_FROM: "countersign@example.com",
      });
      try {
        const { status, body } = await invite(other, "guest@example.com");
        assert.deepEqual([status, body.sign_in_mail], [201, "failed"]);
        const { pathname, search } = new URL(body.sign_in_url!);
        assert.equal((await createVisitor(other).get(pathname + search)).status, 200);
        const log = other.logLines.join("\n");
        assert.match(log, /a mail was not taken/);
        assert.ok(!log.includes("hunter2") && !log.includes(body.one_time_code!));
      } finally {
        await other.stop();
      }
    }
  });
});
