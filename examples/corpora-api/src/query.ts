import { Type } from "typebox";
import { closedObject, Limit, Metadata } from "./api-document.ts";

/** A search on the wire. */

const Text = Type.String({ minLength: 1, maxLength: 5000 });

export const QueryString = Type.Object({ query: Text, limit: Limit });

export const QueryBody = closedObject({
  query: Text,
  search: Type.Optional(
    closedObject({
      limit: Limit,
      offset: Type.Optional(Type.Integer({ minimum: 0, maximum: 10_000, default: 0 })),
    }),
  ),
});

export const QueryAnswer = Type.Object({
  search_results: Type.Array(
    Type.Object({
      text: Type.String(),
      score: Type.Number({ description: "The share of the text's words that were asked for." }),
      document_id: Type.String(),
      part_metadata: Metadata,
      document_metadata: Metadata,
    }),
  ),
});
