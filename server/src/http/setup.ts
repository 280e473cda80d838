import type { FastifyInstance } from "fastify";
import type { TypeBoxTypeProvider } from "@fastify/type-provider-typebox";
import { BadRequestBody, ErrorBody } from "@countersign/protocol/admin/common.ts";
import { Setup, SetupAnswer } from "@countersign/protocol/admin/setup.ts";
import { claimOwnership, type PeopleContext } from "../people/owner.ts";

const bodyBytesMax = 4_096;

/** `POST /setup`: whoever brings the printed code first becomes the owner. */
export function registerSetup(server: FastifyInstance, context: PeopleContext): void {
  const typed = server.withTypeProvider<TypeBoxTypeProvider>();
  typed.addContentTypeParser(
    "application/x-www-form-urlencoded",
    { parseAs: "string" },
    (_request, body, done) => done(null, Object.fromEntries(new URLSearchParams(String(body)))),
  );
  typed.post(
    "/setup",
    {
      // Whoever sends it is a stranger yet.
      bodyLimit: bodyBytesMax,
      schema: {
        tags: ["Setup"],
        summary: "Become the owner of a new installation",
        description:
          "Takes the one-time code that the first start prints. JSON or a form. A browser opens the printed link instead.",
        body: Setup,
        response: {
          201: SetupAnswer,
          400: { ...BadRequestBody, description: "A field is wrong." },
          403: { ...ErrorBody, description: "The code is not valid, or no longer." },
        } as { 201: typeof SetupAnswer },
      },
    },
    async ({ body, id }, reply) => {
      const from = { requestId: id, sourceAddress: undefined };
      const { apiKey, plainKey } = await claimOwnership(context, body, from);
      reply.code(201).header("cache-control", "no-store");
      return {
        id: apiKey.id,
        name: apiKey.name,
        secret_key: plainKey,
        api_key_role: "personal" as const,
        enabled: apiKey.enabled,
        user_id: apiKey.ownerId,
      };
    },
  );
}
