import type { ApiKey, ApiKeyPage } from "@countersign/protocol/admin/api-keys.ts";
import { Alert, Table } from "@mantine/core";
import { useState } from "react";
import { useChange } from "../api/change.ts";
import { usePages } from "../api/pages.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { AccessTabs } from "../app-clients/access-tabs.tsx";
import { ActionsMenu, SwitchAndDelete } from "../parts/actions-menu.tsx";
import { AddButton } from "../parts/add-button.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { Empty } from "../parts/empty.tsx";
import { FewBadges } from "../parts/few-badges.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { sayWhyNot } from "../parts/say-why-not.ts";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { Filter, ReloadButton, Toolbar } from "../parts/toolbar.tsx";
import { apiKeysPath, CreateApiKey } from "./create-api-key.tsx";

/** `/apiAccess/apiKeys`: long-lived keys, sent as they are. */
export function ApiKeysPage() {
  const may = useMay();
  const [kind, setKind] = useState("");
  const [isCreating, setCreating] = useState(false);
  const list = usePages<ApiKeyPage>(apiKeysPath, {
    limit: 25,
    api_key_role: kind === "" ? undefined : kind,
  });
  return (
    <AccessTabs tab="apiKeys">
      <Alert
        color="yellow"
        icon={<Icon name="warning" />}
        mb="md"
        title="Good for trying out, risky in production"
      >
        An API key works until somebody takes it back. In production prefer an app client: its
        tokens expire by themselves, and its secret is never sent with a call.
      </Alert>
      <Toolbar
        action={
          may("api_keys:write") && (
            <AddButton onClick={() => setCreating(true)}>Create API key</AddButton>
          )
        }
      >
        <Filter
          label="Kind"
          all="All kinds"
          names={kindNames}
          w={220}
          value={kind}
          onChange={setKind}
        />
        <ReloadButton list={list} />
      </Toolbar>
      <Panel isFlush>
        <Listing
          label="API keys"
          columns={columns}
          rows={list.data?.api_keys}
          list={list}
          empty={
            <Empty icon="keys" title="No API keys">
              A key is shown once, when it is created. Query keys read the corpora that you name,
              index keys also write, a personal key does what you may do.
            </Empty>
          }
          renderRow={(key) => <Row key={key.id} apiKey={key} />}
        />
      </Panel>
      {isCreating && <CreateApiKey onClose={() => setCreating(false)} />}
    </AccessTabs>
  );
}

const columns = [
  { label: "Name" },
  { label: "Key" },
  { label: "Kind", className: "not-narrow" },
  { label: "Corpora", className: "wide-only" },
  { label: "Last used", className: "not-narrow" },
  { label: "Status" },
  { label: "Actions", isHidden: true, width: 56 },
];

export const kindNames: Readonly<Record<string, string>> = {
  personal: "Personal",
  serving: "Query",
  serving_and_indexing: "Query and index",
};
const prefixes: Readonly<Record<string, string>> = {
  personal: "cspk_",
  serving: "csqk_",
  serving_and_indexing: "cswk_",
};

const Row = ({ apiKey }: { apiKey: ApiKey }) => (
  <Table.Tr>
    <Table.Td fw={600}>{apiKey.name}</Table.Td>
    <Table.Td>
      <code>
        {prefixes[apiKey.api_key_role ?? ""] ?? ""}…{apiKey.hint}
      </code>
    </Table.Td>
    <Table.Td className="not-narrow">
      {kindNames[apiKey.api_key_role ?? ""] ?? apiKey.api_roles.map(inWords).join(", ")}
    </Table.Td>
    <Table.Td className="wide-only">
      <FewBadges names={apiKey.corpus_keys ?? []} max={3} />
    </Table.Td>
    <Table.Td className="not-narrow">
      <Ago at={apiKey.last_used_at} />
    </Table.Td>
    <Table.Td>
      <Status state={apiKey.state} />
    </Table.Td>
    <Table.Td>
      <KeyMenu apiKey={apiKey} />
    </Table.Td>
  </Table.Tr>
);

function KeyMenu({ apiKey }: { apiKey: ApiKey }) {
  const may = useMay();
  const [asked, setAsked] = useState<"disable" | "delete">();
  const path = `${apiKeysPath}/${encodeURIComponent(apiKey.id)}`;
  const enable = useChange(
    (enabled: boolean) => request("PATCH", path, { body: { enabled } }),
    [apiKeysPath],
  );
  const remove = useChange(() => request("DELETE", path), [apiKeysPath]);
  if (!may("api_keys:write")) return null;
  const close = (): void => setAsked(undefined);
  return (
    <>
      <ActionsMenu where="row" of={apiKey.name}>
        <SwitchAndDelete
          isEnabled={apiKey.enabled}
          onEnable={() => enable.mutate(true, { onError: sayWhyNot })}
          onAsk={setAsked}
        />
      </ActionsMenu>
      {asked === "disable" && (
        <Confirm
          title={`Disable ${apiKey.name}?`}
          verb="Disable"
          act={() => enable.mutateAsync(false)}
          onClose={close}
        >
          Calls with it are refused at once. You can enable it again.
        </Confirm>
      )}
      {asked === "delete" && (
        <Confirm
          title={`Delete ${apiKey.name}?`}
          verb="Delete"
          isDangerous
          act={() => remove.mutateAsync(undefined)}
          onClose={close}
        >
          It stops working at once and cannot be brought back. To see first who would notice,
          disable it for a while.
        </Confirm>
      )}
    </>
  );
}
