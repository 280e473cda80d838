import { createVerifier } from "@countersign/sdk";
import { fastify } from "fastify";
import { corporaApi } from "./corpora-api.ts";
import { errorHandler } from "./error-answer.ts";

/** Runs the sample API alone, beside any Countersign. */

const {
  COUNTERSIGN_ISSUER: issuer = "http://127.0.0.1:8080",
  AUDIENCE: audience = issuer,
  PORT: port = "8081",
  DATABASE_FILE: databaseFile = ":memory:",
} = process.env;

const answerError = errorHandler(({ id }) => id);
const server = fastify({
  logger: true,
  frameworkErrors: (...refused) => void answerError(...refused),
});
server.setErrorHandler(answerError);
server.setNotFoundHandler((request, reply) =>
  reply.code(404).send({ id: request.url, messages: ["Not found."], request_id: request.id }),
);
const verifier = createVerifier({ issuer, audience });
await server.register(corporaApi({ verifier, databaseFile }), { prefix: "/v2" });
await server.listen({ host: "127.0.0.1", port: Number(port) });

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.once(signal, () => void server.close());
}
