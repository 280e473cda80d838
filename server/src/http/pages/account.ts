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
import { field, hidden, problemBox, section, sendPage } from "./page.ts";
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
    main: html`<p class="lead">Signed in as ${user.email}</p>
      ${notice !== undefined && html`<p class="done" role="status">${notice}</p>`}
      ${problemBox(at.message)} ${sessionsSection(sessions, session, token)} ${factorsSection}
      ${passwordSection(user.username, token, at.message !== undefined)}`,
  });
}

const sessionsSection = (sessions: SessionRecord[], own: SessionRecord, token: Html): Html =>
  section(
    "sessions",
    {
      title: "Where you are signed in",
      lead: "End what you do not know, and change the password.",
    },
    html`<ul class="rows">
        ${sessions.map((one) => sessionRow(one, one.id === own.id, token))}
      </ul>
      ${sessions.length > 1 && html`<form method="post" action="/account/sessions">${token}<button class="quiet" type="submit">End all others</button></form>`}`,
  );

const factorsSection = section(
  "second",
  { title: "Beyond the password", lead: "What only you have keeps out who knows your password." },
  html`<a class="button quiet" href="/account/factors">Passkeys and codes</a>`,
);

const passwordSection = (username: string, token: Html, isInvalid: boolean): Html =>
  section(
    "change-password",
    { title: "Password", lead: "A new one ends all your other sessions." },
    html`<form method="post" action="/account/password">
      ${token}
      <input type="hidden" name="username" autocomplete="username" value="${username}" />
      ${field({ name: "old_password", label: "Present password", type: "password", autocomplete: "current-password", isInvalid })}
      ${field({ name: "password", label: "New password", type: "password", autocomplete: "new-password", hint: `${passwordCharactersMin} characters or more, of any kind.`, isInvalid })}
      <button type="submit">Change the password</button>
    </form>`,
  );

function sessionRow(session: SessionRecord, isThis: boolean, token: Html): Html {
  const { id, userAgent, address, lastUsedAtMs, createdAtMs } = session;
  return html`<li>
    <p>
      ${browserOf(userAgent)}${isThis && html`<span class="tag">this one</span>`}<br /><span
        class="muted"
        >${address} · last used ${when(lastUsedAtMs)} · since ${when(createdAtMs)}</span
      >
    </p>
    ${!isThis && html`<form method="post" action="/account/sessions">${token}${hidden("id", id)}<button class="danger small" type="submit">End</button></form>`}
  </li>`;
}

const when = (atMs: number): Html =>
  html`<time datetime="${isoTime(atMs)}">${timeFormat.format(atMs)} UTC</time>`;

const timeFormat = new Intl.DateTimeFormat("en-GB", {
  dateStyle: "medium",
  timeStyle: "short",
  timeZone: "UTC",
});

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
