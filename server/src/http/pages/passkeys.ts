import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { checkPasskey } from "../../people/passkey.ts";
import type { ChallengeFor } from "../../people/passkey-challenge.ts";
import { confirmSession, startSession, type Method } from "../../people/session.ts";
import { SignInRefused, type FirstStep } from "../../people/sign-in.ts";
import type { UserRecord } from "../../store/records.ts";
import { sendConfirm } from "./confirm.ts";
import type { Form } from "./form.ts";
import { sendLogin } from "./login.ts";
import { PageRefused } from "./page-refused.ts";
import { answerOf } from "./passkey-form.ts";
import { returnPathOf } from "./return-to.ts";
import { firstStepOf, sendSecondStep } from "./second-step.ts";
import {
  checkedForm,
  fromOf,
  goTo,
  keepSession,
  signInPath,
  visitorOf,
  type PagesContext,
} from "./visitor.ts";

/** What passkeys answer: at `/login` alone, after a password, and to confirm who is there. */

interface Asked {
  request: FastifyRequest;
  reply: FastifyReply;
  form: Form;
  returnTo: string;
}

export function registerPasskeys(server: FastifyInstance, context: PagesContext): void {
  const onAnswer = (path: string, act: (asked: Asked) => Promise<FastifyReply>): void => {
    server.post(path, async (request, reply) => {
      const form = checkedForm(context, request);
      const returnTo = returnPathOf(form.get("return_to"), context.publicUrl);
      return act({ request, reply, form, returnTo });
    });
  };

  onAnswer("/login/passkey", async (asked) => {
    const { request, reply, returnTo } = asked;
    const whose = { purpose: "sign_in", userId: undefined, needsVerification: true } as const;
    const user = await checked(context, asked, whose);
    if (typeof user !== "object") {
      return sendLogin(context, request, reply, { returnTo, problem: problemOf(user) });
    }
    return signedIn(context, asked, { user, methods: ["passkey"] });
  });

  onAnswer("/login/second/passkey", async (asked) => {
    const { request, reply, returnTo } = asked;
    const step = await firstStepOf(context, request);
    if (step === undefined) return goTo(reply, signInPath(returnTo));
    const { user: own, passwordHash } = step;
    const whose = { purpose: "second_step", userId: own.id, needsVerification: false } as const;
    const user = await checked(context, asked, whose);
    if (typeof user !== "object") {
      const { message: problem, status } = problemOf(user);
      return sendSecondStep(context, { request, reply }, { user: own, returnTo, problem, status });
    }
    return signedIn(context, asked, { user, passwordHash, methods: ["password", "passkey"] });
  });

  onAnswer("/login/confirm/passkey", async (asked) => {
    const { request, reply, returnTo } = asked;
    const visitor = await visitorOf(context, request);
    if (visitor === undefined) return goTo(reply, signInPath(returnTo));
    const userId = visitor.user.id;
    const whose = { purpose: "confirm", userId, needsVerification: true } as const;
    const user = await checked(context, asked, whose);
    if (typeof user !== "object") {
      const at = { visitor, returnTo, problem: problemOf(user) };
      return sendConfirm(context, request, reply, at);
    }
    const from = fromOf(context, request);
    const plain = await confirmSession(context.signIn, visitor.session, ["passkey"], from);
    if (plain === undefined) return goTo(reply, signInPath(returnTo));
    keepSession(context, reply, plain);
    return goTo(reply, returnTo);
  });
}

/** Whose passkey it was; or, when it was none, how long to wait before another try counts. */
async function checked(
  context: PagesContext,
  { request, form }: Asked,
  whose: Omit<ChallengeFor, "browser"> & { needsVerification: boolean },
): Promise<UserRecord | number | undefined> {
  const { answer, browser } = answerOf(context, request, form);
  const from = fromOf(context, request);
  try {
    return await checkPasskey(context.signIn, answer, { ...whose, browser }, from);
  } catch (error) {
    if (!(error instanceof SignInRefused)) throw error;
    const waitSeconds = context.failures.spend("passkey", from.sourceAddress);
    const status = waitSeconds === undefined ? 403 : 429;
    const refused = new PageRefused("passkey_refused", { status, title: "", message: "" });
    context.notes.ofProblem(request, status, refused);
    return waitSeconds;
  }
}

const message =
  "This passkey does not sign in here, or not alone. Use your password, or another passkey.";

const problemOf = (retryAfterSeconds: number | undefined) =>
  retryAfterSeconds === undefined
    ? { status: 403, message }
    : { status: 429, message, retryAfterSeconds };

async function signedIn(
  context: PagesContext,
  { request, reply, returnTo }: Asked,
  proved: { user: UserRecord; methods: Method[] } & Partial<Pick<FirstStep, "passwordHash">>,
): Promise<FastifyReply> {
  const { user, methods, passwordHash } = proved;
  const endsPlain = context.cookies.read(request.headers, "session");
  const how = { methods, passwordHash, endsPlain };
  const started = await startSession(context.signIn, user, how, fromOf(context, request));
  // Disabled, or given another password, a moment ago.
  if (started === undefined) return goTo(reply, signInPath(returnTo));
  keepSession(context, reply, started.plainSession);
  return goTo(reply, returnTo);
}
