import type {
  FastifyPluginAsyncTypebox,
  TypeBoxTypeProvider,
} from "@fastify/type-provider-typebox";
import type {
  FastifyBaseLogger,
  FastifyInstance,
  RawReplyDefaultExpression,
  RawRequestDefaultExpression,
  RawServerDefault,
} from "fastify";
import type { Store } from "./store.ts";

/** What a file of routes needs, and what it adds them to. */
export interface RouteNeeds {
  store: Store;
  /** Milliseconds since the epoch. */
  now: () => number;
}

export type RoutePlugin = FastifyPluginAsyncTypebox<RouteNeeds>;

export type Api = FastifyInstance<
  RawServerDefault,
  RawRequestDefaultExpression,
  RawReplyDefaultExpression,
  FastifyBaseLogger,
  TypeBoxTypeProvider
>;
