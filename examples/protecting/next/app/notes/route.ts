import { createVerifier } from "@countersign/sdk";
import { protect } from "@countersign/sdk/next";

const issuer = process.env["ISSUER"] ?? "http://127.0.0.1:8080";
const audience = process.env["AUDIENCE"] ?? "https://notes.example";
const verifier = createVerifier({ issuer, audience });

export const GET = protect(verifier, { permission: "notes:read" }, (_request, access) =>
  Response.json({ client: access.clientId, notes: ["Tokens expire."] }),
);
