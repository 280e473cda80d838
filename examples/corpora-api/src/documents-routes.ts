import { type Static, Type } from "typebox";
import { defaultLimit, documented, PageQuery, responses } from "./api-document.ts";
import { corpusLimits, CorpusParams } from "./corpus.ts";
import type { CorpusRecord } from "./corpus-store.ts";
import { CreateDocument, Document, documentOf, DocumentPage, DocumentParams } from "./document.ts";
import { metadataBytes, sizeOf } from "./document-size.ts";
import { parsePageKey, writePageKey } from "./page-key.ts";
import { accessOf, onCorpus } from "./protection.ts";
import { badRequest, conflict, notFound } from "./request-error.ts";
import type { Api, RouteNeeds, RoutePlugin } from "./route-plugin.ts";
import type { Store } from "./store.ts";

const tag = "Documents";

/** `/corpora/{corpus_key}/documents`, and one document. */
export const documentsRoutes: RoutePlugin = async (api, needs) => {
  listDocuments(api, needs);
  createDocument(api, needs);
  readDocument(api, needs);
  deleteDocument(api, needs);
};

function listDocuments(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "List the documents of a corpus", "documents:read"),
    params: CorpusParams,
    querystring: PageQuery,
    response: responses({ 200: DocumentPage }, 404),
  };
  const config = onCorpus("documents:read");
  api.get("/corpora/:corpus_key/documents", { config, schema }, (request) => {
    const corpus = store.corpora.load(accessOf(request).tenant, request.params.corpus_key);
    return findPage(store, corpus, request.query);
  });
}

function createDocument(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Add a document to a corpus", "documents:write"),
    params: CorpusParams,
    body: CreateDocument,
    response: responses({ 201: Document }, 404, 409, 413, 415),
  };
  const config = onCorpus("documents:write");
  api.post("/corpora/:corpus_key/documents", { config, schema }, async (request, reply) => {
    const { tenant } = accessOf(request);
    const document = documentOf(request.body);
    checkMetadata(document);
    store.atomically(() => {
      const corpus = store.corpora.load(tenant, request.params.corpus_key);
      checkRoom(corpus, document);
      if (!store.documents.insert(corpus.number, document)) {
        throw conflict("There is a document with this id.");
      }
    });
    return reply.code(201).send(document);
  });
}

function readDocument(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Read a document", "documents:read"),
    params: DocumentParams,
    response: responses({ 200: Document }, 404),
  };
  const config = onCorpus("documents:read");
  api.get("/corpora/:corpus_key/documents/:document_id", { config, schema }, (request) => {
    const { corpus_key: key, document_id: id } = request.params;
    const corpus = store.corpora.load(accessOf(request).tenant, key);
    const document = store.documents.find(corpus.number, id);
    if (document === undefined) throw notFound("document", id);
    return document;
  });
}

function deleteDocument(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Delete a document", "documents:write"),
    params: DocumentParams,
    response: responses({ 204: Type.Null() }, 404),
  };
  const config = onCorpus("documents:write");
  const path = "/corpora/:corpus_key/documents/:document_id";
  api.delete(path, { config, schema }, async (request, reply) => {
    const { corpus_key: key, document_id: id } = request.params;
    store.atomically(() => {
      const corpus = store.corpora.load(accessOf(request).tenant, key);
      if (!store.documents.delete(corpus.number, id)) throw notFound("document", id);
    });
    return reply.code(204).send(null);
  });
}

function findPage(
  store: Store,
  corpus: CorpusRecord,
  { limit = defaultLimit, page_key: pageKey }: Static<typeof PageQuery>,
): Static<typeof DocumentPage> {
  const list = ["documents", corpus.tenant, corpus.number];
  const position = parsePageKey(store.pageKeySecret, list, pageKey);
  const found = store.documents.list(corpus.number, position, limit + 1);
  const shown = found.slice(0, limit);
  const last = shown.at(-1);
  const isLastPage = found.length === shown.length || last === undefined;
  return {
    documents: shown.map(({ id, metadata }) => ({ id, metadata })),
    metadata: isLastPage ? {} : { page_key: writePageKey(store.pageKeySecret, list, last.number) },
  };
}

function checkMetadata(document: Document): void {
  if (metadataBytes(document) <= corpusLimits.max_metadata_bytes) return;
  const most = `${corpusLimits.max_metadata_bytes} bytes with that of its parts`;
  throw badRequest({ metadata: `must not be larger than ${most}` });
}

function checkRoom({ isEnabled, usage }: CorpusRecord, document: Document): void {
  if (!isEnabled) throw conflict("The corpus is disabled.");
  const { parts, characters, metadataCharacters } = sizeOf(document);
  const used = usage.characters + usage.metadataCharacters;
  const hasRoom =
    usage.parts + parts <= corpusLimits.max_parts &&
    used + characters + metadataCharacters <= corpusLimits.max_characters;
  if (!hasRoom) throw conflict("The corpus is full: see its limits.");
}
