import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { AdminError } from "../../errors/admin-error.ts";
import type { Log } from "../../log.ts";
import { TooManyAtOnce } from "../../people/hash-queue.ts";
import { StoreUnavailable } from "../../store/store.ts";
import { registerConsole } from "../console.ts";
import { registerAccount } from "./account.ts";
import { registerConnect, type ConnectPages } from "./connect.ts";
import { registerConfirm } from "./confirm.ts";
import { registerFactors } from "./factors.ts";
import { parseFormBody } from "./form.ts";
import { html } from "./html.ts";
import { registerInvitation } from "./invitation.ts";
import { registerLogin } from "./login.ts";
import { registerLogout } from "./logout.ts";
import { assets, sendPage } from "./page.ts";
import { PageRefused } from "./page-refused.ts";
import { registerPasskeys } from "./passkeys.ts";
import { registerSecondStep } from "./second-step.ts";
import { registerSetupPage, type SetupPageContext } from "./setup-page.ts";

/** The pages that the server renders: plain HTML and forms, which need no script. */

export interface PagesOptions extends SetupPageContext, ConnectPages {
  log: Log;
}

const bodyBytesMax = 16_384;

export function registerPages(server: FastifyInstance, context: PagesOptions): void {
  server.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string", bodyLimit: bodyBytesMax },
    (_request, body, done) => {
      try {
        done(null, parseFormBody(String(body)));
      } catch (error) {
        done(error as Error);
      }
    },
  );
  server.addHook("onRoute", (route) => {
    route.schema = { ...route.schema, hide: true };
  });
  server.setErrorHandler((error, request, reply) => refuse(context, { error, request, reply }));
  for (const { path, type, text } of Object.values(assets)) {
    server.get(path, (_request, reply) =>
      reply.type(type).header("cache-control", "public, max-age=31536000, immutable").send(text),
    );
  }
  registerLogin(server, context);
  registerSecondStep(server, context);
  registerPasskeys(server, context);
  registerConfirm(server, context);
  registerLogout(server, context);
  registerAccount(server, context);
  registerFactors(server, context);
  registerInvitation(server, context);
  registerSetupPage(server, context);
  registerConnect(server, context);
  registerConsole(server, context);
}

interface Refused {
  status: number;
  title: string;
  message: string;
  retryAfterSeconds?: number;
}

function refuse(
  { log, notes }: PagesOptions,
  { error, request, reply }: { error: unknown; request: FastifyRequest; reply: FastifyReply },
): FastifyReply {
  const { status, title, message, retryAfterSeconds } = refusedOf(error);
  const path = `${request.method} ${request.routeOptions.url ?? "unknown"}`;
  const entry = { requestId: request.id, status, path };
  if (status === 500) log.error({ ...entry, err: error }, "a page failed");
  else log.info(entry, "a page was refused");
  notes.ofProblem(request, status, error);
  if (retryAfterSeconds !== undefined) reply.header("retry-after", String(retryAfterSeconds));
  return sendPage(reply, {
    title,
    status,
    main: html`<p class="lead">${message}</p>
      <p class="reference">Reference: <code>${request.id}</code></p>`,
  });
}

function refusedOf(error: unknown): Refused {
  if (error instanceof PageRefused) return error.page;
  if (error instanceof AdminError) {
    return { status: error.status, title: "This cannot be done", message: error.message };
  }
  if (error instanceof StoreUnavailable) {
    const title = "Not available for the moment";
    return { status: 503, title, message: "Try again in a few seconds.", retryAfterSeconds: 2 };
  }
  if (error instanceof TooManyAtOnce) {
    const title = "Too many sign-ins at once";
    const message = "Your password was not looked at. Try again in a few seconds.";
    return { status: 503, title, message, retryAfterSeconds: 5 };
  }
  const { statusCode: status = 500 } = error as Partial<FastifyError>;
  if (status < 500) {
    return { status, title: "This cannot be read", message: "Go back and send the form again." };
  }
  const message = "It is not you: the reference below says what it was.";
  return { status: 500, title: "Something went wrong here", message };
}
