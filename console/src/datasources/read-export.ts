import type { ImportDatasources } from "@countersign/protocol/admin/datasource-import.ts";

/** Whose export it is; `undefined` when it is no JSON. What is in it the server reads. */
export function readExport(text: string): ImportDatasources | undefined {
  const document = parsed(text);
  if (document === undefined) return undefined;
  const { from, document: inner, left_out: leftOut } = Object(document) as Record<string, unknown>;
  if (from === "countersign") return { from, document: inner };
  if (Array.isArray(leftOut)) return { from: "countersign", document };
  return { from: "appsmith", document: datasourcesOf(document) };
}

/** An application's export holds all of its pages too, which nobody needs here. */
function datasourcesOf(document: unknown): unknown {
  const { datasourceList } = Object(document) as Record<string, unknown>;
  return Array.isArray(datasourceList) ? { datasourceList } : document;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
