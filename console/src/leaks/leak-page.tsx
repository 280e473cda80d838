import type { LeakDetails, UpdateLeak } from "@countersign/protocol/admin/leaks.ts";
import { Alert, Button, Group, Skeleton, Stack, Table, Text, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link, useParams } from "react-router";
import { leakKindNames, leakPath, leakQuery, leakResponses, leaksPath } from "../api/leaks.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import css from "../app-clients/app-clients.module.css";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import parts from "../parts/parts.module.css";
import { Problem } from "../parts/problem.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { Status } from "../parts/status.tsx";
import { Ago, Exactly } from "../parts/time.tsx";
import { PermissionBadges } from "../roles/permission-badges.tsx";
import { LeakedFrom } from "./leaks-page.tsx";

/** `/leaks/:id`: what leaked, where it was seen, what it could do, and what is to be done. */
export function LeakPage() {
  const { id = "" } = useParams();
  const { data: leak, error, refetch } = useQuery(leakQuery(id));
  if (leak === undefined) {
    return (
      <>
        <PageHead title="Leak" above={back} />
        {error === null ? (
          <Skeleton height={260} radius="md" />
        ) : (
          <Problem error={error} onRetry={() => void refetch()} />
        )}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={`${leakKindNames[leak.kind]} …${leak.hint}`}
        above={back}
        lead={
          <span className={css["titleLine"]}>
            <Status state={leak.status} />
            <LeakedFrom leak={leak} />
          </span>
        }
      />
      <Alert
        mb="lg"
        color={leak.status === "open" ? "yellow" : "teal"}
        icon={<Icon name={leak.status === "open" ? "warning" : "check"} />}
        title={leak.explanation}
      >
        {leak.what_to_do}
      </Alert>
      <Facts leak={leak} />
      <Reach leak={leak} />
      <Places leak={leak} />
      <Verdict key={leak.last_reported_at + leak.status} leak={leak} />
    </>
  );
}

const back = (
  <Link to="/leaks" className={css["back"]}>
    <Icon name="left" size={16} /> Leaks
  </Link>
);

const Facts = ({ leak }: { leak: LeakDetails }) => (
  <Panel title="What happened">
    <dl className={parts["facts"]}>
      <Fact label="First reported">
        <Exactly at={leak.first_reported_at} />
      </Fact>
      <Fact label="Last reported">
        <Ago at={leak.last_reported_at} />
      </Fact>
      <Fact label="It was then">{inWords(leak.state)}</Fact>
      <Fact label="Done at once">{leakResponses[leak.response]}</Fact>
    </dl>
  </Panel>
);

const Fact = ({ label, children }: { label: string; children: React.ReactNode }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
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
        <dl className={parts["facts"]}>
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
        </dl>
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
      error={null}
      onRetry={() => undefined}
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
  const queries = useQueryClient();
  const [note, setNote] = useState(leak.note);
  const change = useMutation({
    mutationFn: (body: UpdateLeak) => request("PATCH", leakPath(leak.id), { body }),
    onSuccess: async () => {
      notifications.show({ message: "It is noted." });
      await queries.invalidateQueries({ queryKey: [leaksPath] });
    },
  });
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
