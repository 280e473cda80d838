import { Type, type Static } from "typebox";
import { closedObject, ExternalId, Labels, oneOf, PageMetadata, PageQuery } from "./common.ts";

/** Who is told when something happens to a connection (`/v2/webhooks`). */

export const webhooksMax = 20;

export const eventTypes = [
  "connection.connected",
  "connection.reconnect_required",
  "connection.reconnect_soon",
  "connection.uncertain",
  "connection.disabled",
  "connection.enabled",
  "connection.deleted",
] as const;
export type EventType = (typeof eventTypes)[number];

export const deliveryStatuses = ["pending", "delivered", "failed"] as const;

const DateTime = Type.String({ format: "date-time" });
const Url = Type.String({
  minLength: 1,
  maxLength: 2000,
  description:
    "Where events are posted to: https:, or http: within a network that the operator has permitted.",
});
const Description = Type.String({ maxLength: 2000 });
const Events = Type.Array(oneOf(eventTypes, "A type of event."), {
  minItems: 1,
  maxItems: eventTypes.length,
  uniqueItems: true,
  description: "Absent: all, also those that are added later.",
});

export const CreateWebhook = closedObject({
  url: Url,
  description: Type.Optional(Description),
  events: Type.Optional(Events),
  enabled: Type.Optional(Type.Boolean()),
  external_id: Type.Optional(ExternalId),
  labels: Type.Optional(Labels),
});
export type CreateWebhook = Static<typeof CreateWebhook>;

/** A member that is absent stays as it is; `null` takes a setting away. */
export const UpdateWebhook = closedObject({
  url: Type.Optional(Url),
  description: Type.Optional(Description),
  events: Type.Optional(Type.Union([Events, Type.Null()])),
  enabled: Type.Optional(Type.Boolean()),
  external_id: Type.Optional(Type.Union([ExternalId, Type.Null()])),
  labels: Type.Optional(Labels),
});
export type UpdateWebhook = Static<typeof UpdateWebhook>;

export const Delivery = Type.Object({
  id: Type.String({ description: "`evt_…`: the event, and `webhook-id` of the request." }),
  type: Type.String(),
  status: oneOf(deliveryStatuses, "`failed`: it is not tried any more by itself."),
  attempts: Type.Integer(),
  created_at: DateTime,
  last_attempt_at: Type.Optional(DateTime),
  next_attempt_at: Type.Optional(DateTime),
  last_status: Type.Optional(Type.Integer({ description: "What the receiver answered." })),
  last_error: Type.Optional(Type.String({ description: "Why there was no answer." })),
  last_duration_ms: Type.Optional(
    Type.Integer({ description: "How long the last attempt took, in milliseconds." }),
  ),
});
export type Delivery = Static<typeof Delivery>;

export const Webhook = Type.Object({
  id: Type.String({ description: "`whk_…`." }),
  url: Url,
  description: Description,
  events: Type.Optional(Events),
  enabled: Type.Boolean({ description: "Switched off when the receiver answers 410." }),
  signing_secret: Type.Optional(
    Type.String({
      description: "`whsec_…`: in the answers to create and to rotate, and never again.",
    }),
  ),
  previous_secret_valid_until: Type.Optional({
    ...DateTime,
    description: "Until then the secret before it signs as well.",
  }),
  last_delivery: Type.Optional({
    ...Delivery,
    description: "The newest event: when reading and listing, once there was one within 30 days.",
  }),
  external_id: Type.Optional(ExternalId),
  labels: Labels,
  created_at: DateTime,
  updated_at: DateTime,
});
export type Webhook = Static<typeof Webhook>;

export const WebhookPage = Type.Object({
  webhooks: Type.Array(Webhook),
  metadata: PageMetadata,
});
export type WebhookPage = Static<typeof WebhookPage>;

export const ListWebhooksQuery = Type.Object({
  ...PageQuery.properties,
  external_id: Type.Optional(ExternalId),
});

export const DeliveryPage = Type.Object({
  deliveries: Type.Array(Delivery),
  metadata: PageMetadata,
});
export type DeliveryPage = Static<typeof DeliveryPage>;

export const ListDeliveriesQuery = Type.Object({
  ...PageQuery.properties,
  status: Type.Optional(oneOf(deliveryStatuses, "Only those.")),
});

/** What is posted. */
export const WebhookEvent = Type.Object({
  id: Type.String({ description: "The same whenever it is sent again." }),
  type: Type.String(),
  created_at: DateTime,
  data: Type.Object({
    connection: Type.Optional(
      Type.Object({
        id: Type.String(),
        datasource_id: Type.String(),
        owner: Type.Optional(Type.String()),
        enabled: Type.Boolean(),
        state: Type.String(),
        reason: Type.Optional(Type.String()),
        since: DateTime,
        account: Type.Optional(Type.String()),
        refresh_token_expires_at: Type.Optional(DateTime),
        external_id: Type.Optional(ExternalId),
        labels: Labels,
      }),
    ),
  }),
});
export type WebhookEvent = Static<typeof WebhookEvent>;
