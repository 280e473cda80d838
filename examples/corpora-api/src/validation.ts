import type { FastifySchemaCompiler } from "fastify";
import { IsArray, IsInteger, IsObject, IsUnion, type TSchema } from "typebox";
import { Compile, type Validator } from "typebox/compile";
import { badRequest, type RequestError } from "./request-error.ts";

/**
 * Checks requests by the routes' schemas. Fastify's own validation removes members that it does not
 * know; this one names them, so that a mistyped name is noticed.
 */
export const compileValidator: FastifySchemaCompiler<TSchema> = ({ schema, httpPart }) => {
  if (IsUnion(schema)) return unionCheck(schema.anyOf);
  const validator = Compile(schema);
  return (value: unknown) =>
    check(validator, httpPart === "querystring" ? parseQuery(schema, value) : value);
};

type Verdict = { value: unknown } | { error: RequestError };

function check(validator: Validator, value: unknown): Verdict {
  if (validator.Check(value)) return { value };
  return { error: badRequest(fieldErrorsOf(validator.Errors(value))) };
}

/** Bodies of several forms are told apart by `type`, so that errors are about the form meant. */
function unionCheck(variants: readonly TSchema[]): (value: unknown) => Verdict {
  const validators = new Map(
    variants.map((variant) => [typeNameOf(variant), Compile(variant)] as const),
  );
  const expected = `must be ${[...validators.keys()].join(" or ")}`;
  return (value) => {
    const isObject = typeof value === "object" && value !== null;
    const type = isObject ? (value as { type?: unknown }).type : undefined;
    const validator = validators.get(type);
    if (validator !== undefined) return check(validator, value);
    return { error: badRequest(isObject ? { type: expected } : { body: "must be object" }) };
  };
}

function typeNameOf(variant: TSchema): unknown {
  return IsObject(variant) ? (variant.properties["type"] as { const?: unknown }).const : undefined;
}

/** A query is text: turns it into what the schema speaks of. */
function parseQuery(schema: TSchema, query: unknown): unknown {
  if (!IsObject(schema)) return query;
  const values = query as Readonly<Record<string, unknown>>;
  const entries = Object.entries(schema.properties).map(([name, one]) => {
    const isList = IsArray(one);
    // Some clients write brackets after the name of a list.
    const value = values[name] ?? (isList ? values[`${name}[]`] : undefined);
    if (isList && value !== undefined) return [name, [value].flat()];
    return [name, IsInteger(one) ? parseInteger(value) : value];
  });
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** What is no integer stays as it is, for the schema to refuse. */
function parseInteger(value: unknown): unknown {
  return typeof value === "string" && /^-?\d{1,15}$/.test(value) ? Number(value) : value;
}

const nameCharactersMax = 100;

function fieldErrorsOf(errors: ReturnType<Validator["Errors"]>): Record<string, string> {
  const fields = new Map<string, string>();
  const add = (path: string, message: string): void => {
    const name = fieldName(path);
    if (!fields.has(name)) fields.set(name, message);
  };
  for (const error of errors) {
    const { keyword, instancePath, message } = error;
    if (keyword === "required") {
      for (const name of error.params.requiredProperties)
        add(`${instancePath}/${name}`, "is missing");
    } else if (keyword === "boolean") {
      add(instancePath, "is not known");
    } else if (keyword !== "additionalProperties") {
      add(instancePath, message);
    }
  }
  return Object.fromEntries(fields);
}

/** From a JSON pointer: `document_parts.0.text` [RFC 6901 §3]. */
function fieldName(pointer: string): string {
  const names = pointer.split("/").slice(1);
  const name = names.map((one) => one.replaceAll("~1", "/").replaceAll("~0", "~")).join(".");
  return name === "" ? "body" : name.slice(0, nameCharactersMax);
}
