import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AdminError } from "../../errors/admin-error.ts";
import { claimOwnershipToSignIn, type PeopleContext } from "../../people/owner.ts";
import { passwordCharactersMin } from "../../people/password-rules.ts";
import { html } from "./html.ts";
import { passwordProblemOf } from "./invitation.ts";
import { goOn } from "./login.ts";
import { field, hidden, problemBox, sendPage } from "./page.ts";
import { PageRefused } from "./page-refused.ts";
import { homePath } from "./return-to.ts";
import { checkedForm, formToken, fromOf, queryOf, type PagesContext } from "./visitor.ts";

/**
 * `/setup`: the page behind the link that the first start prints. Who fills it in becomes the owner and
 * is signed in. `POST /setup` itself is for scripts, and answers an API key.
 */

export interface SetupPageContext extends PagesContext {
  signIn: PagesContext["signIn"] & PeopleContext;
}

interface Filled {
  code: string;
  name: string;
  email: string;
}

const emailPattern = /^[^@\s]{1,64}@[^@\s]{1,190}$/;

export function registerSetupPage(server: FastifyInstance, context: SetupPageContext): void {
  const { signIn } = context;

  server.get("/setup", async (request, reply) => {
    await refuseWhenDone(context);
    const filled = { code: queryOf(request, "code") ?? "", name: "", email: "" };
    return sendSetup(context, request, reply, { filled });
  });

  server.post("/setup/owner", async (request, reply) => {
    const form = checkedForm(context, request);
    await refuseWhenDone(context);
    const text = (name: string) => (form.get(name) ?? "").trim().slice(0, 255);
    const filled = { code: text("code"), name: text("name"), email: text("email") };
    if (!emailPattern.test(filled.email)) {
      const problem = "This is not an e-mail address.";
      return sendSetup(context, request, reply, { filled, problem });
    }
    const from = fromOf(context, request);
    const input = { ...filled, plainPassword: form.get("password") ?? "" };
    try {
      const { user, password } = await claimOwnershipToSignIn(signIn, input, from);
      const step = { user, passwordHash: password.hash };
      return await goOn(context, { request, reply, step, returnTo: homePath });
    } catch (error) {
      const problem = passwordProblemOf(error);
      if (problem !== undefined) return sendSetup(context, request, reply, { filled, problem });
      if (!(error instanceof AdminError)) throw error;
      await refuseWhenDone(context);
      throw codeNotValid();
    }
  });
}

/** Throws 403 once there is an owner: also for who was a moment too late. */
async function refuseWhenDone({ signIn }: SetupPageContext): Promise<void> {
  if ((await signIn.store.findOwner(signIn.tenantId)) === undefined) return;
  throw new PageRefused("code_not_valid", {
    status: 403,
    title: "This installation has an owner",
    message:
      "Somebody has finished the setup already. If it was not you or somebody you know, look into the audit log.",
  });
}

const codeNotValid = (): PageRefused =>
  new PageRefused("code_not_valid", {
    status: 403,
    title: "This setup link is not valid",
    message:
      "Each start prints a new link, and the one before it is void. Links work once, for a day.",
  });

function sendSetup(
  context: PagesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  { filled, problem }: { filled: Filled; problem?: string },
): FastifyReply {
  const { code, name, email } = filled;
  const isOwnCode = code === "";
  return sendPage(reply, {
    title: "Welcome to Countersign",
    status: problem === undefined ? 200 : 400,
    main: html`<p class="lead">You are the first one here. Who fills this in becomes the owner.</p>
      ${problemBox(problem)}
      <form method="post" action="/setup/owner">
        ${formToken(context, request, reply)}
        ${isOwnCode ? field({ name: "code", label: "Setup code", autocomplete: "one-time-code", hint: "The first start prints it.", isFocused: true, maxLength: 200 }) : hidden("code", code)}
        ${field({ name: "name", label: "Your name", autocomplete: "name", value: name, isFocused: !isOwnCode, isOptional: true, maxLength: 200 })}
        ${field({ name: "email", label: "E-mail", type: "email", autocomplete: "username", value: email, maxLength: 255 })}
        ${field({ name: "password", label: "Password", type: "password", autocomplete: "new-password", hint: `${passwordCharactersMin} characters or more, of any kind.`, isInvalid: problem !== undefined })}
        <button type="submit">Create the account</button>
      </form>`,
  });
}
