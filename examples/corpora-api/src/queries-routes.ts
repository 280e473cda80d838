import type { Static } from "typebox";
import { defaultLimit, documented, responses } from "./api-document.ts";
import { CorpusParams } from "./corpus.ts";
import type { CorpusRecord } from "./corpus-store.ts";
import { accessOf, onCorpus } from "./protection.ts";
import { QueryAnswer, QueryBody, QueryString } from "./query.ts";
import { conflict } from "./request-error.ts";
import type { Api, RouteNeeds, RoutePlugin } from "./route-plugin.ts";
import type { Store } from "./store.ts";
import { searchTerms } from "./term-search.ts";

const tag = "Queries";
const path = "/corpora/:corpus_key/query";

/** `/corpora/{corpus_key}/query`: a short form for a browser's address, and a long one. */
export const queriesRoutes: RoutePlugin = async (api, needs) => {
  queryByAddress(api, needs);
  queryByBody(api, needs);
};

function queryByAddress(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Search in a corpus", "corpora:query"),
    params: CorpusParams,
    querystring: QueryString,
    response: responses({ 200: QueryAnswer }, 404, 409),
  };
  api.get(path, { config: onCorpus("corpora:query"), schema }, (request) => {
    const corpus = store.corpora.load(accessOf(request).tenant, request.params.corpus_key);
    const { query, limit = defaultLimit } = request.query;
    return search(store, corpus, { query, limit, offset: 0 });
  });
}

function queryByBody(api: Api, { store }: RouteNeeds): void {
  const schema = {
    ...documented(tag, "Search in a corpus, with settings", "corpora:query"),
    params: CorpusParams,
    body: QueryBody,
    response: responses({ 200: QueryAnswer }, 404, 409, 413, 415),
  };
  api.post(path, { config: onCorpus("corpora:query"), schema }, (request) => {
    const corpus = store.corpora.load(accessOf(request).tenant, request.params.corpus_key);
    const { query, search: { limit = defaultLimit, offset = 0 } = {} } = request.body;
    return search(store, corpus, { query, limit, offset });
  });
}

interface Search {
  query: string;
  limit: number;
  offset: number;
}

/** Reads the whole corpus: its limits bound the work. */
function search(
  { documents }: Store,
  corpus: CorpusRecord,
  { query, limit, offset }: Search,
): Static<typeof QueryAnswer> {
  if (!corpus.isEnabled) throw conflict("The corpus is disabled.");
  const found = searchTerms(query, documents.parts(corpus.number)).slice(offset, offset + limit);
  const results = found.map(({ part, score }) => {
    const { documentId, documentMetadata, partMetadata } = documents.details(part);
    return {
      text: part.text,
      score,
      document_id: documentId,
      part_metadata: partMetadata,
      document_metadata: documentMetadata,
    };
  });
  return { search_results: results };
}
