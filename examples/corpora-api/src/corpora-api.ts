import type { Verifier } from "@countersign/sdk";
import { protectRoutes } from "@countersign/sdk/fastify";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import type { FastifyPluginAsync, FastifyRequest } from "fastify";
import { corporaRoutes } from "./corpora-routes.ts";
import { documentsRoutes } from "./documents-routes.ts";
import { errorAnswer, errorHandler } from "./error-answer.ts";
import { jobsRoute } from "./jobs-route.ts";
import { takeJsonBodies } from "./json-body.ts";
import { queriesRoutes } from "./queries-routes.ts";
import { openStore } from "./store.ts";
import { compileValidator } from "./validation.ts";

/**
 * The sample API: corpora of documents that can be searched, protected by access tokens. All that
 * it knows of OAuth is the verifier it is given and what each route declares.
 */
export interface CorporaApiOptions {
  /** Judges the access tokens; see `createVerifier`. */
  verifier: Verifier;
  /** A SQLite file, made when missing; `:memory:` keeps everything in memory. */
  databaseFile: string;
  /** What stands in `request_id` of an error; by default Fastify's own id of the request. */
  requestIdOf?: (request: FastifyRequest) => string;
  /** Milliseconds since the epoch. */
  now?: () => number;
}

/** A Fastify plugin; register it with `prefix: "/v2"`. */
export function corporaApi(options: CorporaApiOptions): FastifyPluginAsync {
  const { verifier, databaseFile, requestIdOf = ({ id }) => id, now = Date.now } = options;
  return async (instance) => {
    const store = openStore(databaseFile);
    instance.addHook("onClose", () => store.close());
    takeJsonBodies(instance);
    instance.setValidatorCompiler(compileValidator);
    // What is answered is made member by member; the schemas of responses are for readers.
    instance.setSerializerCompiler(() => (data) => JSON.stringify(data));
    instance.setErrorHandler(errorHandler(requestIdOf));
    await instance.register(protectRoutes, {
      verifier,
      refusalBody: (error, request) =>
        errorAnswer(error, requestIdOf(request as unknown as FastifyRequest)).body,
    });
    const api = instance.withTypeProvider<TypeBoxTypeProvider>();
    for (const routes of [corporaRoutes, documentsRoutes, queriesRoutes, jobsRoute]) {
      await api.register(routes, { store, now });
    }
  };
}
