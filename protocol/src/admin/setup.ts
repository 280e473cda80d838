import { Type, type Static } from "typebox";
import { closedObject } from "./common.ts";

/** The first act on an empty store: the holder of the printed code becomes the owner. */

export const Setup = closedObject({
  code: Type.String({ minLength: 1, maxLength: 200 }),
  email: Type.String({ pattern: "^[^@\\s]{1,64}@[^@\\s]{1,190}$" }),
});
export type Setup = Static<typeof Setup>;

/** The owner's personal API key, in the shape of an API key; its value is shown this once. */
export const SetupAnswer = Type.Object({
  id: Type.String(),
  name: Type.String(),
  secret_key: Type.String(),
  api_key_role: Type.Literal("personal"),
  enabled: Type.Boolean(),
  user_id: Type.String(),
});
export type SetupAnswer = Static<typeof SetupAnswer>;
