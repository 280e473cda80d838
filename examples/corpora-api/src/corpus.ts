import { type Static, Type } from "typebox";
import { closedObject, PageMetadata, PageQuery } from "./api-document.ts";

/** A corpus on the wire: documents under one key, which rights are given on. */

export const CorpusKey = Type.String({ pattern: "^[a-zA-Z0-9_=-]{1,50}$" });
export const CorpusParams = Type.Object({ corpus_key: CorpusKey });

const Name = Type.String({ minLength: 1, maxLength: 255 });
const Description = Type.String({ maxLength: 2000 });

const FilterAttribute = closedObject({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  level: Type.Enum(["document", "part"]),
  type: Type.Enum(["integer", "real_number", "text", "boolean"]),
  description: Type.Optional(Description),
  indexed: Type.Optional(Type.Boolean()),
});
const CustomDimension = closedObject({
  name: Type.String({ minLength: 1, maxLength: 100 }),
  description: Type.Optional(Description),
  indexing_default: Type.Optional(Type.Number()),
  querying_default: Type.Optional(Type.Number()),
});

/** What the sample keeps and shows, but has no use for. */
const Features = Type.Object({
  queries_are_answers: Type.Boolean(),
  documents_are_questions: Type.Boolean(),
  encoder_name: Type.String({ minLength: 1, maxLength: 100 }),
  save_history: Type.Boolean(),
  filter_attributes: Type.Array(FilterAttribute, { maxItems: 50 }),
  custom_dimensions: Type.Array(CustomDimension, { maxItems: 10 }),
});
export type Features = Static<typeof Features>;

export const defaultFeatures: Features = {
  queries_are_answers: false,
  documents_are_questions: false,
  encoder_name: "term_frequency",
  save_history: false,
  filter_attributes: [],
  custom_dimensions: [],
};

export const CreateCorpus = closedObject({
  key: CorpusKey,
  name: Type.Optional(Name),
  description: Type.Optional(Description),
  ...Type.Partial(Features).properties,
});

export const UpdateCorpus = closedObject({
  name: Type.Optional(Name),
  description: Type.Optional(Description),
  enabled: Type.Optional(
    Type.Boolean({ description: "Without, it takes no documents or queries." }),
  ),
  ...Type.Partial(Type.Pick(Features, ["queries_are_answers", "documents_are_questions"]))
    .properties,
  save_history: Type.Optional(Type.Boolean()),
});

/** How much a corpus may hold, so that a search through all of it stays short. */
export const corpusLimits = {
  max_parts: 10_000,
  /** Texts and metadata together. */
  max_characters: 1_000_000,
  /** Of one document, its parts included. */
  max_metadata_bytes: 65_536,
};

const Limits = Type.Object({
  used_docs: Type.Integer(),
  used_parts: Type.Integer(),
  used_characters: Type.Integer(),
  used_metadata_characters: Type.Integer(),
  max_parts: Type.Integer(),
  max_characters: Type.Integer({ description: "Of texts and metadata together." }),
  max_metadata_bytes: Type.Integer({ description: "Of one document with its parts." }),
});

export const Corpus = Type.Object({
  id: Type.String({ pattern: "^crp_\\d+$" }),
  key: CorpusKey,
  name: Name,
  description: Description,
  enabled: Type.Boolean(),
  chat_history_corpus: Type.Boolean(),
  ...Features.properties,
  limits: Limits,
  created_at: Type.String({ format: "date-time" }),
});
export type Corpus = Static<typeof Corpus>;

export const ListCorporaQuery = Type.Object({
  ...PageQuery.properties,
  filter: Type.Optional(
    Type.String({
      minLength: 1,
      maxLength: 200,
      description:
        "A regular expression (RE2 syntax) that the name or the description must match somewhere. " +
        "A page may hold fewer than `limit` when many had to be looked at; follow `page_key`.",
    }),
  ),
  corpus_id: Type.Optional(
    Type.Array(Type.String({ pattern: "^crp_\\d{1,15}$" }), {
      maxItems: 100,
      description: "Only these.",
    }),
  ),
});

export const CorpusPage = Type.Object({ corpora: Type.Array(Corpus), metadata: PageMetadata });
