import type { Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type ReactNode } from "react";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { changeWebhook, useWebhookChange, webhookPath } from "../api/webhooks.ts";
import { WebhookAct, type Act } from "./webhook-acts.tsx";

/** What can be done with a webhook. `children` come first. */
export function WebhookMenu({
  webhook,
  target,
  children,
}: {
  webhook: Webhook;
  target: ReactNode;
  children?: ReactNode;
}) {
  const may = useMay();
  const [asked, setAsked] = useState<Act>();
  const enable = useWebhookChange(() => changeWebhook(webhook, { enabled: true }));
  if (!may("webhooks:write")) return null;
  const switchOn = (): void =>
    enable.mutate(undefined, {
      onError: ({ message }) => notifications.show({ color: "red", message }),
    });
  return (
    <>
      <Menu position="bottom-end" width={200} shadow="md">
        {target}
        <Menu.Dropdown>
          {children}
          <Menu.Item onClick={() => setAsked("edit")}>Edit</Menu.Item>
          <Menu.Item onClick={() => setAsked("rotate")}>Rotate secret</Menu.Item>
          {webhook.enabled ? (
            <Menu.Item onClick={() => setAsked("disable")}>Disable</Menu.Item>
          ) : (
            <Menu.Item onClick={switchOn}>Enable</Menu.Item>
          )}
          <Menu.Divider />
          <Menu.Item c="var(--bad)" onClick={() => setAsked("delete")}>
            Delete
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      {asked !== undefined && (
        <WebhookAct act={asked} webhook={webhook} onClose={() => setAsked(undefined)} />
      )}
    </>
  );
}

/** An event about nothing; whether it arrived is seen in the list of deliveries. */
export const useTestEvent = ({ id }: Webhook) => {
  const test = useWebhookChange(() => request("POST", `${webhookPath(id)}/test`));
  const send = (): void =>
    test.mutate(undefined, {
      onSuccess: () => notifications.show({ message: "A test event is on its way." }),
      onError: ({ message }) => notifications.show({ color: "red", message }),
    });
  return { send, isPending: test.isPending };
};
