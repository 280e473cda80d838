import type { FastifyReply, FastifyRequest } from "fastify";
import { userAgentOf } from "../../audit/user-agent.ts";
import type { FindLiveSession, LiveSession, SignInFrom } from "../../people/session.ts";
import type { SignInContext } from "../../people/sign-in.ts";
import type { CallerContext } from "../caller.ts";
import type { CodeBudget } from "../code-budget.ts";
import type { Cookies } from "../cookies.ts";
import type { FailureBudget } from "../failure-budget.ts";
import type { RefusalNotes } from "../refusal-notes.ts";
import { budgetOwnerOf } from "../source-address.ts";
import { addCookie, formTokenField, type Form, type FormGuard } from "./form.ts";
import { hidden } from "./page.ts";
import type { Html } from "./html.ts";

/** What every page knows: who looks at it, from where, and what it sent. */

export interface PagesContext {
  signIn: SignInContext;
  findSession: FindLiveSession;
  cookies: Cookies;
  forms: FormGuard;
  /** Wrong passwords, by name and source. */
  failures: FailureBudget;
  /** Wrong codes, by person. */
  codes: CodeBudget;
  revocations: CallerContext["revocations"];
  notes: Pick<RefusalNotes, "ofProblem">;
  publicUrl: string;
  sourceAddressOf(request: FastifyRequest["raw"]): string;
}

/** Who is signed in, if anybody is. */
export async function visitorOf(
  { cookies, revocations, findSession }: PagesContext,
  { headers }: FastifyRequest,
): Promise<LiveSession | undefined> {
  const plainSession = cookies.read(headers, "session");
  if (plainSession === undefined) return undefined;
  await revocations.catchUp();
  return findSession(plainSession);
}

export function fromOf({ sourceAddressOf }: PagesContext, request: FastifyRequest): SignInFrom {
  const sourceAddress = sourceAddressOf(request.raw);
  return {
    requestId: request.id,
    sourceAddress,
    userAgent: userAgentOf(request.headers["user-agent"]),
    asker: budgetOwnerOf(sourceAddress),
  };
}

/** The form that was sent, once it is certain that it was one of ours. Throws 403. */
export function checkedForm({ forms }: PagesContext, request: FastifyRequest): Form {
  const form = request.body instanceof Map ? (request.body as Form) : new Map<string, string>();
  forms.check(request, form);
  return form;
}

export const formToken = (
  { forms }: PagesContext,
  request: FastifyRequest,
  reply: FastifyReply,
): Html => hidden(formTokenField, forms.tokenFor(request, reply));

export function queryOf(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, unknown>)[name];
  return typeof value === "string" ? value : undefined;
}

/** After a form the browser goes on with a GET, which can be repeated. */
export const goTo = (reply: FastifyReply, path: string): FastifyReply =>
  reply.code(303).headers({ location: path, "cache-control": "no-store" }).send("");

const sessionCookieSeconds = 7 * 24 * 3_600;

/** From now on this browser is signed in. */
export function keepSession({ cookies }: PagesContext, reply: FastifyReply, plain: string): void {
  addCookie(reply, cookies.write("session", plain, sessionCookieSeconds));
  addCookie(reply, cookies.clear("sign_in"));
}

export const signInPath = (returnTo: string): string =>
  `/login?return_to=${encodeURIComponent(returnTo)}`;
