import { type Static, Type } from "typebox";
import { closedObject, Metadata, PageMetadata } from "./api-document.ts";
import { CorpusKey } from "./corpus.ts";

/** A document on the wire: parts of text, each of which can be found. */

/** No control characters; as long as a piece of a path may be. */
const DocumentId = Type.String({ pattern: "^[^\\u0000-\\u001f\\u007f]{1,100}$" });
export const DocumentParams = Type.Object({
  corpus_key: CorpusKey,
  document_id: Type.String({ minLength: 1 }),
});

const Part = closedObject({ text: Type.String(), metadata: Type.Optional(Metadata) });
const Section = closedObject({
  title: Type.Optional(Type.String()),
  text: Type.String(),
  metadata: Type.Optional(Metadata),
});
const partsMax = 10_000;

const CoreDocument = closedObject({
  id: DocumentId,
  type: Type.Literal("core"),
  metadata: Type.Optional(Metadata),
  document_parts: Type.Array(Part, { minItems: 1, maxItems: partsMax }),
});
const StructuredDocument = closedObject({
  id: DocumentId,
  type: Type.Literal("structured"),
  title: Type.Optional(Type.String()),
  metadata: Type.Optional(Metadata),
  sections: Type.Array(Section, { minItems: 1, maxItems: partsMax }),
});

export const CreateDocument = Type.Union([CoreDocument, StructuredDocument]);
export type CreateDocument = Static<typeof CreateDocument>;

export interface DocumentPart {
  text: string;
  metadata: Record<string, unknown>;
}

/** A document in the one form that is kept. */
export interface Document {
  id: string;
  metadata: Record<string, unknown>;
  parts: DocumentPart[];
}

/** Either form as a document: a section becomes a part, and titles go into the metadata. */
export function documentOf(body: CreateDocument): Document {
  if (body.type === "core") {
    const parts = body.document_parts.map(({ text, metadata = {} }) => ({ text, metadata }));
    return { id: body.id, metadata: body.metadata ?? {}, parts };
  }
  const parts = body.sections.map(({ text, title, metadata }) => ({
    text,
    metadata: titled(title, metadata),
  }));
  return { id: body.id, metadata: titled(body.title, body.metadata), parts };
}

function titled(title: string | undefined, metadata: Record<string, unknown> = {}) {
  return title === undefined ? metadata : { title, ...metadata };
}

export const Document = Type.Object({
  id: DocumentId,
  metadata: Metadata,
  parts: Type.Array(Type.Object({ text: Type.String(), metadata: Metadata })),
});

export const DocumentPage = Type.Object({
  documents: Type.Array(Type.Object({ id: DocumentId, metadata: Metadata })),
  metadata: PageMetadata,
});
