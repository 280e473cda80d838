import type { UnusedClientPage, Usage } from "@countersign/protocol/admin/usage.ts";
import { Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { read } from "../api/request.ts";
import { useMay, useSession } from "../api/session.ts";
import { Empty } from "../parts/empty.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { Pending, type Query } from "../parts/pending.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { Ago } from "../parts/time.tsx";
import css from "./overview.module.css";
import { UsagePanel } from "./usage-panel.tsx";

/** `/console`: who calls, what was refused, what can go. */
export function OverviewPage() {
  const may = useMay();
  const { user } = useSession();
  if (!may("usage:read")) {
    return (
      <>
        <PageHead title="Overview" lead={`Signed in as ${user.email}.`} />
        <Panel>
          <Empty icon="overview" title="Your role does not show usage">
            Somebody with the permission <code>usage:read</code> sees here who calls and what was
            refused.
          </Empty>
        </Panel>
      </>
    );
  }
  return (
    <>
      <PageHead
        title="Overview"
        lead="Tokens issued and refused, by whom and why."
        actions={
          may("app_clients:write") && (
            <Button component={Link} to="/apiAccess/appClients?create">
              Create app client
            </Button>
          )
        }
      />
      <UsagePanel title="Token requests" />
      <div className={css["grid"]}>
        <TopClients />
        <TopCauses />
      </div>
      <UnusedClients />
    </>
  );
}

const day = () => ({ since: new Date(Date.now() - 7 * 86_400_000).toISOString() });

function useGroups(groupBy: "client" | "cause") {
  return useQuery({
    queryKey: ["/v2/usage", groupBy],
    queryFn: (context) =>
      read<Usage>("/v2/usage", { ...day(), group_by: groupBy, limit: 6 })(context),
    refetchInterval: 15_000,
  });
}

function TopClients() {
  const query = useGroups("client");
  const groups = query.data?.groups.filter(({ issued }) => issued > 0) ?? [];
  const most = Math.max(1, ...groups.map(({ issued }) => issued));
  return (
    <Panel title="Who calls" hint="Tokens issued in the last 7 days">
      <Body query={query}>
        {groups.length === 0 && <p className="muted">Nobody got a token yet.</p>}
        {groups.map(({ client, client_id: id, issued }) => (
          <Bar
            key={id}
            name={client?.name ?? id ?? "A deleted client"}
            {...(client === undefined ? {} : { to: `/apiAccess/appClients/${client.id}` })}
            count={issued}
            share={issued / most}
          />
        ))}
      </Body>
    </Panel>
  );
}

function TopCauses() {
  const query = useGroups("cause");
  const groups = query.data?.groups.filter(({ refused }) => refused > 0) ?? [];
  const most = Math.max(1, ...groups.map(({ refused }) => refused));
  return (
    <Panel title="Why requests were refused" hint="In the last 7 days">
      <Body query={query}>
        {groups.length === 0 && <p className="muted">Nothing was refused.</p>}
        {groups.map(({ cause = "", refused }) => (
          <Bar
            key={cause}
            name={inWords(cause)}
            to={`/refusals?cause=${cause}`}
            count={refused}
            share={refused / most}
            color="refused"
          />
        ))}
      </Body>
    </Panel>
  );
}

function UnusedClients() {
  const query = useQuery({
    queryKey: ["/v2/usage/unused_clients"],
    queryFn: read<UnusedClientPage>("/v2/usage/unused_clients", { days: 90, limit: 5 }),
  });
  if (query.data?.unused_clients.length === 0) return null;
  return (
    <Panel
      title="What can probably go"
      hint="App clients that got no token for 90 days"
      actions={<Link to="/unusedClients">See all</Link>}
    >
      <Body query={query}>
        {query.data?.unused_clients.map(({ id, name, last_used_at: at }) => (
          <div key={id} className={css["bar"]}>
            <Link className={css["barName"]} to={`/apiAccess/appClients/${id}`}>
              {name}
            </Link>
            <Ago at={at} never="Never used" />
          </div>
        ))}
      </Body>
    </Panel>
  );
}

const Body = ({
  query,
  children,
}: {
  query: Query & { data: unknown };
  children: React.ReactNode;
}) => (query.data === undefined ? <Pending query={query} height={120} /> : children);

function Bar({
  name,
  to,
  count,
  share,
  color,
}: {
  name: string;
  to?: string;
  count: number;
  share: number;
  color?: "refused";
}) {
  return (
    <div className={css["bar"]}>
      {to === undefined ? (
        <span className={css["barName"]}>{name}</span>
      ) : (
        <Link className={css["barName"]} to={to}>
          {name}
        </Link>
      )}
      <span className="numbers">{count.toLocaleString()}</span>
      <div className={css["barTrack"]}>
        <div
          className={css["barFill"]}
          data-color={color}
          style={{ width: `${Math.max(1, share * 100)}%` }}
        />
      </div>
    </div>
  );
}
