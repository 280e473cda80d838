import assert from "node:assert/strict";
import { fromBase32, totpCodeAt } from "../../src/people/totp.ts";
import { createAuthenticator, enrolPasskey } from "../authenticator.ts";
import { call, type Answer } from "../calls.ts";
import type { TestServer } from "../server.ts";
import { createVisitor, type PageAnswer, type Visitor } from "../visitor.ts";
import type { FaultCase } from "./fault-case.ts";

/** The writes behind a second factor, each of a person of its own. */

const password = "a long walk after breakfast";
const factors = "/account/factors";

interface Person {
  email: string;
  visitor: Visitor;
}

interface Enrolled extends Person {
  secret: string;
  codes: string[];
}

async function invited(server: TestServer, own: string): Promise<Person> {
  const email = `${own}@example.com`;
  const made = await call<{ sign_in_url: string }>(server, "POST", "/v2/users", {
    body: { email },
  });
  const { pathname, search } = new URL(made.body.sign_in_url);
  const visitor = createVisitor(server);
  assert.equal((await visitor.submit(pathname + search, { password })).status, 303);
  return { email, visitor };
}

async function offered({ visitor }: Person): Promise<{ secret: string; pending: string }> {
  const { text } = await visitor.get(factors);
  const [, secret = ""] = /<code[^>]*>([A-Z2-7]{32})<\/code>/.exec(text) ?? [];
  const [, pending = ""] = /name="pending" value="([^"]+)"/.exec(text) ?? [];
  return { secret, pending };
}

/** The next code is taken already, and the one of now may be spent. */
const codeOf = (secret: string, ahead: number): string =>
  totpCodeAt(fromBase32(secret), Math.floor(Date.now() / 30_000) + ahead);

async function enrolled(server: TestServer, own: string): Promise<Enrolled> {
  const person = await invited(server, own);
  const { secret, pending } = await offered(person);
  const fields = { pending, code: codeOf(secret, 0) };
  const { text, status } = await person.visitor.post(`${factors}/totp`, fields);
  assert.equal(status, 200);
  const codes = [...text.matchAll(/<li>([\w-]{29})<\/li>/g)].map(([, code]) => code!);
  return { ...person, secret, codes };
}

async function afterPassword(server: TestServer, { email }: Person): Promise<Visitor> {
  const visitor = createVisitor(server);
  assert.match((await visitor.signIn(email, password)).location ?? "", /second/);
  return visitor;
}

const answerOf = ({ status, headers }: PageAnswer): Answer => ({ status, headers, body: {} });

export const factorFaults: FaultCase[] = [
  {
    write: "insertFactor",
    table: "factors",
    act: "add an authenticator app",
    async prepare(server, own) {
      const person = await invited(server, own);
      const { secret, pending } = await offered(person);
      const add = () =>
        person.visitor.post(`${factors}/totp`, { pending, code: codeOf(secret, 0) });
      return async () => answerOf(await add());
    },
  },
  {
    write: "deleteFactor",
    table: "factors",
    act: "remove an authenticator app",
    async prepare(server, own) {
      const { visitor } = await enrolled(server, own);
      const { text } = await visitor.get(factors);
      const [, id = ""] = /name="id" value="(fct_\w+)"/.exec(text) ?? [];
      return async () => answerOf(await visitor.post(`${factors}/remove`, { id }));
    },
  },
  {
    write: "deleteFactors",
    table: "factors",
    act: "take somebody's second factors away",
    async prepare(server, own) {
      const { email } = await enrolled(server, own);
      const path = `/v2/users/${encodeURIComponent(email)}/remove_second_factors`;
      return () => call(server, "POST", path);
    },
  },
  {
    write: "replaceRecoveryCodes",
    table: "recovery_codes",
    act: "make new recovery codes",
    async prepare(server, own) {
      const { visitor } = await enrolled(server, own);
      return async () => answerOf(await visitor.post(`${factors}/recovery_codes`, {}));
    },
  },
  {
    write: "spendRecoveryCode",
    table: "recovery_codes",
    act: "sign in with a recovery code",
    async prepare(server, own) {
      const person = await enrolled(server, own);
      const visitor = await afterPassword(server, person);
      const code = person.codes[0]!;
      return async () => answerOf(await visitor.post("/login/second", { code }));
    },
  },
  {
    write: "usePasskey",
    table: "sessions",
    act: "sign in with a passkey",
    async prepare(server, own) {
      const { visitor } = await invited(server, own);
      const passkey = createAuthenticator(server.url);
      assert.equal((await enrolPasskey(visitor, passkey)).status, 200);
      const stranger = createVisitor(server);
      const page = await stranger.get("/login");
      const path = "/login/passkey";
      return async () => answerOf(await stranger.post(path, passkey.answer(page, path)));
    },
  },
  {
    write: "spendTotpStep",
    table: "factors",
    act: "sign in with a code",
    async prepare(server, own) {
      const person = await enrolled(server, own);
      const visitor = await afterPassword(server, person);
      const send = () => visitor.post("/login/second", { code: codeOf(person.secret, 1) });
      return async () => answerOf(await send());
    },
  },
];
