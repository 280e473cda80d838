import { Type, type Static } from "typebox";
import { closedObject } from "./common.ts";

/** Tokens to try an API with, for who is signed in (`/v2/app_clients/{id}/test_tokens`). */

export const CreateTestToken = closedObject({
  scope: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 10_000,
      description: "Permissions, with spaces between them. Absent: all that the client has.",
    }),
  ),
  resource: Type.Optional(
    Type.String({ minLength: 1, maxLength: 255, description: "The audience of an API." }),
  ),
});
export type CreateTestToken = Static<typeof CreateTestToken>;

export const TestToken = Type.Object({
  access_token: Type.String(),
  token_type: Type.Literal("Bearer"),
  expires_in: Type.Integer({ description: "Seconds; at most ten minutes." }),
  scope: Type.Optional(Type.String()),
});
export type TestToken = Static<typeof TestToken>;

export const OpenapiDocument = Type.Object({
  document: Type.String({ description: "As the API publishes it: JSON or YAML." }),
});
export type OpenapiDocument = Static<typeof OpenapiDocument>;
