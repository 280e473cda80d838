import type { DatasourceSettings } from "../../src/datasources/provider.ts";
import type { FakeAnswer, SeenRequest } from "./fake-provider.ts";

/** How a provider behaves, beyond the standard. */

export interface Fixture {
  /** Rows of the catalogue of deviations, such as `Q17`; they stand in the test's name. */
  quirks: readonly `Q${number}`[];
  settings?: Partial<DatasourceSettings>;
  /** Parameters that the authorize URL must have; `undefined`: must not have. */
  authorize?: Readonly<Record<string, string | undefined>>;
  /** What the authorize URL must contain as it goes out. */
  authorizeHas?: string;
  callback?: Readonly<Record<string, string>>;
  /** What the state is called, there and back. */
  stateName?: string;
  /** What is kept of the callback. */
  captures?: Readonly<Record<string, string>>;
  exchange?: Expectation;
  /** The second call after the exchange, and the one after the refresh. */
  upgrade?: Expectation;
  upgradeAgain?: Expectation;
  /** `undefined`: the provider cannot refresh. */
  refresh?: Expectation | "nothing";
  refused?: Refused;
  /** A refusal of the exchange. */
  refusedCode?: Refused;
  refusedUpgrade?: Refused;
  /** A request to the API, and what it becomes with the token. */
  use?: { at: string; becomes: Readonly<Record<string, string>> };
  /** Answers of the API that mean that the token has expired. */
  expired?: readonly FakeAnswer[];
  /** Answers of the API that do not mean it, though they look similar. */
  fresh?: readonly FakeAnswer[];
  /** Where the secret is at the exchange. */
  secretIn?: "body";
  /** Fields of the form that are doubted with the scopes `read` and `write`. */
  doubts?: readonly string[];
  /** A lost answer is a risk even after a refresh that kept the token: this one is spent by its use. */
  spends?: boolean;
}

/** `undefined`: must not be there. */
export interface Wanted extends Partial<Omit<SeenRequest, "query" | "body" | "headers">> {
  query?: Readonly<Record<string, string | undefined>>;
  body?: Readonly<Record<string, unknown>>;
  headers?: Readonly<Record<string, string | undefined>>;
}

export interface Expectation {
  /** Parts of the request that the provider insists on. */
  wants?: Wanted;
  /** Claims of the assertion by which the client proves itself. */
  assertion?: Readonly<Record<string, string>>;
  answer?: FakeAnswer;
  /** What must come of it. */
  gives?: Readonly<Record<string, unknown>>;
  /** Further access tokens that must come of it, by name. */
  slots?: Readonly<Record<string, string>>;
}

interface Refused {
  answer: FakeAnswer;
  kind: string;
  cause?: string;
  /** What the provider said about it, for people. */
  text?: string;
}
