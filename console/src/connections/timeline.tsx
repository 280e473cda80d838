import type { Connection } from "@countersign/protocol/admin/connections.ts";
import type { AuditEvent, AuditEventPage } from "@countersign/protocol/admin/audit-events.ts";
import { Table } from "@mantine/core";
import { usePages } from "../api/pages.ts";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { Ago } from "../parts/time.tsx";

/** What happened with it, newest first. */
export function Timeline({ connection: { id } }: { connection: Connection }) {
  const list = usePages<AuditEventPage>("/v2/audit_events", {
    limit: 10,
    subject_id: id,
  });
  return (
    <Panel title="What happened" isFlush>
      <Listing
        label="What happened"
        columns={columns}
        rows={list.data?.audit_events}
        list={list}
        expectedRows={3}
        empty={<Empty icon="audit" title="Nothing yet" />}
        renderRow={(event) => <Row key={event.id} event={event} />}
      />
    </Panel>
  );
}

const columns = [{ label: "What" }, { label: "By", className: "not-narrow" }, { label: "When" }];

const Row = ({ event }: { event: AuditEvent }) => (
  <Table.Tr>
    <Table.Td>{inWords(event.action.replace(".", " "))}</Table.Td>
    <Table.Td className="not-narrow">
      {event.actor.type === "system" ? "Countersign" : <code>{event.actor.id}</code>}
    </Table.Td>
    <Table.Td>
      <Ago at={event.at} />
    </Table.Td>
  </Table.Tr>
);
