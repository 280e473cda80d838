import { type Access, createVerifier } from "@countersign/sdk";
import { protect } from "@countersign/sdk/hono";
import { serve } from "@hono/node-server";
import { Hono } from "hono";

const issuer = process.env["ISSUER"] ?? "http://127.0.0.1:8080";
const audience = process.env["AUDIENCE"] ?? "https://notes.example";
const verifier = createVerifier({ issuer, audience });

const app = new Hono<{ Variables: { access: Access } }>();
app.get("/notes", protect(verifier, { permission: "notes:read" }), (context) =>
  context.json({ client: context.get("access").clientId, notes: ["Tokens expire."] }),
);
serve({ fetch: app.fetch, port: Number(process.env["PORT"] ?? 3000), hostname: "127.0.0.1" });
