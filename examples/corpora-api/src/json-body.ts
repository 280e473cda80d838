import type { FastifyInstance } from "fastify";
import { RequestError } from "./request-error.ts";

/** How bodies are read: JSON only, and nothing that would be hard to write out again. */

const bodyBytesMax = 1024 * 1024;
const depthMax = 32;
const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Sets the instance's only content type. A body that is empty counts as none. */
export function takeJsonBodies(instance: FastifyInstance): void {
  const parse = instance.getDefaultJsonParser("error", "error");
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer", bodyLimit: bodyBytesMax },
    (request, bytes, done) => {
      // Clients put this content type on every request, also on those without a body.
      if (bytes.length === 0) return done(null, undefined);
      const text = textOf(bytes);
      if (text === undefined) return done(refused("is not UTF-8"));
      void parse(request, text, (error, body) => {
        const problem = error === null ? problemOf(body) : undefined;
        if (problem === undefined) done(error, body);
        else done(refused(problem));
      });
    },
  );
}

function textOf(bytes: Buffer): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Goes level by level: one that called itself would run out of stack. */
function problemOf(body: unknown): string | undefined {
  let level: unknown[] = [body];
  for (let depth = 0; depth <= depthMax; depth += 1) {
    // Half of a pair would be kept as something else than what was answered.
    if (level.some((one) => typeof one === "string" && !one.isWellFormed())) {
      return "holds half of a surrogate pair";
    }
    level = level.flatMap((one) =>
      typeof one === "object" && one ? Object.entries(one).flat() : [],
    );
    if (level.length === 0) return undefined;
  }
  return `has more than ${depthMax} levels`;
}

const refused = (problem: string): RequestError =>
  new RequestError(400, `The body ${problem}.`, { field_errors: {} });
