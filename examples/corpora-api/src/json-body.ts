import type { FastifyInstance } from "fastify";
import { RequestError } from "./request-error.ts";

/** How bodies are read: JSON only, and nothing that would be hard to write out again. */

const bodyBytesMax = 1024 * 1024;
const depthMax = 32;

/** Sets the instance's only content type. A body that is empty counts as none. */
export function takeJsonBodies(instance: FastifyInstance): void {
  const parse = instance.getDefaultJsonParser("error", "error");
  instance.removeAllContentTypeParsers();
  instance.addContentTypeParser<string>(
    "application/json",
    { parseAs: "string", bodyLimit: bodyBytesMax },
    (request, text, done) => {
      // Clients put this content type on every request, also on those without a body.
      if (text === "") return done(null, undefined);
      void parse(request, text, (error, body) => {
        if (error === null && isDeeper(body, depthMax)) done(tooDeep());
        else done(error, body);
      });
    },
  );
}

/** Goes level by level: one that called itself would run out of stack. */
function isDeeper(value: unknown, levels: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; depth <= levels; depth += 1) {
    level = level.flatMap((one) => (typeof one === "object" && one ? Object.values(one) : []));
    if (level.length === 0) return false;
  }
  return true;
}

function tooDeep(): RequestError {
  return new RequestError(400, `The body has more than ${depthMax} levels.`, { field_errors: {} });
}
