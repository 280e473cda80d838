import type { Webhook, WebhookPage } from "@countersign/protocol/admin/webhooks.ts";
import { Group, Menu, Table } from "@mantine/core";
import { useSearchParams } from "react-router";
import { usePages } from "../api/pages.ts";
import { useMay } from "../api/session.ts";
import { eventName, webhooksPath } from "../api/webhooks.ts";
import { AddButton } from "../parts/add-button.tsx";
import { Empty } from "../parts/empty.tsx";
import { FewBadges } from "../parts/few-badges.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { RowName } from "../parts/row-name.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { CreateWebhook } from "./create-webhook.tsx";
import { DeliveryState } from "./delivery-state.tsx";
import { useTestEvent, WebhookMenu } from "./webhook-menu.tsx";

/** `/webhooks`: who is told what happens to connections, and whether they hear. */
export function WebhooksPage() {
  const may = useMay();
  const [parameters, setParameters] = useSearchParams();
  const list = usePages<WebhookPage>(
    webhooksPath,
    { limit: 25 },
    // Deliveries come and fail without anybody here doing anything.
    { refetchInterval: 5_000 },
  );
  const isCreating = parameters.has("create") && may("webhooks:write");
  const setCreating = (isOpen: boolean): void => setParameters(isOpen ? { create: "" } : {});
  return (
    <>
      <PageHead
        title="Webhooks"
        lead="Be told when a connection needs you: signed events, posted to your own address, and sent again until they arrive."
        actions={
          may("webhooks:write") && (
            <AddButton onClick={() => setCreating(true)}>Create webhook</AddButton>
          )
        }
      />
      <Panel isFlush>
        <Listing
          label="Webhooks"
          columns={columns}
          rows={list.data?.webhooks}
          list={list}
          expectedRows={3}
          empty={
            <Empty icon="webhook" title="No webhooks yet">
              A connection that lost its rights stops an integration until a person connects it
              again. A webhook tells your program so, before your users do.
            </Empty>
          }
          renderRow={(webhook) => <Row key={webhook.id} webhook={webhook} />}
        />
      </Panel>
      {isCreating && <CreateWebhook onClose={() => setCreating(false)} />}
    </>
  );
}

const columns = [
  { label: "Webhook" },
  { label: "Events", className: "wide-only" },
  { label: "Last event", className: "not-narrow" },
  { label: "Status", className: "not-narrow" },
  { label: "Actions", isHidden: true, width: 56 },
];

const Row = ({ webhook }: { webhook: Webhook }) => (
  <Table.Tr>
    <Table.Td>
      <RowName to={`/webhooks/${webhook.id}`} about={webhook.description}>
        {webhook.url}
      </RowName>
      <span className="narrow-only">
        <Status state={webhook.enabled ? "enabled" : "disabled"} />
        {webhook.last_delivery !== undefined && <DeliveryState delivery={webhook.last_delivery} />}
      </span>
    </Table.Td>
    <Table.Td className="wide-only">
      <EventBadges events={webhook.events} />
    </Table.Td>
    <Table.Td className="not-narrow">
      <LastDelivery webhook={webhook} />
    </Table.Td>
    <Table.Td className="not-narrow">
      <Status state={webhook.enabled ? "enabled" : "disabled"} />
    </Table.Td>
    <Table.Td>
      <RowMenu webhook={webhook} />
    </Table.Td>
  </Table.Tr>
);

/** `undefined`: all. */
export const EventBadges = ({ events, max = 2 }: { events: Webhook["events"]; max?: number }) =>
  events === undefined ? "All events" : <FewBadges names={events.map(eventName)} max={max} />;

const LastDelivery = ({ webhook: { last_delivery: last } }: { webhook: Webhook }) =>
  last === undefined ? (
    <span className="muted">None yet</span>
  ) : (
    <Group gap={8} wrap="nowrap">
      <DeliveryState delivery={last} />
      <span className="muted">
        <Ago at={last.last_attempt_at ?? last.created_at} />
      </span>
    </Group>
  );

function RowMenu({ webhook }: { webhook: Webhook }) {
  const test = useTestEvent(webhook);
  return (
    <WebhookMenu webhook={webhook} where="row">
      {webhook.enabled && <Menu.Item onClick={test.send}>Send test event</Menu.Item>}
    </WebhookMenu>
  );
}
