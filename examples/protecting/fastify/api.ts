import { type Access, createVerifier } from "@countersign/sdk";
import { protectRoutes, type RouteProtection } from "@countersign/sdk/fastify";
import Fastify from "fastify";

declare module "fastify" {
  interface FastifyContextConfig extends RouteProtection {}
  interface FastifyRequest {
    access: Access;
  }
}

const issuer = process.env["ISSUER"] ?? "http://127.0.0.1:8080";
const audience = process.env["AUDIENCE"] ?? "https://notes.example";
const verifier = createVerifier({ issuer, audience });

const app = Fastify();
await app.register(protectRoutes, { verifier });
app.get("/notes", { config: { permission: "notes:read" } }, ({ access }) => ({
  client: access.clientId,
  notes: ["Tokens expire."],
}));
await app.listen({ port: Number(process.env["PORT"] ?? 3000), host: "127.0.0.1" });
