import type { AppClient, AppClientPage } from "@countersign/protocol/admin/app-clients.ts";
import { MultiSelect, PasswordInput, SegmentedControl, Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { read } from "../api/request.ts";
import { rolesQuery } from "../api/roles.ts";
import { useMay } from "../api/session.ts";
import css from "./reference.module.css";

/** With what requests are sent: as an app client with some of its rights, or with a token of one's own. */

export interface Choice {
  mode: "client" | "paste";
  clientId: string | null;
  permissions: string[];
  pasted: string;
}

/** Begins with what one may use: to send as an app client is for who may change app clients. */
export function useChoice() {
  const mode = useMay()("app_clients:write") ? "client" : "paste";
  return useState<Choice>({ mode, clientId: null, permissions: [], pasted: "" });
}

export function TokenBar({
  choice,
  onChange,
}: {
  choice: Choice;
  onChange: (choice: Choice) => void;
}) {
  const may = useMay();
  const { data } = useQuery({
    queryKey: ["/v2/app_clients", "choices"],
    queryFn: read<AppClientPage>("/v2/app_clients", { limit: 100 }),
    enabled: may("app_clients:write"),
  });
  const clients = data?.app_clients.filter(
    ({ enabled, type }) => enabled && type === "client_credentials",
  );
  const client = clients?.find(({ id }) => id === choice.clientId);
  const held = usePermissionsOf(client);
  const put = (own: Partial<Choice>): void => onChange({ ...choice, ...own });
  return (
    <>
      <SegmentedControl
        aria-label="Send as"
        data={[
          { value: "client", label: "App client", disabled: !may("app_clients:write") },
          { value: "paste", label: "Bearer Token" },
        ]}
        value={choice.mode}
        onChange={(mode) => put({ mode })}
      />
      {choice.mode === "client" ? (
        <>
          <Select
            className={css["client"]}
            aria-label="App client"
            placeholder="Choose an app client"
            searchable
            data={(clients ?? []).map(({ id, name }) => ({ value: id, label: name }))}
            value={choice.clientId}
            onChange={(clientId) => put({ clientId, permissions: [] })}
            nothingFoundMessage="No enabled client is called so"
          />
          <MultiSelect
            className={css["rights"]}
            aria-label="Rights"
            placeholder={choice.permissions.length === 0 ? "All its rights" : ""}
            searchable
            clearable
            disabled={client === undefined}
            data={held}
            value={choice.permissions}
            onChange={(permissions) => put({ permissions })}
            nothingFoundMessage="It has no such right"
          />
        </>
      ) : (
        <PasswordInput
          className={css["rights"]}
          aria-label="Bearer Token"
          placeholder="Paste an access token"
          autoComplete="off"
          value={choice.pasted}
          onChange={({ currentTarget }) => put({ pasted: currentTarget.value })}
          visibilityToggleButtonProps={{ "aria-label": "Show the token" }}
        />
      )}
    </>
  );
}

/** For the whole account, by its roles: what a token can be narrowed to. */
function usePermissionsOf(client: AppClient | undefined): string[] {
  const may = useMay();
  const { data } = useQuery({ ...rolesQuery, enabled: may("roles:read") });
  const ofRole = new Map(data?.roles.map(({ name, permissions }) => [name, permissions]));
  const all = client?.api_roles.flatMap((name) => ofRole.get(name) ?? []) ?? [];
  return [...new Set(all)].toSorted();
}
