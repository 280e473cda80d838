import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import {
  afterFirstStep,
  checkPassword,
  SignInRefused,
  type FirstStep,
} from "../../people/sign-in.ts";
import { addCookie } from "./form.ts";
import { html } from "./html.ts";
import { field, hidden, problemBox, sendPage } from "./page.ts";
import { orPasskey, passkeyForm, requestOptions, scriptOf } from "./passkey-form.ts";
import { returnPathOf } from "./return-to.ts";
import {
  checkedForm,
  formToken,
  fromOf,
  goTo,
  keepSession,
  queryOf,
  visitorOf,
  type PagesContext,
} from "./visitor.ts";
import { refusePassword, type PasswordProblem } from "./wrong-password.ts";

/** `/login`: a person's e-mail and password, and where to go on. */

/** As long as a note of the first step is good. */
const noteCookieSeconds = 600;

export function registerLogin(server: FastifyInstance, context: PagesContext): void {
  const { publicUrl } = context;

  server.get("/login", async (request, reply) => {
    const returnTo = returnPathOf(queryOf(request, "return_to"), publicUrl);
    const visitor = await visitorOf(context, request);
    if (visitor !== undefined) return goTo(reply, returnTo);
    return sendLogin(context, request, reply, { returnTo });
  });

  server.post("/login", async (request, reply) => {
    const form = checkedForm(context, request);
    const returnTo = returnPathOf(form.get("return_to"), publicUrl);
    const login = (form.get("email") ?? "").trim();
    const plainPassword = form.get("password") ?? "";
    const from = fromOf(context, request);
    try {
      const step = await checkPassword(context.signIn, { login, plainPassword }, from);
      return await goOn(context, { request, reply, step, returnTo });
    } catch (error) {
      if (!(error instanceof SignInRefused)) throw error;
      const problem = refusePassword(context, request, { login, from });
      return sendLogin(context, request, reply, { returnTo, login, problem });
    }
  });
}

/** After a right password, wherever it was given: signed in, or on to the second step. */
export async function goOn(
  context: PagesContext,
  at: { request: FastifyRequest; reply: FastifyReply; step: FirstStep; returnTo: string },
): Promise<FastifyReply> {
  const { request, reply, step, returnTo } = at;
  const { cookies, signIn } = context;
  const endsPlain = cookies.read(request.headers, "session");
  const how = { methods: ["password" as const], endsPlain };
  const after = await afterFirstStep(signIn, step, how, fromOf(context, request));
  if ("started" in after) {
    keepSession(context, reply, after.started.plainSession);
    return goTo(reply, returnTo);
  }
  addCookie(reply, cookies.write("sign_in", after.note, noteCookieSeconds));
  return goTo(reply, `/login/second?return_to=${encodeURIComponent(returnTo)}`);
}

export function sendLogin(
  context: PagesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { returnTo, login, problem }: { returnTo: string; login?: string; problem?: PasswordProblem },
): FastifyReply {
  if (problem?.retryAfterSeconds !== undefined) {
    reply.header("retry-after", String(problem.retryAfterSeconds));
  }
  const passkey = passkeyForm(
    context,
    { request, reply },
    {
      action: "/login/passkey",
      label: "Sign in with a passkey",
      whose: { purpose: "sign_in", userId: undefined },
      options: requestOptions(context, [], "required"),
      fields: hidden("return_to", returnTo),
      isOffered: true,
      isQuiet: true,
    },
  );
  return sendPage(reply, {
    title: "Sign in",
    status: problem?.status ?? 200,
    script: scriptOf(context),
    main: html`<p class="lead">to ${new URL(context.publicUrl).host}</p>
      ${problemBox(problem?.message)}
      <form method="post" action="/login">
        ${formToken(context, request, reply)}${hidden("return_to", returnTo)}
        ${field({ name: "email", label: "E-mail", value: login, autocomplete: "username webauthn", isFocused: login === undefined, isInvalid: problem !== undefined })}
        ${field({ name: "password", label: "Password", type: "password", autocomplete: "current-password", isFocused: login !== undefined, isInvalid: problem !== undefined })}
        <button type="submit">Sign in</button>
      </form>
      ${orPasskey(passkey)}`,
  });
}
