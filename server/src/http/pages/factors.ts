import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { renderSVG } from "uqr";
import { AdminError } from "../../errors/admin-error.ts";
import {
  addTotp,
  offerTotp,
  openOffer,
  removeFactor,
  renewRecoveryCodes,
} from "../../people/second-factor.ts";
import { addPasskey } from "../../people/passkey.ts";
import type { LiveSession } from "../../people/session.ts";
import { totpUri } from "../../people/totp.ts";
import type { FactorRecord } from "../../store/store.ts";
import { confirmPath } from "./confirm.ts";
import type { Form } from "./form.ts";
import { answerOf, creationOptions, isPasskey, passkeyForm, scriptOf } from "./passkey-form.ts";
import { Html, html } from "./html.ts";
import { field, hidden, problemBox, section, sendPage } from "./page.ts";
import {
  checkedForm,
  formToken,
  fromOf,
  goTo,
  signInPath,
  visitorOf,
  type PagesContext,
} from "./visitor.ts";

/** `/account/factors`: a person's second factors. All of it needs a recent sign-in. */

const path = "/account/factors";

export function registerFactors(server: FastifyInstance, context: PagesContext): void {
  const { signIn } = context;
  const { system } = signIn;

  /** Who is here, or where to go first. */
  async function recentVisitor(request: FastifyRequest): Promise<LiveSession | string> {
    const visitor = await visitorOf(context, request);
    if (visitor === undefined) return signInPath(path);
    return system.now() < visitor.recentUntilMs ? visitor : confirmPath(path);
  }

  type Act = (visitor: LiveSession, form: Form, at: Exchange) => Promise<FastifyReply>;
  const onForm = (at: string, act: Act): void => {
    server.post(at, async (request, reply) => {
      const form = checkedForm(context, request);
      const visitor = await recentVisitor(request);
      if (typeof visitor === "string") return goTo(reply, visitor);
      return act(visitor, form, { request, reply });
    });
  };

  server.get(path, async (request, reply) => {
    const visitor = await recentVisitor(request);
    if (typeof visitor === "string") return goTo(reply, visitor);
    return sendFactors(context, { request, reply }, visitor);
  });

  onForm(`${path}/totp`, async (visitor, form, at) => {
    const pending = form.get("pending") ?? "";
    const secret = openOffer(signIn, visitor.user, pending);
    if (secret === undefined) return goTo(at.reply, path);
    const offered = { secret, code: form.get("code") ?? "", name: (form.get("name") ?? "").trim() };
    try {
      const from = fromOf(context, at.request);
      const codes = await addTotp(signIn, visitor.session, offered, from);
      return codes.length === 0 ? goTo(at.reply, path) : sendCodes(at.reply, codes);
    } catch (error) {
      const problem = problemAt("code", error);
      return sendFactors(context, at, visitor, { problem, offer: { secret, pending } });
    }
  });

  onForm(`${path}/passkey`, async (visitor, form, at) => {
    const { answer, browser } = answerOf(context, at.request, form);
    const offered = { ...answer, browser, name: (form.get("name") ?? "").trim() };
    try {
      const from = fromOf(context, at.request);
      const codes = await addPasskey(signIn, visitor.session, offered, from);
      return codes.length === 0 ? goTo(at.reply, path) : sendCodes(at.reply, codes);
    } catch (error) {
      const problem = problemAt("passkey", error);
      return sendFactors(context, at, visitor, { problem });
    }
  });

  onForm(`${path}/remove`, async ({ session }, form, { request, reply }) => {
    await removeFactor(signIn, session, form.get("id") ?? "", fromOf(context, request));
    return goTo(reply, path);
  });

  onForm(`${path}/recovery_codes`, async ({ session }, _form, { request, reply }) =>
    sendCodes(reply, await renewRecoveryCodes(signIn, session, fromOf(context, request))),
  );
}

/** What was wrong with a field; throws what was not about it. */
function problemAt(name: string, error: unknown): string {
  const problem = error instanceof AdminError ? error.options.fieldErrors?.[name] : undefined;
  if (problem === undefined) throw error;
  return problem;
}

interface Exchange {
  request: FastifyRequest;
  reply: FastifyReply;
}

function sendCodes(reply: FastifyReply, codes: string[]): FastifyReply {
  return sendPage(reply, {
    title: "Keep your recovery codes",
    isWide: true,
    main: html`<p class="lead">They are shown this once.</p>
      ${section(
        "codes",
        {
          title: "For when you have lost your device",
          lead: "Print them, or put them where your passwords are.",
        },
        html`<p>Each of these signs you in once, after your password.</p>
          <ul class="codes">
            ${codes.map((code) => html`<li>${code}</li>`)}
          </ul>
          <a class="button" href="${path}">I have kept them</a>`,
      )}`,
  });
}

async function sendFactors(
  context: PagesContext,
  { request, reply }: Exchange,
  { user, session }: LiveSession,
  retried?: { problem: string; offer?: { secret: string; pending: string } },
): Promise<FastifyReply> {
  const { signIn } = context;
  const token = formToken(context, request, reply);
  const factors = await signIn.store.listFactors(user.tenantId, user.id);
  const codesLeft = await signIn.store.countRecoveryCodes(session.tenantId, session.userId);
  const offer = retried?.offer ?? offerTotp(signIn, user);
  const isInvalid = retried?.offer !== undefined;
  const passkey = passkeyForm(
    context,
    { request, reply },
    {
      action: `${path}/passkey`,
      label: "Add a passkey",
      whose: { purpose: "enrol", userId: user.id },
      options: creationOptions(context, user, factors.filter(isPasskey)),
      fields: field({
        name: "name",
        id: "passkey_name",
        label: "A name for it",
        autocomplete: "off",
        isOptional: true,
        hint: "For example: laptop.",
        maxLength: 60,
      }),
    },
  );
  return sendPage(reply, {
    title: "Passkeys and codes",
    isWide: true,
    status: retried === undefined ? 200 : 400,
    script: scriptOf(context),
    main: html`<p class="lead"><a href="/account">Your account</a></p>
      ${problemBox(retried?.problem)}
      ${factors.length > 0 && factorsSection(factors, codesLeft, token)}
      ${passkeySection(passkey, context.publicUrl)}
      ${totpSection(offer, { email: user.email, isInvalid }, token)}`,
  });
}

const factorsSection = (factors: FactorRecord[], codesLeft: number, token: Html): Html =>
  section(
    "factors",
    {
      title: "What you have",
      lead: "After your password one of these is asked for. A passkey can do without it.",
    },
    html`<ul class="rows">
        ${factors.map((one) => factorRow(one, token))}
      </ul>
      <form method="post" action="${path}/recovery_codes">
        ${token}
        <p>${codesLeft} recovery codes are left.</p>
        <button class="quiet" type="submit">Make new recovery codes</button>
      </form>`,
  );

const factorRow = ({ id, kind, name, createdAtMs, lastUsedAtMs }: FactorRecord, token: Html) =>
  html`<li>
    <p>
      ${name}<br /><span class="muted"
        >${kind === "passkey" ? "Passkey" : "Authenticator app"} · since
        ${dayOf(createdAtMs)}${lastUsedAtMs !== undefined && ` · last used ${dayOf(lastUsedAtMs)}`}</span
      >
    </p>
    <form method="post" action="${path}/remove">
      ${token}${hidden("id", id)}<button class="danger small" type="submit">Remove</button>
    </form>
  </li>`;

const dayOf = (atMs: number): string => dayFormat.format(atMs);

const dayFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeZone: "UTC" });

const passkeySection = (form: Html, publicUrl: string): Html =>
  section(
    "passkey",
    {
      title: "Add a passkey",
      lead: "Your finger, your face or a PIN instead of a password, for this site alone.",
    },
    form.text === ""
      ? html`<p class="muted">
          Passkeys need a host name, and this is ${new URL(publicUrl).hostname}. Whoever runs this
          server can set <code>COUNTERSIGN_PUBLIC_URL</code> to one, or to
          <code>http://localhost</code> and the port.
        </p>`
      : html`<div data-needs-passkey hidden>${form}</div>
          <noscript><p class="muted">Passkeys need JavaScript.</p></noscript>`,
  );

const totpSection = (
  { secret, pending }: { secret: string; pending: string },
  { email, isInvalid }: { email: string; isInvalid: boolean },
  token: Html,
): Html =>
  section(
    "add",
    { title: "Add an authenticator app", lead: "It shows a new code every half a minute." },
    html`<div class="scan">
        ${qrOf(totpUri(secret, email))}
        <div>
          <p>Scan this with the app, or type this key into it:</p>
          <p><code class="key">${secret}</code></p>
        </div>
      </div>
      <form method="post" action="${path}/totp">
        ${token}${hidden("pending", pending)}
        ${field({ name: "code", label: "The code that it shows", autocomplete: "one-time-code", inputMode: "numeric", isInvalid, maxLength: 10 })}
        ${field({ name: "name", label: "A name for it", autocomplete: "off", isOptional: true, hint: "For example: phone.", maxLength: 60 })}
        <button type="submit">Add it</button>
      </form>`,
  );

/** The picture holds nothing but squares: the library takes text and answers SVG of its own. */
function qrOf(text: string): Html {
  const svg = renderSVG(text, { border: 1 }).replace(
    "<svg ",
    '<svg class="qr" role="img" aria-label="QR code of the key" ',
  );
  return new Html(svg);
}
