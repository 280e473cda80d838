import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { confirmSession, type LiveSession } from "../../people/session.ts";
import { checkPassword, SignInRefused } from "../../people/sign-in.ts";
import { html } from "./html.ts";
import { field, hidden, problemBox, sendPage } from "./page.ts";
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
  visitorOf,
  type PagesContext,
} from "./visitor.ts";
import { refusePassword, type PasswordProblem } from "./wrong-password.ts";

/** `/login/confirm`: who is signed in proves again to be there, before something delicate is shown. */

export const confirmPath = (returnTo: string): string =>
  `/login/confirm?return_to=${encodeURIComponent(returnTo)}`;

export function registerConfirm(server: FastifyInstance, context: PagesContext): void {
  const { publicUrl, signIn } = context;

  server.get("/login/confirm", async (request, reply) => {
    const returnTo = returnPathOf(queryOf(request, "return_to"), publicUrl);
    const visitor = await visitorOf(context, request);
    if (visitor === undefined) return goTo(reply, signInPath(returnTo));
    return sendConfirm(context, request, reply, { visitor, returnTo });
  });

  server.post("/login/confirm", async (request, reply) => {
    const form = checkedForm(context, request);
    const returnTo = returnPathOf(form.get("return_to"), publicUrl);
    const visitor = await visitorOf(context, request);
    if (visitor === undefined) return goTo(reply, signInPath(returnTo));
    const from = fromOf(context, request);
    const login = visitor.user.username;
    try {
      await checkPassword(signIn, { login, plainPassword: form.get("password") ?? "" }, from);
    } catch (error) {
      if (!(error instanceof SignInRefused)) throw error;
      const refused = refusePassword(context, request, { login, from });
      const problem = { ...refused, message: "The password is not right." };
      return sendConfirm(context, request, reply, { visitor, returnTo, problem });
    }
    const plainSession = await confirmSession(signIn, visitor.session, ["password"], from);
    if (plainSession === undefined) return goTo(reply, signInPath(returnTo));
    keepSession(context, reply, plainSession);
    return goTo(reply, returnTo);
  });
}

export async function sendConfirm(
  context: PagesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  at: { visitor: LiveSession; returnTo: string; problem?: PasswordProblem },
): Promise<FastifyReply> {
  const { visitor, returnTo, problem } = at;
  if (problem?.retryAfterSeconds !== undefined) {
    reply.header("retry-after", String(problem.retryAfterSeconds));
  }
  const { email, username, id: userId, tenantId } = visitor.user;
  const factors = await context.signIn.store.listFactors(tenantId, userId);
  const instead = orOwnPasskey(context, { request, reply }, factors.filter(isPasskey), {
    action: "/login/confirm/passkey",
    whose: { purpose: "confirm", userId },
    userVerification: "required",
    returnTo,
  });
  return sendPage(reply, {
    title: "Is it still you?",
    status: problem?.status ?? 200,
    script: scriptOf(context),
    main: html`<p class="lead">
        What comes next needs a recent sign-in. You are signed in as ${email}.
      </p>
      ${problemBox(problem?.message)}
      <form method="post" action="/login/confirm">
        ${formToken(context, request, reply)}${hidden("return_to", returnTo)}
        <input type="hidden" name="username" autocomplete="username" value="${username}" />
        ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password", isFocused: true, isInvalid: problem !== undefined })}
        <button type="submit">Continue</button>
      </form>
      ${instead}`,
  });
}
