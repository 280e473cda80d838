import type { FastifyInstance } from "fastify";
import { hasRepeatedMember } from "../access/repeated-member.ts";
import { AdminError } from "../errors/admin-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * How bodies of JSON are read. Bytes that are not UTF-8 refuse them: replaced by something else, what is
 * kept would not be what was sent. So does a member that is there twice: who looked at the request on its
 * way may have read the other one [RFC 8259 §4].
 */
export function takeJsonBodies(framework: FastifyInstance): void {
  const parse = framework.getDefaultJsonParser("error", "error");
  framework.removeContentTypeParser("application/json");
  framework.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    (request, body, done) => {
      const text = decode(body);
      if (text === undefined) return done(refused("The request is not well-formed."));
      void parse(request, text, (error, value) => {
        if (error !== null) return done(error);
        if (!hasRepeatedMember(text, value)) return done(null, value);
        done(refused("A member of the body occurs more than once."));
      });
    },
  );
}

function decode(body: Buffer): string | undefined {
  try {
    return utf8.decode(body);
  } catch {
    return undefined;
  }
}

const refused = (message: string): AdminError => new AdminError(400, message, { fieldErrors: {} });
