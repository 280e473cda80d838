import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AdminError } from "../../errors/admin-error.ts";
import { acceptInvitation, findInvited } from "../../people/invitation.ts";
import { passwordCharactersMin } from "../../people/password-rules.ts";
import type { UserRecord } from "../../store/records.ts";
import { html } from "./html.ts";
import { goOn } from "./login.ts";
import { field, hidden, problemBox, sendPage } from "./page.ts";
import { PageRefused } from "./page-refused.ts";
import { homePath } from "./return-to.ts";
import { checkedForm, formToken, fromOf, queryOf, type PagesContext } from "./visitor.ts";

/** `/invitation`: who was invited, or whose password was reset, chooses one and is signed in. */

const path = "/invitation";

export function registerInvitation(server: FastifyInstance, context: PagesContext): void {
  const { signIn } = context;

  server.get(path, async (request, reply) => {
    const code = queryOf(request, "code") ?? "";
    const user = await findInvited(signIn, code);
    if (user === undefined) throw notValid();
    return sendInvitation(context, request, reply, { user, code });
  });

  server.post(path, async (request, reply) => {
    const form = checkedForm(context, request);
    const code = form.get("code") ?? "";
    const user = await findInvited(signIn, code);
    if (user === undefined) throw notValid();
    const answer = { typedCode: code, plainPassword: form.get("password") ?? "" };
    try {
      const step = await acceptInvitation(signIn, answer, fromOf(context, request));
      return await goOn(context, { request, reply, step, returnTo: homePath });
    } catch (error) {
      const problem = passwordProblemOf(error);
      if (problem !== undefined) {
        return sendInvitation(context, request, reply, { user, code, problem });
      }
      throw error instanceof AdminError ? notValid() : error;
    }
  });
}

/** What is wrong with a new password, when it is that. */
export const passwordProblemOf = (error: unknown): string | undefined =>
  error instanceof AdminError ? error.options.fieldErrors?.["password"] : undefined;

const notValid = (): PageRefused =>
  new PageRefused("code_not_valid", {
    status: 403,
    title: "This link is not valid",
    message:
      "It was used before, is too old, or was replaced by a newer one. Ask who sent it for a new one.",
  });

function sendInvitation(
  context: PagesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  at: { user: UserRecord; code: string; problem?: string },
): FastifyReply {
  const { user, code, problem } = at;
  return sendPage(reply, {
    title: "Choose your password",
    status: problem === undefined ? 200 : 400,
    main: html`<p class="lead">For ${user.email}. This link works once.</p>
      ${problemBox(problem)}
      <form method="post" action="${path}">
        ${formToken(context, request, reply)}${hidden("code", code)}
        <input type="hidden" name="username" autocomplete="username" value="${user.username}" />
        ${field({ name: "password", label: "Password", type: "password", autocomplete: "new-password", hint: `${passwordCharactersMin} characters or more, of any kind.`, isFocused: true, isInvalid: problem !== undefined })}
        <button type="submit">Continue</button>
      </form>`,
  });
}
