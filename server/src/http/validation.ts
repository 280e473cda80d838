import type { FastifySchemaCompiler } from "fastify";
import { Compile, type Validator } from "typebox/compile";
import type { TSchema } from "typebox";
import { Value } from "typebox/value";
import { badField } from "../errors/admin-error.ts";

/**
 * Validates requests against the schemas that also type and document them. A body is taken as it is:
 * `"1"` is not 1. Query and path are text, so there integers and booleans are read from it. No text may hold NUL,
 * which Postgres cannot keep, nor half of a surrogate pair, which nothing keeps: UTF-8 has no such thing.
 * And nothing is nested so deeply that who walks through it runs out of stack.
 */
export const validatorCompiler: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  const isText = httpPart !== "body";
  return (input: unknown) => {
    const validator = validatorOf(schema);
    const value = isText ? Value.Default(schema, readTexts(schema, input as Texts)) : input;
    if (!validator.Check(value)) return { error: errorsOf(schema, value) as never };
    const problem = problemOfText(value);
    return problem === undefined ? { value } : { error: badField(httpPart ?? "body", problem) };
  };
};

type Texts = Record<string, unknown>;

const readTexts = (schema: TSchema, texts: Texts): Texts =>
  Object.fromEntries(
    Object.entries(texts).map(([name, text]) => [name, readText(typeOf(schema, name), text)]),
  );

function typeOf(schema: TSchema, name: string): string | undefined {
  const { properties = {} } = schema as { properties?: Record<string, { type?: string }> };
  return Object.hasOwn(properties, name) ? properties[name]?.type : undefined;
}

/** TypeBox's own conversion would take `1.5` for 1, `0x10` for 16 and `true` for 1. */
function readText(type: string | undefined, text: unknown): unknown {
  if (type === "integer" && /^-?\d+$/.test(String(text))) return Number(text);
  if (type === "boolean" && /^(?:true|false)$/.test(String(text))) return text === "true";
  return text;
}

const validators = new WeakMap<TSchema, Validator>();

/** Made for its first request, and once for all routes that take the same. */
function validatorOf(schema: TSchema): Validator {
  const known = validators.get(schema);
  if (known !== undefined) return known;
  const made = Compile(schema);
  validators.set(schema, made);
  return made;
}

/**
 * Why it is not valid. Finding what a list holds twice takes TypeBox a time that grows with the square
 * of how often that is, so it is asked of lists only that are no longer than they may be.
 */
export function errorsOf(schema: TSchema, value: unknown) {
  const errors = Value.Errors(withoutUniqueItems(schema), value);
  return errors.length > 0 ? errors : Value.Errors(schema, value);
}

const withoutUniqueItems = (schema: TSchema): TSchema =>
  JSON.parse(
    JSON.stringify(schema, (name, member: unknown) =>
      name === "uniqueItems" && member === true ? undefined : member,
    ),
  ) as TSchema;

const levelsMax = 64;

/** Why a text in it, a name of a member included, cannot be kept. */
function problemOfText(value: unknown, levelsLeft = levelsMax): string | undefined {
  if (typeof value === "string") {
    if (value.includes("\0")) return "must not hold NUL";
    return value.isWellFormed() ? undefined : "must not hold half of a surrogate pair";
  }
  if (typeof value !== "object" || value === null) return undefined;
  if (levelsLeft === 0) return `must not have more than ${levelsMax} levels`;
  for (const [name, member] of Object.entries(value)) {
    const problem = problemOfText(name) ?? problemOfText(member, levelsLeft - 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}
