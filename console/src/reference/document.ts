import type { Api } from "@countersign/protocol/admin/apis.ts";
import type { OpenapiDocument } from "@countersign/protocol/admin/test-tokens.ts";
import { request } from "../api/request.ts";
import { apiPath } from "../api/roles.ts";

/** The documents that can be shown: our own, the sample API's, and those that registered APIs publish. */

export interface Source {
  id: string;
  label: string;
  /** The audience that tokens for it name; absent for the default API. */
  audience: string | undefined;
}

/** What is read of an OpenAPI document here. */
interface Document {
  info?: { title?: string };
  paths?: Record<string, Record<string, Operation>>;
  components?: { securitySchemes?: Record<string, unknown> };
  security?: unknown;
}
interface Operation {
  tags?: string[];
  security?: unknown;
}

const own: Source = { id: "countersign", label: "Countersign", audience: undefined };
const sample: Source = { id: "corpora", label: "Corpora, the sample API", audience: undefined };

export const sourcesOf = (apis: readonly Api[]): Source[] => [
  sample,
  own,
  ...apis
    .filter((api) => api.openapi_url !== undefined && !api.is_default)
    .map((api) => ({ id: api.id, label: api.name, audience: api.audience })),
];

/** An object, or YAML as it is. Throws `ApiProblem`. */
export async function loadDocument({ id }: Source): Promise<object | string> {
  if (id !== own.id && id !== sample.id) {
    const path = `${apiPath(id)}/openapi_document`;
    const { document } = await request<OpenapiDocument>("GET", path);
    const parsed = parseJson(document);
    return parsed === undefined ? document : withBearer(parsed);
  }
  const document = await request<Document>("GET", "/openapi.json");
  const paths = pathsOf(document, (one) => isSample(one) === (id === sample.id));
  const info = id === sample.id ? { ...document.info, ...sampleInfo } : document.info;
  return withBearer({ ...document, ...(info === undefined ? {} : { info }), paths });
}

const sampleInfo = {
  title: "Corpora",
  description: "Corpora of documents that can be searched: a small API that Countersign protects.",
};

/** They stand in our own document, because the sample API runs under our address. */
const sampleTags = ["Corpora", "Documents", "Queries", "Jobs"];
const isSample = ({ tags }: Operation): boolean =>
  tags?.some((tag) => sampleTags.includes(tag)) === true;

function pathsOf(
  { paths = {} }: Document,
  isWanted: (operation: Operation) => boolean,
): NonNullable<Document["paths"]> {
  const kept = Object.entries(paths).map(
    ([path, operations]) =>
      [
        path,
        Object.fromEntries(Object.entries(operations).filter(([, one]) => isWanted(one))),
      ] as const,
  );
  return Object.fromEntries(kept.filter(([, operations]) => Object.keys(operations).length > 0));
}

/** Whatever ways in the document describes: here a token is sent, so a field for one is shown. */
function withBearer(document: Document): Document {
  const security = [{ bearer: [] }];
  const paths = Object.entries(document.paths ?? {}).map(([path, operations]) => [
    path,
    Object.fromEntries(
      Object.entries(operations).map(([method, operation]) => [
        method,
        isOperation(operation) ? { ...operation, security } : operation,
      ]),
    ),
  ]);
  return {
    ...document,
    security,
    paths: Object.fromEntries(paths) as NonNullable<Document["paths"]>,
    components: {
      ...document.components,
      securitySchemes: {
        bearer: {
          type: "http",
          scheme: "bearer",
          description: "Paste a token, or choose an app client above and leave this empty.",
        },
      },
    },
  };
}

/** Beside operations a path has parameters and texts. */
const isOperation = (value: unknown): boolean =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function parseJson(text: string): Document | undefined {
  try {
    return JSON.parse(text) as Document;
  } catch {
    return undefined;
  }
}
