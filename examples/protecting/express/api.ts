import { type Access, createVerifier } from "@countersign/sdk";
import { protect } from "@countersign/sdk/express";
import express, { type Request } from "express";

const issuer = process.env["ISSUER"] ?? "http://127.0.0.1:8080";
const audience = process.env["AUDIENCE"] ?? "https://notes.example";
const verifier = createVerifier({ issuer, audience });

const app = express();
app.get("/notes", protect(verifier, { permission: "notes:read" }), (request, response) => {
  const { access } = request as Request & { access: Access };
  response.json({ client: access.clientId, notes: ["Tokens expire."] });
});
app.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1");
