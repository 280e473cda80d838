import type { Refusal, RefusalPage } from "@countersign/protocol/admin/refusals.ts";
import { Button, Group, Select, Skeleton, Table, TextInput } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { Link, useNavigate, useParams, useSearchParams } from "react-router";
import { usePages } from "../api/pages.ts";
import { ApiProblem, read } from "../api/request.ts";
import { Empty } from "../parts/empty.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Problem } from "../parts/problem.tsx";
import { Prose } from "../parts/prose.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { Ago, Exactly } from "../parts/time.tsx";

/** `/refusals`: why requests were refused, and what to do about it. */

const path = "/v2/refusals";

export function RefusalsPage() {
  const { requestId } = useParams();
  return (
    <>
      <PageHead
        title="Refusals"
        lead="Each refused caller gets a reference id, and no reason that would help an attacker. The reason is here."
      />
      <Panel title="Look up a reference id">
        <LookUp key={requestId} requestId={requestId} />
        {requestId !== undefined && <Found requestId={requestId} />}
      </Panel>
      <Latest />
    </>
  );
}

/** What is asked for: typed here, or chosen in the list below. */
function LookUp({ requestId = "" }: { requestId: string | undefined }) {
  const navigate = useNavigate();
  const [typed, setTyped] = useState(requestId);
  const lookUp = (event: FormEvent): void => {
    event.preventDefault();
    void navigate(`/refusals/${encodeURIComponent(typed.trim())}`);
  };
  return (
    <form onSubmit={lookUp}>
      <Group gap="xs" align="flex-end">
        <TextInput
          flex="1 1 260px"
          maw={460}
          aria-label="Reference id"
          placeholder="As in request_id of the answer, or X-Request-Id"
          value={typed}
          onChange={({ currentTarget }) => setTyped(currentTarget.value)}
        />
        <Button type="submit" disabled={typed.trim() === ""}>
          Look up
        </Button>
      </Group>
    </form>
  );
}

function Found({ requestId }: { requestId: string }) {
  const { data, error } = useQuery({
    queryKey: [path, requestId],
    queryFn: read<Refusal>(`${path}/${encodeURIComponent(requestId)}`),
    retry: (count, problem) => count < 2 && problem instanceof ApiProblem && problem.status === 404,
  });
  if (error instanceof ApiProblem && error.status === 404) {
    return (
      <p role="status">
        Nothing is known under <code>{requestId}</code>. A refusal appears here after a second or
        two and is kept for a while; when the same happens very often, only some are.
      </p>
    );
  }
  if (data === undefined) {
    return error === null ? <Skeleton mt="md" height={140} /> : <Problem error={error} />;
  }
  return (
    <div role="status">
      <h3>
        <Prose>{data.explanation}</Prose>
      </h3>
      <p>
        <Prose>{data.what_to_do}</Prose>
      </p>
      <Facts>
        <Fact label="When">
          <Exactly at={data.at} />
        </Fact>
        <Fact label="Who">
          <Who refusal={data} />
        </Fact>
        <Fact label="From">
          <code>{data.source_address}</code>
        </Fact>
        <Fact label="Asked for">
          <code>{data.endpoint}</code>
        </Fact>
        <Fact label="Answer">
          {data.status} {data.error}
        </Fact>
        {Object.entries(data.details).map(([name, value]) => (
          <Fact key={name} label={inWords(name)}>
            {Array.isArray(value) ? value.join(", ") : String(value)}
          </Fact>
        ))}
      </Facts>
    </div>
  );
}

const Who = ({ refusal: { client } }: { refusal: Refusal }) =>
  client === undefined ? (
    <span className="muted">No app client</span>
  ) : (
    <Link to={`/apiAccess/appClients/${client.id}`}>{client.name}</Link>
  );

function Latest() {
  const [parameters, setParameters] = useSearchParams();
  const cause = parameters.get("cause") ?? undefined;
  const list = usePages<RefusalPage>(path, { limit: 20, cause });
  const causes = [
    ...new Set([cause, ...(list.data?.refusals.map((one) => one.cause) ?? [])]),
  ].filter((one) => one !== undefined);
  return (
    <Panel
      title="Latest refusals"
      isFlush
      actions={
        <Group gap="xs">
          <Select
            w={260}
            size="xs"
            aria-label="Cause"
            searchable
            data={[
              { value: "", label: "All causes" },
              ...causes.map((one) => ({ value: one, label: inWords(one) })),
            ]}
            value={cause ?? ""}
            onChange={(value) => setParameters(value ? { cause: value } : {})}
          />
          <Button
            size="xs"
            variant="default"
            onClick={() => void list.refetch()}
            leftSection={<Icon name="reload" size={14} />}
          >
            Reload
          </Button>
        </Group>
      }
    >
      <Listing
        label="Latest refusals"
        columns={columns}
        rows={list.data?.refusals}
        list={list}
        empty={
          <Empty icon="check" title="Nothing was refused">
            When a token request or a call is refused, it stands here with its cause.
          </Empty>
        }
        renderRow={(refusal) => <Row key={refusal.id} refusal={refusal} />}
      />
    </Panel>
  );
}

const columns = [
  { label: "When" },
  { label: "Why" },
  { label: "Who", className: "not-narrow" },
  { label: "From", className: "wide-only" },
  { label: "Reference", className: "not-narrow" },
];

const Row = ({ refusal }: { refusal: Refusal }) => (
  <Table.Tr>
    <Table.Td>
      <Ago at={refusal.at} />
    </Table.Td>
    <Table.Td>
      <Link to={`/refusals/${refusal.id}`}>{inWords(refusal.cause)}</Link>
      <div className="muted">
        {refusal.endpoint} · {refusal.status}
      </div>
    </Table.Td>
    <Table.Td className="not-narrow">
      <Who refusal={refusal} />
    </Table.Td>
    <Table.Td className="wide-only">
      <code>{refusal.source_address}</code>
    </Table.Td>
    <Table.Td className="not-narrow">
      <code>{refusal.id}</code>
    </Table.Td>
  </Table.Tr>
);
