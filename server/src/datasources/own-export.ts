import type { ImportedDatasource } from "./imported-datasource.ts";

/** A datasource as `/v2/datasources/{id}/export` gives it: what is asked of `POST /v2/datasources`. */

/** `undefined` for what is no such export. */
export function readOwnExport(document: unknown): ImportedDatasource[] | undefined {
  const { left_out: leftOut, ...body } = Object(document) as Record<string, unknown>;
  const { name } = body;
  if (!Array.isArray(leftOut) || typeof name !== "string") return undefined;
  const names = leftOut.filter((one) => typeof one === "string");
  const notes = names.length === 0 ? [] : [`Not in an export, fill in: ${names.join("; ")}.`];
  return [{ name, body, notes }];
}
