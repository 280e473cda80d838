import type { Leak, LeakPage as Page } from "@countersign/protocol/admin/leaks.ts";
import { Table } from "@mantine/core";
import { useState } from "react";
import { Link } from "react-router";
import { leakKindNames, leakResponses, leaksPath } from "../api/leaks.ts";
import { usePages } from "../api/pages.ts";
import { Empty } from "../parts/empty.tsx";
import { Listing } from "../parts/listing.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { RowName } from "../parts/row-name.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { Filter, Toolbar } from "../parts/toolbar.tsx";

/** `/leaks`: secrets that were found where they should not be, and what became of each. */
export function LeaksPage() {
  const [status, setStatus] = useState("");
  const [kind, setKind] = useState("");
  const list = usePages<Page>(leaksPath, { limit: 25, status, kind });
  const isFiltered = status !== "" || kind !== "";
  return (
    <>
      <PageHead
        title="Leaks"
        lead="Secrets of yours that a scanner or a person found in public. What is done at once is a setting of each secret; what comes then is for you to say."
      />
      <Toolbar>
        <Filter
          label="Status"
          all="Any status"
          names={statusNames}
          w={180}
          value={status}
          onChange={setStatus}
        />
        <Filter
          label="Kind"
          all="All kinds"
          names={leakKindNames}
          w={180}
          value={kind}
          onChange={setKind}
        />
      </Toolbar>
      <Panel isFlush>
        <Listing
          label="Leaks"
          columns={columns}
          rows={list.data?.leaks}
          list={list}
          empty={isFiltered ? <NoMatch /> : <NoneYet />}
          renderRow={(leak) => <Row key={leak.id} leak={leak} />}
        />
      </Panel>
    </>
  );
}

const statusNames: Readonly<Record<Leak["status"], string>> = {
  open: "Open",
  resolved: "Resolved",
  false_alarm: "False alarm",
};

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
      <RowName to={`/leaks/${leak.id}`}>
        {leakKindNames[leak.kind]} …{leak.hint}
      </RowName>
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
