import type { LeakDetails, UpdateLeak } from "@countersign/protocol/admin/leaks.ts";
import { Alert, Button, Group, Stack, Table, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useParams } from "react-router";
import { useChange } from "../api/change.ts";
import { leakKindNames, leakPath, leakQuery, leakResponses, leaksPath } from "../api/leaks.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { BackLink } from "../parts/back-link.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead, TitleLine } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import parts from "../parts/parts.module.css";
import { PendingPage } from "../parts/pending.tsx";
import { Problem } from "../parts/problem.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { Status } from "../parts/status.tsx";
import { Prose } from "../parts/prose.tsx";
import { Ago, Exactly } from "../parts/time.tsx";
import { PermissionBadges } from "../roles/permission-badges.tsx";
import { LeakedFrom } from "./leaks-page.tsx";

/** `/leaks/:id`: what leaked, where it was seen, what it could do, and what is to be done. */
export function LeakPage() {
  const { id = "" } = useParams();
  const query = useQuery(leakQuery(id));
  const leak = query.data;
  if (leak === undefined) return <PendingPage title="Leak" above={back} query={query} />;
  return (
    <>
      <PageHead
        title={`${leakKindNames[leak.kind]} …${leak.hint}`}
        above={back}
        lead={
          <TitleLine>
            <Status state={leak.status} />
            <LeakedFrom leak={leak} />
          </TitleLine>
        }
      />
      <Alert
        mb="lg"
        color={leak.status === "open" ? "yellow" : "teal"}
        icon={<Icon name={leak.status === "open" ? "warning" : "check"} />}
        title={<Prose>{leak.explanation}</Prose>}
      >
        <Prose>{leak.what_to_do}</Prose>
      </Alert>
      <Happened leak={leak} />
      <Reach leak={leak} />
      <Places leak={leak} />
      <Verdict key={leak.last_reported_at + leak.status} leak={leak} />
    </>
  );
}

const back = <BackLink to="/leaks">Leaks</BackLink>;

const Happened = ({ leak }: { leak: LeakDetails }) => (
  <Panel title="What happened">
    <Facts>
      <Fact label="First reported">
        <Exactly at={leak.first_reported_at} />
      </Fact>
      <Fact label="Last reported">
        <Ago at={leak.last_reported_at} />
      </Fact>
      <Fact label="It was then">{inWords(leak.state)}</Fact>
      <Fact label="Done at once">{leakResponses[leak.response]}</Fact>
    </Facts>
  </Panel>
);

function Reach({ leak: { reach } }: { leak: LeakDetails }) {
  return (
    <Panel title="What it could have touched">
      <Stack gap="sm">
        <PermissionBadges names={reach.permissions} />
        {reach.resources.map(({ type, identifier, actions }) => (
          <div key={type + identifier}>
            <Text size="sm" c="dimmed" mb={6}>
              On {type} <code>{identifier}</code>
            </Text>
            <PermissionBadges names={actions} />
          </div>
        ))}
        <Facts>
          {reach.tokens_issued !== undefined && (
            <Fact label="Tokens it earned">{reach.tokens_issued}</Fact>
          )}
          <Fact label="Last used">
            <Ago at={reach.last_used_at} />
          </Fact>
          {reach.last_used_address !== undefined && (
            <Fact label="From">
              {reach.last_used_address} {reach.last_used_user_agent}
            </Fact>
          )}
        </Facts>
      </Stack>
    </Panel>
  );
}

const columns = [
  { label: "Where" },
  { label: "Reported by", className: "not-narrow" },
  { label: "When" },
];

const Places = ({ leak: { places } }: { leak: LeakDetails }) => (
  <Panel title="Where it was seen" isFlush>
    <Listing
      label="Where it was seen"
      columns={columns}
      rows={places}
      empty={null}
      renderRow={(place) => (
        <Table.Tr key={place.url + place.reported_at}>
          <Table.Td>
            {/* Text and no link: whoever reports decides what stands here. */}
            {place.url === "" ? (
              <span className="muted">Not said</span>
            ) : (
              <code className={parts["anywhere"]}>{place.url}</code>
            )}
            <Text size="sm" c="dimmed">
              {[place.source, place.type].filter(Boolean).join(", ")}
            </Text>
          </Table.Td>
          <Table.Td className="not-narrow">
            {inWords(place.reported_by.type)} <code>{place.reported_by.id}</code>
          </Table.Td>
          <Table.Td>
            <Ago at={place.reported_at} />
          </Table.Td>
        </Table.Tr>
      )}
    />
  </Panel>
);

function Verdict({ leak }: { leak: LeakDetails }) {
  const may = useMay();
  const [note, setNote] = useState(leak.note);
  const change = useChange(
    async (body: UpdateLeak) => {
      await request("PATCH", leakPath(leak.id), { body });
      notifications.show({ message: "It is noted." });
    },
    [leaksPath],
  );
  if (!may("leaks:write")) {
    return leak.note === "" ? null : <Panel title="Note">{leak.note}</Panel>;
  }
  const verdict = (status: UpdateLeak["status"], label: string) => (
    <Button
      variant={status === "resolved" ? "filled" : "default"}
      loading={change.isPending && change.variables.status === status}
      onClick={() => change.mutate({ note: note.trim(), ...(status && { status }) })}
    >
      {label}
    </Button>
  );
  return (
    <Panel title="What became of it">
      <Stack>
        <Textarea
          label="Note"
          autosize
          minRows={2}
          maxRows={8}
          maxLength={1_000}
          placeholder="Who looked at it, and what was done"
          value={note}
          onChange={({ currentTarget }) => setNote(currentTarget.value)}
        />
        <Problem error={change.error} />
        <Group gap="xs">
          {leak.status === "open" ? (
            <>
              {verdict("resolved", "Mark as resolved")}
              {verdict("false_alarm", "It is a false alarm")}
            </>
          ) : (
            verdict("open", "Open again")
          )}
          {note.trim() !== leak.note && verdict(undefined, "Save the note")}
        </Group>
      </Stack>
    </Panel>
  );
}
