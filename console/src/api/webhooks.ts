import type { EventType, Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { useChange } from "./change.ts";
import { read, request } from "./request.ts";

/** Who is told what happens to connections. */

export const webhooksPath = "/v2/webhooks";
export const webhookPath = (id: string): string => `${webhooksPath}/${encodeURIComponent(id)}`;

export const webhookQuery = (id: string) => ({
  queryKey: [webhooksPath, id],
  queryFn: read<Webhook>(webhookPath(id)),
});

export const changeWebhook = ({ id }: Webhook, body: unknown): Promise<Webhook> =>
  request("PATCH", webhookPath(id), { body });

/** A change, after which whatever is shown of webhooks and their deliveries is asked for again. */
export const useWebhookChange = <Input, Answer>(change: (input: Input) => Promise<Answer>) =>
  useChange(change, [webhooksPath], { evenRefused: true });

/** What the events are called, and when each is sent. */
export const eventWords: Readonly<Record<EventType, { name: string; when: string }>> = {
  "connection.connected": {
    name: "Connected",
    when: "Somebody connected, or a connection works again.",
  },
  "connection.reconnect_required": {
    name: "Reconnect needed",
    when: "The provider takes its tokens no longer, or the datasource was changed.",
  },
  "connection.reconnect_soon": {
    name: "Reconnect soon",
    when: "Its refresh token ends within a week; again each week.",
  },
  "connection.uncertain": {
    name: "Connection uncertain",
    when: "The provider's answer was lost: it may work, or have to be connected again.",
  },
  "connection.disabled": { name: "Connection disabled", when: "Somebody switched it off." },
  "connection.enabled": { name: "Connection enabled", when: "Somebody switched it on again." },
  "connection.deleted": { name: "Connection deleted", when: "It is gone for good." },
};

export const eventTypes = Object.keys(eventWords) as EventType[];

/** Also of types that this page does not know: the API may have more. */
export function eventName(type: string): string {
  if (type === "webhook.test") return "Test";
  return type in eventWords ? eventWords[type as EventType].name : type;
}
