import type { FastifyRequest } from "fastify";
import type { SignInFrom } from "../../people/session.ts";
import { PageRefused } from "./page-refused.ts";
import type { PagesContext } from "./visitor.ts";

/** What a wrong password costs and what is said of it: the same for names that nobody has. */

export interface PasswordProblem {
  status: number;
  message: string;
  retryAfterSeconds?: number;
}

/** Only wrong ones count, and only wrong ones are refused: nobody can lock somebody else out. */
export function refusePassword(
  context: PagesContext,
  request: FastifyRequest,
  { login, from }: { login: string; from: SignInFrom },
): PasswordProblem {
  const waitSeconds = context.failures.spend(login.toLowerCase(), from.sourceAddress);
  const problem: PasswordProblem =
    waitSeconds === undefined
      ? { status: 403, message: "E-mail or password is not right." }
      : {
          status: 429,
          message: "E-mail or password is not right, as many times before. Wait a minute.",
          retryAfterSeconds: waitSeconds,
        };
  const cause = waitSeconds === undefined ? "sign_in_refused" : "sign_in_throttled";
  const page = { status: problem.status, title: "", message: "" };
  context.notes.ofProblem(request, problem.status, new PageRefused(cause, page));
  return problem;
}
