import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import type { Credential } from "@countersign/protocol/admin/credentials.ts";
import { Menu } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { credentialPath, credentialsQuery, useClientChange } from "../api/app-clients.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { ActionsMenu, DangerItem } from "../parts/actions-menu.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";
import { Panel } from "../parts/panel.tsx";
import { Pending } from "../parts/pending.tsx";
import { sayWhyNot } from "../parts/say-why-not.ts";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import css from "./app-clients.module.css";
import { Rotation } from "./rotation.tsx";

/** The secrets of a client: which work, who used them last from where, and which can go. */
export function Credentials({ client }: { client: AppClient }) {
  const may = useMay();
  const query = useQuery({
    ...credentialsQuery(client.id),
    // While a rotation is under way, somebody waits for the first use of the new secret.
    refetchInterval: 5_000,
  });
  if (query.data === undefined) return <Pending query={query} height={180} />;
  const { credentials } = query.data;
  const live = credentials.filter(maybeAccepted).toReversed();
  const gone = credentials.filter((one) => !maybeAccepted(one)).toReversed();
  return (
    <>
      {may("app_clients:write") && <Rotation client={client} live={live} />}
      <Panel
        title="Secrets"
        isFlush
        hint="A client may have several, so that one replaces another without an outage."
      >
        {live.map((credential, index) => (
          <Row
            key={credential.id}
            client={client}
            credential={credential}
            isLive
            isReplaced={index > 0}
          />
        ))}
        {live.length === 0 && <p className={css["credential"]}>No secret works now.</p>}
      </Panel>
      {gone.length > 0 && (
        <Panel title="No longer accepted" isFlush>
          {gone.map((credential) => (
            <Row key={credential.id} client={client} credential={credential} />
          ))}
        </Panel>
      )}
    </>
  );
}

const maybeAccepted = ({ state }: Credential): boolean =>
  state === "active" || state === "disabled";

function Row({
  client,
  credential,
  isLive = false,
  isReplaced = false,
}: {
  client: AppClient;
  credential: Credential;
  isLive?: boolean;
  /** Whether there is a newer one that works. */
  isReplaced?: boolean;
}) {
  const {
    hint,
    description,
    state,
    last_used_at: lastUsedAt,
    safe_to_remove: verdict,
  } = credential;
  return (
    <div className={css["credential"]}>
      <div className={css["credentialMain"]}>
        <div className={css["credentialTitle"]}>
          <code>cssk_…{hint}</code>
          <Status state={state} />
          {credential.disabled_until !== undefined && (
            <span className="muted">
              comes back <Ago at={credential.disabled_until} />
            </span>
          )}
        </div>
        <p className={css["credentialFacts"]}>
          {description !== "" && <>{description}. </>}
          Created <Ago at={credential.created_at} />.{" "}
          {lastUsedAt === undefined ? (
            "Never used."
          ) : (
            <>
              Last used <Ago at={lastUsedAt} /> from <code>{credential.last_used_address}</code>
              {credential.last_used_user_agent !== "" && <> by {credential.last_used_user_agent}</>}
              .
            </>
          )}
        </p>
        {isReplaced && (
          <span className={css["verdict"]} data-safe={verdict.safe || undefined}>
            <Icon name={verdict.safe ? "check" : "warning"} size={16} />
            {verdict.safe ? "Safe to remove: " : "Not yet safe to remove: "}
            {verdict.reason}
          </span>
        )}
      </div>
      {isLive && <CredentialMenu client={client} credential={credential} />}
    </div>
  );
}

function CredentialMenu({ client, credential }: { client: AppClient; credential: Credential }) {
  const may = useMay();
  const [isAsked, setAsked] = useState(false);
  const enable = useClientChange((enabled: boolean) =>
    request("PATCH", credentialPath(client, credential), { body: { enabled } }),
  );
  const revoke = useClientChange(() => request("DELETE", credentialPath(client, credential)));
  if (!may("app_clients:write")) return null;
  const isOff = credential.state === "disabled";
  return (
    <>
      <ActionsMenu where="row" of={`the secret that ends in ${credential.hint}`}>
        <Menu.Item onClick={() => enable.mutate(isOff, { onError: sayWhyNot })}>
          {isOff ? "Enable" : "Disable"}
        </Menu.Item>
        <DangerItem onClick={() => setAsked(true)}>Revoke</DangerItem>
      </ActionsMenu>
      {isAsked && (
        <Confirm
          title={`Revoke the secret that ends in ${credential.hint}?`}
          verb="Revoke"
          isDangerous
          act={() => revoke.mutateAsync(undefined)}
          onClose={() => setAsked(false)}
        >
          It is never accepted again, and tokens that it got stop counting.{" "}
          {credential.safe_to_remove.reason}
        </Confirm>
      )}
    </>
  );
}
