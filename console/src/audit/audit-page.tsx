import type { AuditEvent, AuditEventPage } from "@countersign/protocol/admin/audit-events.ts";
import { auditSubjects } from "@countersign/protocol/audit-subjects.ts";
import { Button, Select, Table, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { useState } from "react";
import { useSearchParams } from "react-router";
import { usePages } from "../api/pages.ts";
import { Empty } from "../parts/empty.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import parts from "../parts/parts.module.css";
import { inWords } from "../parts/role-badges.tsx";
import { Ago, Exactly } from "../parts/time.tsx";
import { Toolbar } from "../parts/toolbar.tsx";
import { VerifyDialog } from "./verify-dialog.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** `/audit`: who did what to what. */

const path = "/v2/audit_events";

export function AuditPage() {
  const [filters, setFilters] = useState<AuditFilters>({ subject: "", actor: "", since: "" });
  const [shown, setShown] = useState<AuditEvent>();
  const [parameters, setParameters] = useSearchParams();
  const { subject, since } = filters;
  const [actorId] = useDebouncedValue(filters.actor.trim(), 300);
  const list = usePages<AuditEventPage>(path, {
    limit: 25,
    action: subject === "" ? undefined : `${subject}.*`,
    actor_id: actorId,
    since: since === "" ? undefined : new Date(since).toISOString(),
  });
  return (
    <>
      <PageHead
        title="Audit log"
        lead="Every administrative act, written together with what it did, and chained so that nobody can change it unseen."
        actions={
          <>
            <Button
              component="a"
              href="/v2/audit_events/export"
              download="audit-log.ndjson"
              variant="default"
              leftSection={<Icon name="download" size={16} />}
            >
              Export
            </Button>
            <Button onClick={() => setParameters({ verify: "" })}>Verify</Button>
          </>
        }
      />
      <Filters value={filters} onChange={setFilters} />
      <Panel isFlush>
        <Listing
          label="Audit log"
          columns={columns}
          rows={list.data?.audit_events}
          list={list}
          empty={
            <Empty icon="audit" title="Nothing matches">
              Nothing of this kind was done in this time.
            </Empty>
          }
          renderRow={(event) => <Row key={event.id} event={event} onShow={() => setShown(event)} />}
        />
      </Panel>
      {parameters.has("verify") && (
        <VerifyDialog
          onClose={() => {
            setParameters({});
            void list.refetch();
          }}
        />
      )}
      {shown !== undefined && <Details event={shown} onClose={() => setShown(undefined)} />}
    </>
  );
}

interface AuditFilters {
  subject: string;
  actor: string;
  since: string;
}

function Filters({
  value,
  onChange,
}: {
  value: AuditFilters;
  onChange: (value: AuditFilters) => void;
}) {
  return (
    <Toolbar>
      <Select
        w={190}
        label="About"
        data={[
          { value: "", label: "Everything" },
          ...auditSubjects.map((name) => ({ value: name, label: inWords(name) })),
        ]}
        value={value.subject}
        onChange={(subject) => onChange({ ...value, subject: subject ?? "" })}
      />
      <TextInput
        w={240}
        label="Done by"
        placeholder="usr_…, aky_… or a client ID"
        value={value.actor}
        onChange={({ currentTarget }) => onChange({ ...value, actor: currentTarget.value })}
      />
      <TextInput
        type="datetime-local"
        label="Since"
        value={value.since}
        onChange={({ currentTarget }) => onChange({ ...value, since: currentTarget.value })}
      />
    </Toolbar>
  );
}

const columns = [
  { label: "When" },
  { label: "What" },
  { label: "By", className: "not-narrow" },
  { label: "To", className: "wide-only" },
  { label: "Details", isHidden: true, width: 90 },
];

const Row = ({ event, onShow }: { event: AuditEvent; onShow: () => void }) => (
  <Table.Tr>
    <Table.Td>
      <Ago at={event.at} />
    </Table.Td>
    <Table.Td fw={550}>{actionInWords(event.action)}</Table.Td>
    <Table.Td className="not-narrow">
      {inWords(event.actor.type)} <code className="muted">{event.actor.id}</code>
    </Table.Td>
    <Table.Td className="wide-only">
      <code className="muted">{event.subject.id}</code>
    </Table.Td>
    <Table.Td>
      <Button
        size="compact-xs"
        variant="subtle"
        onClick={onShow}
        aria-label={`Details of ${actionInWords(event.action)}`}
      >
        Details
      </Button>
    </Table.Td>
  </Table.Tr>
);

const actionInWords = (action: string): string =>
  inWords(action.replace(".", " ")).replace(/^Api\b/, "API");

const Details = ({ event, onClose }: { event: AuditEvent; onClose: () => void }) => (
  <Dialog onClose={onClose} size="xl" title={actionInWords(event.action)}>
    <Facts>
      <Fact label="When">
        <Exactly at={event.at} />
      </Fact>
      <Fact label="By">{event.actor.id}</Fact>
      <Fact label="To">{event.subject.id}</Fact>
      <Fact label="From">{event.source_address ?? "Inside"}</Fact>
      <Fact label="Number in the chain">{event.sequence ?? "Not sealed yet"}</Fact>
      <Fact label="Reference">{event.request_id}</Fact>
    </Facts>
    {(["before", "after"] as const).map(
      (when) =>
        event[when] !== undefined && (
          <section key={when} aria-label={inWords(when)}>
            <h3>{inWords(when)}</h3>
            <pre className={parts["code"]} tabIndex={0}>
              {JSON.stringify(event[when], null, 2)}
            </pre>
          </section>
        ),
    )}
  </Dialog>
);
