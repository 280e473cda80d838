import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import { Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type ReactNode } from "react";
import { useNavigate } from "react-router";
import { clientPath, useClientChange } from "../api/app-clients.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { Confirm } from "../parts/confirm.tsx";
import { useCopySecret } from "./secret-dialog.tsx";

/** What can be done with an app client, in the order in which it is wanted. */
export function ClientMenu({ client, target }: { client: AppClient; target: ReactNode }) {
  const may = useMay();
  const navigate = useNavigate();
  const copySecret = useCopySecret();
  const [asked, setAsked] = useState<"disable" | "delete">();
  const page = `/apiAccess/appClients/${client.id}`;
  const enable = useClientChange(() => change(client, { enabled: true }));
  const hasSecret = client.token_endpoint_auth_method !== "none";
  const mayWrite = may("app_clients:write");
  return (
    <>
      <Menu position="bottom-end" width={190} shadow="md">
        {target}
        <Menu.Dropdown>
          {hasSecret && may("app_clients:reveal_secret") && (
            <Menu.Item onClick={() => void copySecret(client.id)}>Copy secret</Menu.Item>
          )}
          <Menu.Item onClick={() => void navigate(`${page}/examples`)}>Show examples</Menu.Item>
          {mayWrite && (
            <>
              <Menu.Item onClick={() => void navigate(`${page}/settings`)}>Edit</Menu.Item>
              {hasSecret && (
                <Menu.Item onClick={() => void navigate(`${page}/credentials`)}>
                  Rotate secret
                </Menu.Item>
              )}
              {client.enabled ? (
                <Menu.Item onClick={() => setAsked("disable")}>Disable</Menu.Item>
              ) : (
                <Menu.Item onClick={() => enable.mutate(undefined)}>Enable</Menu.Item>
              )}
              <Menu.Divider />
              <Menu.Item c="var(--bad)" onClick={() => setAsked("delete")}>
                Delete
              </Menu.Item>
            </>
          )}
        </Menu.Dropdown>
      </Menu>
      {asked !== undefined && (
        <Asked what={asked} client={client} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
}

const change = (client: AppClient, body: unknown): Promise<AppClient> =>
  request("PATCH", clientPath(client.id), { body });

function Asked({
  what,
  client,
  onClose,
}: {
  what: "disable" | "delete";
  client: AppClient;
  onClose: () => void;
}) {
  const navigate = useNavigate();
  const disable = useClientChange(() => change(client, { enabled: false }));
  const remove = useClientChange(() => request("DELETE", clientPath(client.id)));
  if (what === "disable") {
    return (
      <Confirm
        title={`Disable ${client.name}?`}
        verb="Disable"
        act={() => disable.mutateAsync(undefined)}
        onClose={onClose}
      >
        It gets no more tokens, and those it has stop counting. You can enable it again.
      </Confirm>
    );
  }
  const act = async (): Promise<void> => {
    await remove.mutateAsync(undefined);
    notifications.show({ message: `${client.name} is deleted.` });
    await navigate("/apiAccess/appClients");
  };
  return (
    <Confirm title={`Delete ${client.name}?`} verb="Delete" isDangerous act={act} onClose={onClose}>
      Its secrets stop working at once, for good. To see first who would notice, disable it for a
      while.
    </Confirm>
  );
}
