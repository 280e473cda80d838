import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import type { FindingPage } from "@countersign/protocol/admin/usage.ts";
import { Alert } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "react-router";
import { read } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { UsagePanel } from "../overview/usage-panel.tsx";
import { CopyIcon } from "../parts/copy-button.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { Prose } from "../parts/prose.tsx";
import { inWords, RoleBadges } from "../parts/role-badges.tsx";
import { Ago, Exactly } from "../parts/time.tsx";

/** What a client does and may do, and what was noticed about it. */
export function ClientOverview({ client }: { client: AppClient }) {
  const may = useMay();
  const lifetime = client.token_lifetime_seconds;
  return (
    <>
      {client.warnings.map((warning) => (
        <Alert key={warning} color="yellow" mb="md" icon={<Icon name="warning" />}>
          {warning}
        </Alert>
      ))}
      {may("usage:read") && <Findings client={client} />}
      {may("usage:read") && <UsagePanel clientId={client.client_id} title="Tokens" />}
      <Panel title="About this client">
        <Facts>
          <Fact label="Client ID">
            <code>{client.client_id}</code> <CopyIcon text={client.client_id} what="client ID" />
          </Fact>
          <Fact label="Resource ID">
            <code>{client.id}</code> <CopyIcon text={client.id} what="resource ID" />
          </Fact>
          <Fact label="Roles">
            <RoleBadges held={client} max={6} />
          </Fact>
          <Fact label="Grants">{client.grant_types.map(grantInWords).join(", ")}</Fact>
          <Fact label="Last used">
            <Ago at={client.last_used_at} />
          </Fact>
          <Fact label="Tokens live for">
            {lifetime === undefined ? "As long as the API says" : durationInWords(lifetime)}
          </Fact>
          <Fact label="Created">
            <Exactly at={client.created_at} />
          </Fact>
          {client.redirect_uris.length > 0 && (
            <Fact label="Redirect addresses">{client.redirect_uris.join(" ")}</Fact>
          )}
        </Facts>
      </Panel>
    </>
  );
}

function Findings({ client }: { client: AppClient }) {
  const may = useMay();
  const { data } = useQuery({
    queryKey: ["/v2/findings", client.client_id],
    queryFn: read<FindingPage>("/v2/findings", { client_id: client.client_id }),
  });
  return data?.findings.map(({ kind, origin, count, explanation, what_to_do, last_seen_at }) => (
    <Alert
      key={kind + (origin ?? "")}
      color="orange"
      mb="md"
      icon={<Icon name="warning" />}
      title={<Prose>{explanation}</Prose>}
    >
      <Prose>{what_to_do}</Prose> Seen {count} {count === 1 ? "time" : "times"}
      {origin === undefined ? "" : `, from ${origin}`}, last <Ago at={last_seen_at} />.
      {kind === "secret_leaked" && may("leaks:read") && (
        <div>
          <Link to="/leaks">Show the leaks</Link>
        </div>
      )}
    </Alert>
  ));
}

const grantInWords = (grant: string): string => inWords(grant.split(":").at(-1) ?? grant);

export function durationInWords(seconds: number): string {
  if (seconds % 3_600 === 0) return `${seconds / 3_600} ${seconds === 3_600 ? "hour" : "hours"}`;
  if (seconds % 60 === 0) return `${seconds / 60} ${seconds === 60 ? "minute" : "minutes"}`;
  return `${seconds} seconds`;
}
