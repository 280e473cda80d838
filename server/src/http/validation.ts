import type { FastifySchemaCompiler } from "fastify";
import { Compile } from "typebox/compile";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";

/**
 * Validates requests against the schemas that also type and document them. A body is taken as it is:
 * `"1"` is not 1. Query and path are text, so there numbers are read from it.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const validator = Compile(schema);
  const isText = httpPart !== "body";
  return (input: unknown) => {
    const value = Value.Default(schema, isText ? Value.Convert(schema, input) : input);
    if (validator.Check(value)) return { value };
    return { error: validator.Errors(value) as never };
  };
};
