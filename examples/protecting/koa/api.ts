import { type Access, createVerifier } from "@countersign/sdk";
import { protect } from "@countersign/sdk/koa";
import Koa from "koa";

const issuer = process.env["ISSUER"] ?? "http://127.0.0.1:8080";
const audience = process.env["AUDIENCE"] ?? "https://notes.example";
const verifier = createVerifier({ issuer, audience });

const app = new Koa<{ access: Access }>();
app.use(protect(verifier, { permission: "notes:read" }));
app.use((context) => {
  context.body = { client: context.state.access.clientId, notes: ["Tokens expire."] };
});
app.listen(Number(process.env["PORT"] ?? 3000), "127.0.0.1");
