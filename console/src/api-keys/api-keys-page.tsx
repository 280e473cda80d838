import type { ApiKey, ApiKeyPage } from "@countersign/protocol/admin/api-keys.ts";
import {
  ActionIcon,
  Alert,
  Badge,
  Button,
  Group,
  Menu,
  Select,
  Table,
  Tooltip,
} from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { usePages } from "../api/pages.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { AccessTabs } from "../app-clients/access-tabs.tsx";
import css from "../app-clients/app-clients.module.css";
import { Confirm } from "../parts/confirm.tsx";
import { Empty } from "../parts/empty.tsx";
import { Icon } from "../parts/icon.tsx";
import { Listing } from "../parts/listing.tsx";
import { Panel } from "../parts/panel.tsx";
import { inWords } from "../parts/role-badges.tsx";
import { Status } from "../parts/status.tsx";
import { Ago } from "../parts/time.tsx";
import { apiKeysPath, CreateApiKey } from "./create-api-key.tsx";

/** `/apiAccess/apiKeys`: long-lived keys, sent as they are. */
export function ApiKeysPage() {
  const may = useMay();
  const [kind, setKind] = useState("");
  const [isCreating, setCreating] = useState(false);
  const { data, error, refetch, isFetching, paging } = usePages<ApiKeyPage>(apiKeysPath, {
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
      <div className={css["toolbar"]}>
        <Select
          w={220}
          aria-label="Kind"
          data={[
            { value: "", label: "All kinds" },
            { value: "personal", label: "Personal" },
            { value: "serving", label: "Query" },
            { value: "serving_and_indexing", label: "Query and index" },
          ]}
          value={kind}
          onChange={(value) => setKind(value ?? "")}
        />
        <Tooltip label="Reload">
          <ActionIcon
            variant="default"
            size={36}
            aria-label="Reload"
            loading={isFetching && data !== undefined}
            onClick={() => void refetch()}
          >
            <Icon name="reload" />
          </ActionIcon>
        </Tooltip>
        <span className={css["spacer"]} />
        {may("api_keys:write") && (
          <Button leftSection={<Icon name="plus" size={16} />} onClick={() => setCreating(true)}>
            Create API key
          </Button>
        )}
      </div>
      <Panel isFlush>
        <Listing
          label="API keys"
          columns={columns}
          rows={data?.api_keys}
          error={error}
          onRetry={() => void refetch()}
          paging={paging}
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
      <Group gap={6}>
        {apiKey.corpus_keys?.slice(0, 3).map((key) => (
          <Badge key={key} color="gray" autoContrast>
            {key}
          </Badge>
        ))}
        {(apiKey.corpus_keys?.length ?? 0) > 3 && <span>+{apiKey.corpus_keys!.length - 3}</span>}
      </Group>
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
  const queries = useQueryClient();
  const [asked, setAsked] = useState<"disable" | "delete">();
  const path = `${apiKeysPath}/${encodeURIComponent(apiKey.id)}`;
  const onSuccess = () => queries.invalidateQueries({ queryKey: [apiKeysPath] });
  const enable = useMutation({
    mutationFn: (enabled: boolean) => request("PATCH", path, { body: { enabled } }),
    onSuccess,
  });
  const remove = useMutation({ mutationFn: () => request("DELETE", path), onSuccess });
  if (!may("api_keys:write")) return null;
  const close = (): void => setAsked(undefined);
  return (
    <>
      <Menu position="bottom-end" width={170} shadow="md">
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" aria-label={`Actions for ${apiKey.name}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {apiKey.enabled ? (
            <Menu.Item onClick={() => setAsked("disable")}>Disable</Menu.Item>
          ) : (
            <Menu.Item onClick={() => enable.mutate(true)}>Enable</Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item c="var(--bad)" onClick={() => setAsked("delete")}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
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
          act={() => remove.mutateAsync()}
          onClose={close}
        >
          It stops working at once and cannot be brought back. To see first who would notice,
          disable it for a while.
        </Confirm>
      )}
    </>
  );
}
