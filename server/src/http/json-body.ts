import type { FastifyInstance } from "fastify";
import { AdminError } from "../errors/admin-error.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * How bodies of JSON are read. Bytes that are not UTF-8 refuse them: replaced by something else,
 * what is kept would not be what was sent.
 */
export function takeJsonBodies(framework: FastifyInstance): void {
  const parse = framework.getDefaultJsonParser("error", "error");
  framework.removeContentTypeParser("application/json");
  framework.addContentTypeParser<Buffer>(
    "application/json",
    { parseAs: "buffer" },
    (request, body, done) => {
      try {
        void parse(request, utf8.decode(body), done);
      } catch {
        done(new AdminError(400, "The request is not well-formed.", { fieldErrors: {} }));
      }
    },
  );
}
