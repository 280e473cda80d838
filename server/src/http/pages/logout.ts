import type { FastifyInstance } from "fastify";
import { endSession } from "../../people/session.ts";
import { addCookie } from "./form.ts";
import { html } from "./html.ts";
import { sendPage } from "./page.ts";
import { checkedForm, formToken, fromOf, goTo, visitorOf, type PagesContext } from "./visitor.ts";

/** `/logout`: the session ends on the server, and the browser forgets it. */
export function registerLogout(server: FastifyInstance, context: PagesContext): void {
  const { cookies, signIn } = context;

  server.get("/logout", async (request, reply) => {
    if ((await visitorOf(context, request)) === undefined) return goTo(reply, "/login");
    return sendPage(reply, {
      title: "Sign out?",
      main: html`<p class="lead">Your session ends on the server, too.</p>
        <form method="post" action="/logout">
          ${formToken(context, request, reply)}
          <button type="submit">Sign out</button>
        </form>`,
    });
  });

  server.post("/logout", async (request, reply) => {
    checkedForm(context, request);
    const visitor = await visitorOf(context, request);
    if (visitor !== undefined) {
      const { session } = visitor;
      await endSession(signIn, session, session.id, fromOf(context, request));
    }
    for (const name of ["session", "sign_in", "form"] as const) {
      addCookie(reply, cookies.clear(name));
    }
    return goTo(reply, "/login");
  });
}
