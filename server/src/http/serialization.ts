import build from "fast-json-stringify";
import type { TSchema } from "typebox";
import type { FastifySerializerCompiler } from "fastify";

type Serialize = (answer: unknown) => string;

/**
 * Writes answers by the schemas that also type and document them: what no schema names does not get
 * out. A serializer takes a millisecond to make, there are hundreds, and most answers are never asked
 * for: each is made for its first answer, and once for all routes that answer the same.
 */
export const serializerCompiler: FastifySerializerCompiler<TSchema> = ({ schema }) => {
  return (answer) => serializerOf(schema)(answer);
};

const serializers = new WeakMap<TSchema, Serialize>();

function serializerOf(schema: TSchema): Serialize {
  const known = serializers.get(schema);
  if (known !== undefined) return known;
  const made: Serialize = build(schema as build.AnySchema);
  serializers.set(schema, made);
  return made;
}
