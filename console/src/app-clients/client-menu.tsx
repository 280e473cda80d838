import type { AppClient } from "@countersign/protocol/admin/app-clients.ts";
import { Menu } from "@mantine/core";
import { useState } from "react";
import { useNavigate } from "react-router";
import { clientPath, useClientChange } from "../api/app-clients.ts";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { ActionsMenu, SwitchAndDelete, type Where } from "../parts/actions-menu.tsx";
import { Confirm } from "../parts/confirm.tsx";
import { ConfirmDelete } from "../parts/confirm-delete.tsx";
import { sayWhyNot } from "../parts/say-why-not.ts";
import { useCopySecret } from "./secret-dialog.tsx";

/** What can be done with an app client, in the order in which it is wanted. */
export function ClientMenu({ client, where }: { client: AppClient; where: Where }) {
  const may = useMay();
  const navigate = useNavigate();
  const copySecret = useCopySecret();
  const [asked, setAsked] = useState<"disable" | "delete">();
  const page = `/apiAccess/appClients/${client.id}`;
  const change = useClientChange((enabled: boolean) =>
    request("PATCH", clientPath(client.id), { body: { enabled } }),
  );
  const close = (): void => setAsked(undefined);
  const hasSecret = client.token_endpoint_auth_method !== "none";
  const mayWrite = may("app_clients:write");
  return (
    <>
      <ActionsMenu where={where} of={client.name}>
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
            <SwitchAndDelete
              isEnabled={client.enabled}
              onEnable={() => change.mutate(true, { onError: sayWhyNot })}
              onAsk={setAsked}
            />
          </>
        )}
      </ActionsMenu>
      {asked === "disable" && (
        <Confirm
          title={`Disable ${client.name}?`}
          verb="Disable"
          act={() => change.mutateAsync(false)}
          onClose={close}
        >
          It gets no more tokens, and those it has stop counting. You can enable it again.
        </Confirm>
      )}
      {asked === "delete" && (
        <ConfirmDelete
          what={client.name}
          path={clientPath(client.id)}
          leaveTo="/apiAccess/appClients"
          onClose={close}
        >
          Its secrets stop working at once, for good. To see first who would notice, disable it for
          a while.
        </ConfirmDelete>
      )}
    </>
  );
}
