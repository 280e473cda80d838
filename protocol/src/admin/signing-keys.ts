import { Type, type Static } from "typebox";
import { signingAlgorithms } from "../oauth.ts";
import { closedObject, oneOf } from "./common.ts";

/** The keys that sign tokens (`/v2/signing_keys`). */

export const publishedStages = ["next", "current", "previous"] as const;

const DateTime = Type.String({ format: "date-time" });
const Algorithm = oneOf(signingAlgorithms, "The algorithm of its signatures.");

export const SigningKey = Type.Object({
  kid: Type.String({ description: "Its name in the key set, and in the header of tokens." }),
  algorithm: Algorithm,
  stage: oneOf(
    publishedStages,
    "`next` is published and does not sign yet, `current` signs, `previous` is published until its last token has expired.",
  ),
  created_at: DateTime,
  stage_since: DateTime,
  next_stage_at: Type.String({
    format: "date-time",
    description: "When it moves on by itself. A `previous` key leaves the key set then.",
  }),
  public_jwk: Type.Record(Type.String(), Type.Unknown(), {
    description: "As in the key set (RFC 7517).",
  }),
});
export type SigningKey = Static<typeof SigningKey>;

export const SigningKeyList = Type.Object({ signing_keys: Type.Array(SigningKey) });
export type SigningKeyList = Static<typeof SigningKeyList>;

export const RotateSigningKeys = closedObject({
  algorithm: Type.Optional({
    ...Algorithm,
    description: "Only the keys of this algorithm. Absent: those of every algorithm in use.",
  }),
});
export type RotateSigningKeys = Static<typeof RotateSigningKeys>;
