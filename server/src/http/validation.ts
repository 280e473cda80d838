import type { FastifySchemaCompiler } from "fastify";
import { Compile, type Validator } from "typebox/compile";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { badField } from "../errors/admin-error.ts";

/**
 * Validates requests against the schemas that also type and document them. A body is taken as it is:
 * `"1"` is not 1. Query and path are text, so there numbers are read from it. No text may hold NUL:
 * Postgres cannot keep it.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const isText = httpPart !== "body";
  return (input: unknown) => {
    const validator = validatorOf(schema);
    const value = isText ? Value.Default(schema, Value.Convert(schema, input)) : input;
    if (!validator.Check(value)) return { error: validator.Errors(value) as never };
    if (holdsNul(value)) return { error: badField(httpPart ?? "body", "must not hold NUL") };
    return { value };
  };
};

const validators = new WeakMap<TSchema, Validator>();

/** Made for its first request, and once for all routes that take the same. */
function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = Compile(schema);
  validators.set(schema, made);
  return made;
}

function holdsNul(value: unknown): boolean {
  if (typeof value === "string") return value.includes("\0");
  return typeof value === "object" && value !== null && Object.values(value).some(holdsNul);
}
