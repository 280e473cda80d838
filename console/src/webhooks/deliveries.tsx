import type { Delivery, DeliveryPage, Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { Button, Table } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { usePages } from "../api/pages.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { eventName, useWebhookChange, webhookPath } from "../api/webhooks.ts";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { sayWhyNot } from "../parts/say-why-not.ts";
import { Ago } from "../parts/time.tsx";
import { Filter } from "../parts/toolbar.tsx";
import { answerOf, DeliveryState } from "./delivery-state.tsx";
import css from "./webhooks.module.css";

/** What a webhook was told, whether it heard, and what can be told once more. */
export function Deliveries({ webhook }: { webhook: Webhook }) {
  const [status, setStatus] = useState("");
  const list = usePages<DeliveryPage>(
    `${webhookPath(webhook.id)}/deliveries`,
    { limit: 25, status },
    { refetchInterval: 2_000 },
  );
  return (
    <Panel
      title="What it was told"
      hint="Kept for 30 days. What does not arrive is sent again, nine times within about a day."
      isFlush
      actions={
        <Filter
          label="Result"
          all="Any result"
          names={resultNames}
          w={170}
          size="xs"
          value={status}
          onChange={setStatus}
        />
      }
    >
      <Listing
        label="What it was told"
        columns={columns}
        rows={list.data?.deliveries}
        list={list}
        expectedRows={4}
        empty={status === "" ? <NoneYet /> : <NoMatch />}
        renderRow={(delivery) => <Row key={delivery.id} webhook={webhook} delivery={delivery} />}
      />
    </Panel>
  );
}

const resultNames: Readonly<Record<Delivery["status"], string>> = {
  failed: "Failed",
  pending: "Not there yet",
  delivered: "Delivered",
};

const NoneYet = () => (
  <Empty icon="webhook" title="Nothing yet">
    Events come to stand here as they happen. A test event shows whether your receiver hears.
  </Empty>
);

const NoMatch = () => (
  <Empty icon="search" title="No such events">
    There are others with another result.
  </Empty>
);

const columns = [
  { label: "Event" },
  { label: "Result", className: "not-narrow" },
  { label: "Attempts", className: "wide-only" },
  { label: "Last attempt", className: "not-narrow" },
  { label: "Next attempt", className: "wide-only" },
  { label: "Send again", isHidden: true, width: 120 },
];

const Row = ({ webhook, delivery }: { webhook: Webhook; delivery: Delivery }) => (
  <Table.Tr>
    <Table.Td>
      <strong>{eventName(delivery.type)}</strong>
      <span className={css["answer"]}>
        <Ago at={delivery.created_at} /> · <code title={delivery.id}>…{delivery.id.slice(-8)}</code>
      </span>
      <span className="narrow-only">
        <DeliveryState delivery={delivery} />
        <span className="muted">{answerOf(delivery)}</span>
      </span>
    </Table.Td>
    <Table.Td className="not-narrow">
      <DeliveryState delivery={delivery} />
      <span className={css["answer"]}>{answerOf(delivery)}</span>
    </Table.Td>
    <Table.Td className="wide-only numbers">{delivery.attempts}</Table.Td>
    <Table.Td className="not-narrow">
      <Ago at={delivery.last_attempt_at} never="–" />
      {delivery.last_duration_ms !== undefined && (
        <span className={css["answer"]}>took {delivery.last_duration_ms} ms</span>
      )}
    </Table.Td>
    <Table.Td className="wide-only">
      <Ago at={delivery.next_attempt_at} never="–" nearby="in a moment" />
    </Table.Td>
    <Table.Td>
      <Again webhook={webhook} delivery={delivery} />
    </Table.Td>
  </Table.Tr>
);

function Again({ webhook, delivery }: { webhook: Webhook; delivery: Delivery }) {
  const may = useMay();
  const path = `${webhookPath(webhook.id)}/deliveries/${encodeURIComponent(delivery.id)}/replay`;
  const again = useWebhookChange(() => request("POST", path));
  const isOnItsWay = delivery.status === "pending" && delivery.attempts === 0;
  if (!may("webhooks:write") || !webhook.enabled || isOnItsWay) return null;
  const send = (): void =>
    again.mutate(undefined, {
      onSuccess: () => notifications.show({ message: "The event is on its way again." }),
      onError: sayWhyNot,
    });
  return (
    <Button size="compact-xs" variant="default" loading={again.isPending} onClick={send}>
      Send again
    </Button>
  );
}
