import type { Connection } from "@countersign/protocol/admin/connections.ts";
import { Button } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { connectionPath, useOutboundChange } from "../api/datasources.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { ActionsMenu, SwitchAndDelete } from "../parts/actions-menu.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { ConfirmDelete } from "../parts/confirm-delete.tsx";
import { sayWhyNot } from "../parts/say-why-not.ts";

/** Renew, disable, delete. */
export function ConnectionActions({ connection }: { connection: Connection }) {
  const may = useMay();
  const [asked, setAsked] = useState<"disable" | "delete">();
  const path = connectionPath(connection.id);
  const refresh = useOutboundChange(() => request<Connection>("POST", `${path}/refresh`));
  const enable = useOutboundChange((enabled: boolean) =>
    request("PATCH", path, { body: { enabled } }),
  );
  if (!may("connections:write")) return null;
  const close = (): void => setAsked(undefined);
  const renew = (): void =>
    refresh.mutate(undefined, {
      onSuccess: () => notifications.show({ message: "The token was renewed." }),
      onError: sayWhyNot,
    });
  return (
    <>
      {connection.enabled && connection.state !== "not_connected" && (
        <Button variant="default" loading={refresh.isPending} onClick={renew}>
          Refresh now
        </Button>
      )}
      <ActionsMenu where="page" of="this connection">
        <SwitchAndDelete
          isEnabled={connection.enabled}
          onEnable={() => enable.mutate(true, { onError: sayWhyNot })}
          onAsk={setAsked}
        />
      </ActionsMenu>
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
        <ConfirmDelete
          what="this connection"
          path={path}
          leaveTo={`/datasources/${connection.datasource_id}`}
          done="The connection is deleted."
          onClose={close}
        >
          Its tokens go, and are given back to the provider where it takes them. To use it again
          somebody has to connect.
        </ConfirmDelete>
      )}
    </>
  );
}
