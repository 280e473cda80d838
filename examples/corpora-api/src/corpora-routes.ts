import { type Static, Type } from "typebox";
import { defaultLimit, documented, responses } from "./api-document.ts";
import {
  Corpus,
  corpusLimits,
  CorpusPage,
  CorpusParams,
  CreateCorpus,
  ListCorporaQuery,
  UpdateCorpus,
} from "./corpus.ts";
import type { CorpusRecord } from "./corpus-store.ts";
import { nameFilter } from "./name-filter.ts";
import { parsePageKey, writePageKey } from "./page-key.ts";
import { accessOf, onAccount, onCorpus, onSomeCorpora } from "./protection.ts";
import { conflict } from "./request-error.ts";
import type { Api, RouteNeeds, RoutePlugin } from "./route-plugin.ts";
import type { Store } from "./store.ts";

const tag = "Corpora";

/** `/corpora`, and one corpus. */
export const corporaRoutes: RoutePlugin = async (api, needs) => {
  listCorpora(api, needs);
  createCorpus(api, needs);
  readCorpus(api, needs);
  updateCorpus(api, needs);
  deleteCorpus(api, needs);
  resetCorpus(api, needs);
};

function listCorpora(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "List corpora", "corpora:read"),
    querystring: ListCorporaQuery,
    response: responses({ 200: CorpusPage }),
  };
  api.get("/corpora", { config: onSomeCorpora("corpora:read"), schema }, (request) => {
    const access = accessOf(request);
    const readable = access.requireResources("corpora:read", "corpus");
    return findPage(store, access.tenant, readable, request.query);
  });
}

function createCorpus(api: Api, { store, now }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Create a corpus", "corpora:write"),
    body: CreateCorpus,
    response: responses({ 201: Corpus }, 409, 413, 415),
  };
  api.post("/corpora", { config: onAccount("corpora:write"), schema }, async (request, reply) => {
    const { key, name = key, description = "", ...features } = request.body;
    const corpus = { key, name, description, features, createdAtMs: now() };
    const record = store.corpora.insert(accessOf(request).tenant, corpus);
    if (record === undefined) throw conflict("There is a corpus with this key.");
    return reply.code(201).send(corpusOf(record));
  });
}

function readCorpus(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Read a corpus", "corpora:read"),
    params: CorpusParams,
    response: responses({ 200: Corpus }, 404),
  };
  api.get("/corpora/:corpus_key", { config: onCorpus("corpora:read"), schema }, (request) =>
    corpusOf(store.corpora.load(accessOf(request).tenant, request.params.corpus_key)),
  );
}

function updateCorpus(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Change the settings of a corpus", "corpora:update"),
    params: CorpusParams,
    body: UpdateCorpus,
    response: responses({ 200: Corpus }, 404, 413, 415),
  };
  api.patch("/corpora/:corpus_key", { config: onCorpus("corpora:update"), schema }, (request) => {
    const { name, description, enabled, ...features } = request.body;
    const changes = { name, description, isEnabled: enabled, features };
    const { tenant } = accessOf(request);
    return corpusOf(store.corpora.update(tenant, request.params.corpus_key, changes));
  });
}

function deleteCorpus(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Delete a corpus with everything in it", "corpora:delete"),
    params: CorpusParams,
    response: responses({ 204: Type.Null() }, 404),
  };
  const config = onCorpus("corpora:delete");
  api.delete("/corpora/:corpus_key", { config, schema }, async (request, reply) => {
    store.corpora.delete(accessOf(request).tenant, request.params.corpus_key);
    return reply.code(204).send(null);
  });
}

function resetCorpus(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Remove all documents of a corpus", "corpora:reset"),
    params: CorpusParams,
    response: responses({ 204: Type.Null() }, 404),
  };
  const config = onCorpus("corpora:reset");
  api.post("/corpora/:corpus_key/reset", { config, schema }, async (request, reply) => {
    store.atomically(() => {
      const corpus = store.corpora.load(accessOf(request).tenant, request.params.corpus_key);
      store.documents.deleteAll(corpus.number);
    });
    return reply.code(204).send(null);
  });
}

/** Goes through what the caller may read, until the page is full or the filter's work is spent. */
function findPage(
  store: Store,
  tenant: string,
  readable: "all" | ReadonlySet<string>,
  query: Static<typeof ListCorporaQuery>,
): Static<typeof CorpusPage> {
  const { limit = defaultLimit, filter: pattern, corpus_id: ids, page_key: pageKey } = query;
  const list = ["corpora", tenant, pattern ?? null, ids ?? null];
  const filter = nameFilter(pattern);
  let position = parsePageKey(store.pageKeySecret, list, pageKey);
  const corpora: Corpus[] = [];
  const candidates = store.corpora.select(tenant, {
    afterNumber: position,
    keys: readable === "all" ? undefined : readable,
    numbers: ids?.map((id) => Number(id.slice("crp_".length))),
  });
  for (const record of candidates) {
    // Spent work is looked at first, so that every page gets by one corpus at least.
    const isSpent = filter.isSpent();
    const isMatch = !isSpent && filter.matches([record.name, record.description]);
    if (isSpent || (isMatch && corpora.length === limit)) {
      const next = writePageKey(store.pageKeySecret, list, position);
      return { corpora, metadata: { page_key: next } };
    }
    if (isMatch) corpora.push(corpusOf(record));
    position = record.number;
  }
  return { corpora, metadata: {} };
}

function corpusOf(record: CorpusRecord): Corpus {
  const { number, key, name, description, isEnabled, features, usage, createdAtMs } = record;
  return {
    id: `crp_${number}`,
    key,
    name,
    description,
    enabled: isEnabled,
    chat_history_corpus: false,
    ...features,
    limits: {
      used_docs: usage.docs,
      used_parts: usage.parts,
      used_characters: usage.characters,
      used_metadata_characters: usage.metadataCharacters,
      ...corpusLimits,
    },
    created_at: new Date(createdAtMs).toISOString(),
  };
}
