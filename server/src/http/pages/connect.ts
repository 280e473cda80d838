import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { AuthorizationContext, Browser, Finished } from "../../datasources/authorization.ts";
import type { Outbound } from "../../datasources/outbound.ts";
import type { FreshTokens } from "../../datasources/refresh.ts";
import { redirectPath } from "../../datasources/redirect-url.ts";
import type { ConnectionRecord, DatasourceRecord } from "../../store/store.ts";
import { senderOf } from "../same-origin.ts";
import { addCookie } from "./form.ts";
import { html, type Html } from "./html.ts";
import { hidden, sendPage } from "./page.ts";
import { PageRefused } from "./page-refused.ts";
import { checkedForm, formToken, goTo, visitorOf, type PagesContext } from "./visitor.ts";

/**
 * `/connect/…` and the callback: a person allows access at the provider of a datasource. The link says
 * which connection it is for; whoever opens it needs no account here.
 */

export interface ConnectPages {
  connect: AuthorizationContext & {
    outbound(): Promise<Outbound>;
    freshTokens(): Promise<FreshTokens>;
  };
}

type Context = PagesContext & ConnectPages;

interface LinkRoute {
  Params: { link: string };
}

export function registerConnect(server: FastifyInstance, context: Context): void {
  const { connect, publicUrl } = context;

  server.get<LinkRoute>("/connect/:link", async (request, reply) => {
    const { link } = request.params;
    const { connection, datasource } = await openLink(context, link);
    const start = `/connect/${encodeURIComponent(link)}/start`;
    // Who comes from a page of ours has been asked there.
    const { "sec-fetch-site": site } = request.headers;
    if (site === "same-origin" && senderOf(request.headers, publicUrl) === "ours") {
      return goTo(reply, start);
    }
    return sendConnect(reply, { connection, datasource, start });
  });

  server.get<LinkRoute>("/connect/:link/start", async (request, reply) => {
    const { connection } = await openLink(context, request.params.link);
    const { beginAuthorization, ProviderError } = await connect.outbound();
    const browser =
      (await browserOf(context, request)) ?? (await newBrowser(context, request, reply));
    try {
      return goTo(reply, await beginAuthorization(connect, connection, browser));
    } catch (error) {
      if (!(error instanceof ProviderError)) throw await refusedOf(context, error);
      return sendFailure(reply, error.message, error.fix);
    }
  });

  server.get(redirectPath, async (request, reply) => {
    const { finishAuthorization } = await connect.outbound();
    const [, query = ""] = /\?(.*)$/s.exec(request.raw.url ?? "") ?? [];
    const browser = await browserOf(context, request);
    const parameters = new URLSearchParams(query);
    const finished = await finishAuthorization(connect, parameters, browser).catch(
      async (error: unknown) => {
        throw await refusedOf(context, error);
      },
    );
    if (finished.is === "connected") {
      const problem = await proveRefresh(connect, finished.connection);
      if (problem !== undefined) return sendUnproved(reply, problem);
    }
    return sendFinished(context, request, reply, finished);
  });

  server.post("/connect/confirm", async (request, reply) => {
    const form = checkedForm(context, request);
    const { confirmAccount } = await connect.outbound();
    const browser = await browserOf(context, request);
    const token = form.get("account_token") ?? "";
    await confirmAccount(connect, token, browser).catch(async (error: unknown) => {
      throw await refusedOf(context, error);
    });
    return sendConnected(reply);
  });
}

/** Throws 404 for a link that is altered, too old or used. */
async function openLink(
  { connect }: Context,
  link: string,
): Promise<{ connection: ConnectionRecord; datasource: DatasourceRecord }> {
  const { findByLink, loadDatasource } = await connect.outbound();
  const connection = await findByLink(connect, link);
  if (connection === undefined || !connection.enabled) {
    throw new PageRefused("code_not_valid", {
      status: 404,
      title: "This link does not work any more",
      message: "It was used already, or it is too old. Ask whoever gave it to you for a new one.",
    });
  }
  const { tenantId, datasourceId } = connection;
  return { connection, datasource: await loadDatasource(connect, tenantId, datasourceId) };
}

/** `undefined` for a browser that has not begun anything here. */
async function browserOf(context: Context, request: FastifyRequest): Promise<Browser | undefined> {
  const plainValue = context.cookies.read(request.headers, "connect");
  if (plainValue === undefined) return undefined;
  const visitor = await visitorOf(context, request);
  return { plainValue, userId: visitor?.user.id };
}

const cookieSeconds = 3_600;

async function newBrowser(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<Browser> {
  const plainValue = context.connect.system.randomBytes(32).toString("base64url");
  addCookie(reply, context.cookies.write("connect", plainValue, cookieSeconds));
  const visitor = await visitorOf(context, request);
  return { plainValue, userId: visitor?.user.id };
}

async function refusedOf({ connect }: Context, error: unknown): Promise<unknown> {
  const { StateRefused } = await connect.outbound();
  if (!(error instanceof StateRefused)) return error;
  return new PageRefused("connect_state_refused", {
    status: 400,
    title: "This did not begin here",
    message:
      "Nothing was connected. Connecting has to begin and end in the same browser, within ten minutes, and each try counts once. Open the link again.",
  });
}

function sendConnect(
  reply: FastifyReply,
  about: { connection: ConnectionRecord; datasource: DatasourceRecord; start: string },
): FastifyReply {
  const { connection, datasource, start } = about;
  const isAgain = connection.sealedTokens !== undefined;
  return sendPage(reply, {
    title: `Connect ${datasource.name}`,
    main: html`<p>
        You were asked to allow access to your account at <strong>${datasource.name}</strong>. You
        sign in there, and what you allow is used in your name until you take it back.
      </p>
      ${isAgain && html`<p>It is connected already; this connects it again.</p>`}
      <p>Go on only if you expected this.</p>
      <p><a class="button" href="${start}">Continue to ${datasource.name}</a></p>`,
  });
}

function sendFinished(
  context: Context,
  request: FastifyRequest,
  reply: FastifyReply,
  finished: Finished,
): FastifyReply {
  if (finished.is === "connected") return sendConnected(reply);
  if (finished.is === "failed") return sendFailure(reply, finished.error.message, finished.fix);
  return sendPage(reply, {
    title: "This is another account",
    main: html`<p>
        So far this was connected as <strong>${finished.connection.account}</strong>. You have
        signed in as <strong>${finished.account}</strong>. Nothing was changed yet.
      </p>
      <form method="post" action="/connect/confirm">
        ${formToken(context, request, reply)}${hidden("account_token", finished.plainToken)}
        <button type="submit">Connect ${finished.account} instead</button>
      </form>
      <p>To keep it as it was, close this window.</p>`,
  });
}

/** Where the datasource wants it: what keeps the new token from being renewed, if anything does. */
async function proveRefresh(
  connect: Context["connect"],
  { tenantId, id, datasourceId }: ConnectionRecord,
): Promise<{ message: string; fix: string } | undefined> {
  const { loadDatasource, loadConnection, toShownProvider, wordsOf } = await connect.outbound();
  const { settings } = toShownProvider(await loadDatasource(connect, tenantId, datasourceId));
  if (settings.proveRefresh !== true) return undefined;
  const freshTokens = await connect.freshTokens();
  // What comes of it is kept with the connection, whether it is refused or nobody answers.
  await freshTokens.renewNow(tenantId, id).catch((error: unknown) => {
    connect.log.info({ err: error, connection: id }, "a new connection could not be renewed");
  });
  return wordsOf((await loadConnection(connect, tenantId, id)).reason);
}

const sendUnproved = (
  reply: FastifyReply,
  { message, fix }: { message: string; fix: string },
): FastifyReply =>
  sendPage(reply, {
    title: "Connected, but not for long",
    main: html`<p class="problem" role="alert">
        Access was allowed, but renewing it was tried and did not work: ${message}
      </p>
      <p>${fix}</p>`,
  });

const sendConnected = (reply: FastifyReply): FastifyReply =>
  sendPage(reply, {
    title: "Connected",
    main: html`<p role="status">Everything is set up. You can close this window.</p>`,
  });

/** The request was one of ours and was answered: that the provider refused is no error of it. */
const sendFailure = (reply: FastifyReply, message: string, fix: string): FastifyReply =>
  sendPage(reply, { title: "Not connected", main: problem(message, fix) });

const problem = (message: string, fix: string): Html =>
  html`<p class="problem" role="alert">${message}</p>
    <p>${fix}</p>`;
