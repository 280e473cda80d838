import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { changePassword } from "../../people/password.ts";
import { passwordCharactersMin } from "../../people/password-rules.ts";
import {
  endOtherSessions,
  endSession,
  listSessions,
  type LiveSession,
} from "../../people/session.ts";
import { SignInRefused } from "../../people/sign-in.ts";
import type { SessionRecord } from "../../store/store.ts";
import { isoTime } from "../iso-time.ts";
import { html, type Html } from "./html.ts";
import { passwordProblemOf } from "./invitation.ts";
import { field, hidden, problemBox, sendPage } from "./page.ts";
import {
  checkedForm,
  formToken,
  fromOf,
  goTo,
  queryOf,
  signInPath,
  visitorOf,
  type PagesContext,
} from "./visitor.ts";
import { refusePassword } from "./wrong-password.ts";

/** `/account`: what people look after for themselves: where they are signed in, and their password. */

const path = "/account";

const notices: Record<string, string> = {
  password: "Your password is changed. All your other sessions have ended.",
  session: "The session has ended.",
  sessions: "All your other sessions have ended.",
};

export function registerAccount(server: FastifyInstance, context: PagesContext): void {
  const { signIn } = context;

  server.get(path, async (request, reply) => {
    const visitor = await visitorOf(context, request);
    if (visitor === undefined) return goTo(reply, signInPath(path));
    return sendAccount(context, request, reply, { visitor });
  });

  server.post(`${path}/password`, async (request, reply) => {
    const form = checkedForm(context, request);
    const visitor = await visitorOf(context, request);
    if (visitor === undefined) return goTo(reply, signInPath(path));
    const from = fromOf(context, request);
    const change = {
      plainOld: form.get("old_password") ?? "",
      plainNew: form.get("password") ?? "",
      from,
    };
    const { user, session } = visitor;
    try {
      await changePassword(signIn, user, session, change);
    } catch (error) {
      const problem = { visitor, ...problemOf(error) };
      if (problem.message === undefined) throw error;
      if (error instanceof SignInRefused) {
        const { status } = refusePassword(context, request, { login: user.username, from });
        problem.status = status;
      }
      return sendAccount(context, request, reply, problem);
    }
    return goTo(reply, `${path}?done=password`);
  });

  server.post(`${path}/sessions`, async (request, reply) => {
    const form = checkedForm(context, request);
    const visitor = await visitorOf(context, request);
    if (visitor === undefined) return goTo(reply, signInPath(path));
    const from = fromOf(context, request);
    const id = form.get("id");
    if (id === undefined) {
      await endOtherSessions(signIn, visitor.session, from);
      return goTo(reply, `${path}?done=sessions`);
    }
    await endSession(signIn, visitor.session, id, from);
    return goTo(reply, `${path}?done=session`);
  });
}

function problemOf(error: unknown): { message?: string; status: number } {
  if (error instanceof SignInRefused) {
    return { message: "Your present password is not right.", status: 403 };
  }
  const message = passwordProblemOf(error);
  return { ...(message === undefined ? {} : { message }), status: 400 };
}

async function sendAccount(
  context: PagesContext,
  request: FastifyRequest,
  reply: FastifyReply,
  at: { visitor: LiveSession; message?: string; status?: number },
): Promise<FastifyReply> {
  const { user, session } = at.visitor;
  const token = formToken(context, request, reply);
  const sessions = await listSessions(context.signIn, session);
  const notice = notices[queryOf(request, "done") ?? ""];
  return sendPage(reply, {
    title: user.name === "" ? "Your account" : user.name,
    isWide: true,
    status: at.status ?? 200,
    main: html`<p class="muted">Signed in as ${user.email}</p>
      ${notice !== undefined && html`<p class="done" role="status">${notice}</p>`}
      ${problemBox(at.message)}
      <section aria-labelledby="sessions">
        <h2 id="sessions">Where you are signed in</h2>
        <ul class="rows">
          ${sessions.map((one) => sessionRow(one, one.id === session.id, token))}
        </ul>
        <div class="actions">
          ${sessions.length > 1 && html`<form method="post" action="/account/sessions">${token}<button class="quiet" type="submit">End all others</button></form>`}
          <form method="post" action="/logout">
            ${token}<button class="quiet" type="submit">Sign out</button>
          </form>
        </div>
      </section>
      <section aria-labelledby="second">
        <h2 id="second">Second factor</h2>
        <p>A code from an app on your phone, beside the password.</p>
        <a class="button quiet" href="/account/factors">Set it up, or change it</a>
      </section>
      <section aria-labelledby="change-password">
        <h2 id="change-password">Change your password</h2>
        <form method="post" action="/account/password">
          ${token}
          <input type="hidden" name="username" autocomplete="username" value="${user.username}" />
          ${field({ name: "old_password", label: "Present password", type: "password", autocomplete: "current-password" })}
          ${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password", hint: `${passwordCharactersMin} characters or more. All your other sessions end.`, isInvalid: at.message !== undefined })}
          <button type="submit">Change the password</button>
        </form>
      </section>`,
  });
}

function sessionRow(session: SessionRecord, isThis: boolean, token: Html): Html {
  const { id, userAgent, address, lastUsedAtMs, createdAtMs } = session;
  return html`<li>
    <p>
      ${browserOf(userAgent)} from ${address}${isThis && " – this one"}<br /><span class="muted"
        >Since ${when(createdAtMs)}, last used ${when(lastUsedAtMs)}</span
      >
    </p>
    ${!isThis && html`<form method="post" action="/account/sessions">${token}${hidden("id", id)}<button class="danger" type="submit">End</button></form>`}
  </li>`;
}

const when = (atMs: number): Html =>
  html`<time datetime="${isoTime(atMs)}"
    >${isoTime(atMs).slice(0, 16).replace("T", " ")} UTC</time
  >`;

/** What people call their browser. Others imitate, so the more particular names come first. */
const browsers: readonly (readonly [RegExp, string])[] = [
  [/Edg\//, "Edge"],
  [/OPR\//, "Opera"],
  [/Firefox\//, "Firefox"],
  [/Chrom(e|ium)\//, "Chrome"],
  [/Safari\//, "Safari"],
  [/curl\//, "curl"],
];
const systems: readonly (readonly [RegExp, string])[] = [
  [/Windows/, "Windows"],
  [/Android/, "Android"],
  [/iPhone|iPad/, "iOS"],
  [/Mac OS X/, "macOS"],
  [/Linux/, "Linux"],
];

function browserOf(userAgent: string): string {
  const browser = browsers.find(([pattern]) => pattern.test(userAgent))?.[1] ?? "A browser";
  const system = systems.find(([pattern]) => pattern.test(userAgent))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
