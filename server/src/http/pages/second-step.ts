import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { checkSecondStep } from "../../people/second-factor.ts";
import { startSession } from "../../people/session.ts";
import { openFirstStep, SignInRefused, type FirstStep } from "../../people/sign-in.ts";
import type { UserRecord } from "../../store/records.ts";
import { html } from "./html.ts";
import { field, hidden, problemBox, sendPage } from "./page.ts";
import { PageRefused } from "./page-refused.ts";
import { isPasskey, orOwnPasskey, scriptOf } from "./passkey-form.ts";
import { returnPathOf } from "./return-to.ts";
import {
  checkedForm,
  formToken,
  fromOf,
  goTo,
  keepSession,
  queryOf,
  signInPath,
  type PagesContext,
} from "./visitor.ts";

/** `/login/second`: after the password, what only the person has. There is no session until then. */

const path = "/login/second";

/** Who has shown a password in this browser, and has to go on. */
export async function firstStepOf(
  { cookies, signIn }: PagesContext,
  { headers }: FastifyRequest,
): Promise<FirstStep | undefined> {
  const note = cookies.read(headers, "sign_in");
  return note === undefined ? undefined : openFirstStep(signIn, note);
}

export function registerSecondStep(server: FastifyInstance, context: PagesContext): void {
  const { publicUrl, signIn, cookies, codes } = context;

  server.get(path, async (request, reply) => {
    const returnTo = returnPathOf(queryOf(request, "return_to"), publicUrl);
    const step = await firstStepOf(context, request);
    if (step === undefined) return goTo(reply, signInPath(returnTo));
    return sendSecondStep(context, { request, reply }, { user: step.user, returnTo });
  });

  server.post(path, async (request, reply) => {
    const form = checkedForm(context, request);
    const returnTo = returnPathOf(form.get("return_to"), publicUrl);
    const step = await firstStepOf(context, request);
    if (step === undefined) return goTo(reply, signInPath(returnTo));
    const { user, passwordHash } = step;
    const from = fromOf(context, request);
    const mayGuess = codes.mayGuess(user.id);
    try {
      const code = form.get("code") ?? "";
      const method = await checkSecondStep(signIn, user, { code, mayGuess }, from);
      const endsPlain = cookies.read(request.headers, "session");
      const how = { methods: ["password" as const, method], passwordHash, endsPlain };
      const started = await startSession(signIn, user, how, from);
      if (started === undefined) throw new SignInRefused();
      keepSession(context, reply, started.plainSession);
      return goTo(reply, returnTo);
    } catch (error) {
      if (!(error instanceof SignInRefused)) throw error;
      codes.spend(user.id);
      const page = { status: mayGuess ? 403 : 429, title: "", message: "" };
      const refused = new PageRefused("second_factor_refused", page);
      context.notes.ofProblem(request, page.status, refused);
      const problem = mayGuess
        ? "This code is not right, or was used before. Wait for the next one."
        : "Too many codes were wrong. Use a recovery code, or wait an hour.";
      const at = { user, returnTo, problem, status: page.status };
      return sendSecondStep(context, { request, reply }, at);
    }
  });
}

export async function sendSecondStep(
  context: PagesContext,
  { request, reply }: { request: FastifyRequest; reply: FastifyReply },
  at: { user: UserRecord; returnTo: string; problem?: string; status?: number },
): Promise<FastifyReply> {
  const { user, returnTo, problem, status = 200 } = at;
  const factors = await context.signIn.store.listFactors(user.tenantId, user.id);
  const passkeys = factors.filter(isPasskey);
  const instead = orOwnPasskey(context, { request, reply }, passkeys, {
    action: `${path}/passkey`,
    whose: { purpose: "second_step", userId: user.id },
    userVerification: "preferred",
    returnTo,
  });
  const hasCodes = passkeys.length < factors.length;
  return sendPage(reply, {
    title: "One more step",
    status,
    script: scriptOf(context),
    main: html`<p class="lead">Your password is right. Now show what only you have.</p>
      ${problemBox(problem)}
      <form method="post" action="${path}">
        ${formToken(context, request, reply)}${hidden("return_to", returnTo)}
        ${field({ name: "code", label: "Code", autocomplete: "one-time-code", hint: hasCodes ? "From your authenticator app, or one of your recovery codes." : "One of your recovery codes.", isFocused: true, isInvalid: problem !== undefined, maxLength: 64 })}
        <button type="submit">Sign in</button>
      </form>
      ${instead}`,
  });
}
