// For Deno (`deno serve api.ts`), Bun (`bun api.ts`), workers, and any adapter for Node.
import { createVerifier } from "@countersign/sdk";
import { protect } from "@countersign/sdk/fetch";

const issuer = process.env["ISSUER"] ?? "http://127.0.0.1:8080";
const audience = process.env["AUDIENCE"] ?? "https://notes.example";
const verifier = createVerifier({ issuer, audience });

export default {
  fetch: protect(verifier, { permission: "notes:read" }, (_request, access) =>
    Response.json({ client: access.clientId, notes: ["Tokens expire."] }),
  ),
};
