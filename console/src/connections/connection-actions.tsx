import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { Button, Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { useNavigate } from "react-router";
import { connectionPath, useOutboundChange } from "../api/datasources.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { Confirm } from "../parts/confirm.tsx";
import { Icon } from "../parts/icon.tsx";

/** Renew, disable, delete. */
export function ConnectionActions({ connection }: { connection: Connection }) {
  const may = useMay();
  const navigate = useNavigate();
  const [asked, setAsked] = useState<"disable" | "delete">();
  const path = connectionPath(connection.id);
  const refresh = useOutboundChange(() => request<Connection>("POST", `${path}/refresh`));
  const enable = useOutboundChange((enabled: boolean) =>
    request("PATCH", path, { body: { enabled } }),
  );
  const remove = useOutboundChange(() => request("DELETE", path));
  if (!may("connections:write")) return null;
  const close = (): void => setAsked(undefined);
  const renew = (): void =>
    refresh.mutate(undefined, {
      onSuccess: () => notifications.show({ message: "The token was renewed." }),
      onError: ({ message }) => notifications.show({ color: "red", message }),
    });
  return (
    <>
      {connection.enabled && connection.state !== "not_connected" && (
        <Button variant="default" loading={refresh.isPending} onClick={renew}>
          Refresh now
        </Button>
      )}
      <Menu position="bottom-end" width={170} shadow="md">
        <Menu.Target>
          <Button variant="default" rightSection={<Icon name="down" size={14} />}>
            Actions
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {connection.enabled ? (
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
          title="Disable this connection?"
          verb="Disable"
          act={() => enable.mutateAsync(false)}
          onClose={close}
        >
          Nothing is sent through it and its token is not renewed, until it is enabled again.
        </Confirm>
      )}
      {asked === "delete" && (
        <Confirm
          title="Delete this connection?"
          verb="Delete"
          isDangerous
          act={async () => {
            await remove.mutateAsync(undefined);
            await navigate(`/datasources/${connection.datasource_id}`);
            notifications.show({ message: "The connection is deleted." });
          }}
          onClose={close}
        >
          Its tokens go, and are given back to the provider where it takes them. To use it again
          somebody has to connect.
        </Confirm>
      )}
    </>
  );
}
