import type { Leak, LeakPage as Page } from "@countersign/protocol/admin/leaks.ts";
import { Select, Table } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { leakKindNames, leakResponses, leaksPath } from "../api/leaks.ts";
import { usePages } from "../api/pages.ts";
import css from "../app-clients/app-clients.module.css";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";

/** `/leaks`: secrets that were found where they should not be, and what became of each. */
export function LeaksPage() {
  const [status, setStatus] = useState("");
  const [kind, setKind] = useState("");
  const { data, error, refetch, paging } = usePages<Page>(leaksPath, { limit: 25, status, kind });
  const isFiltered = status !== "" || kind !== "";
  return (
    <>
      <PageHead
        title="Leaks"
        lead="Secrets of yours that a scanner or a person found in public. What is done at once is a setting of each secret; what comes then is for you to say."
      />
      <div className={css["toolbar"]}>
        <Select
          w={180}
          aria-label="Status"
          data={[
            { value: "", label: "Any status" },
            { value: "open", label: "Open" },
            { value: "resolved", label: "Resolved" },
            { value: "false_alarm", label: "False alarm" },
          ]}
          value={status}
          onChange={(value) => setStatus(value ?? "")}
        />
        <Select
          w={180}
          aria-label="Kind"
          data={[
            { value: "", label: "All kinds" },
            ...Object.entries(leakKindNames).map(([value, label]) => ({ value, label })),
          ]}
          value={kind}
          onChange={(value) => setKind(value ?? "")}
        />
      </div>
      <Panel isFlush>
        <Listing
          label="Leaks"
          columns={columns}
          rows={data?.leaks}
          error={error}
          onRetry={() => void refetch()}
          paging={paging}
          empty={isFiltered ? <NoMatch /> : <NoneYet />}
          renderRow={(leak) => <Row key={leak.id} leak={leak} />}
        />
      </Panel>
    </>
  );
}

const columns = [
  { label: "Secret" },
  { label: "Of", className: "not-narrow" },
  { label: "Places", className: "wide-only" },
  { label: "Done at once", className: "not-narrow" },
  { label: "Last reported", className: "not-narrow" },
  { label: "Status" },
];

const Row = ({ leak }: { leak: Leak }) => (
  <Table.Tr>
    <Table.Td>
      <Link className={css["name"]} to={`/leaks/${leak.id}`}>
        {leakKindNames[leak.kind]} …{leak.hint}
      </Link>
    </Table.Td>
    <Table.Td className="not-narrow">
      <LeakedFrom leak={leak} />
    </Table.Td>
    <Table.Td className="wide-only numbers">{leak.place_count}</Table.Td>
    <Table.Td className="not-narrow">{leakResponses[leak.response]}</Table.Td>
    <Table.Td className="not-narrow">
      <Ago at={leak.last_reported_at} />
    </Table.Td>
    <Table.Td>
      <Status state={leak.status} />
    </Table.Td>
  </Table.Tr>
);

/** Whose it is, with the way there. */
export const LeakedFrom = ({ leak: { client, owner, subject_id: id } }: { leak: Leak }) =>
  client === undefined ? (
    <code>{owner?.id ?? id}</code>
  ) : (
    <Link to={`/apiAccess/appClients/${client.id}`}>{client.name}</Link>
  );

const NoneYet = () => (
  <Empty icon="leak" title="Nothing has leaked">
    Secret scanners and people report what they find to <code>/v2/leaks</code>. Whatever is yours
    comes to stand here, with what it could have been used for.
  </Empty>
);

const NoMatch = () => (
  <Empty icon="leak" title="No such leaks">
    There are others of another status or kind.
  </Empty>
);
