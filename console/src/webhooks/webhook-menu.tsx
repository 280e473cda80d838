import type { Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { Menu } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useState, type ReactNode } from "react";
import { request } from "../api/request.ts";
import { useMay } from "../api/session.ts";
import { changeWebhook, useWebhookChange, webhookPath } from "../api/webhooks.ts";
import { ActionsMenu, SwitchAndDelete, type Where } from "../parts/actions-menu.tsx";
import { sayWhyNot } from "../parts/say-why-not.ts";
import { WebhookAct, type Act } from "./webhook-acts.tsx";

/** What can be done with a webhook. `children` come first. */
export function WebhookMenu({
  webhook,
  where,
  children,
}: {
  webhook: Webhook;
  where: Where;
  children?: ReactNode;
}) {
  const may = useMay();
  const [asked, setAsked] = useState<Act>();
  const enable = useWebhookChange(() => changeWebhook(webhook, { enabled: true }));
  if (!may("webhooks:write")) return null;
  return (
    <>
      <ActionsMenu where={where} of={webhook.url}>
        {children}
        <Menu.Item onClick={() => setAsked("edit")}>Edit</Menu.Item>
        <Menu.Item onClick={() => setAsked("rotate")}>Rotate secret</Menu.Item>
        <SwitchAndDelete
          isEnabled={webhook.enabled}
          onEnable={() => enable.mutate(undefined, { onError: sayWhyNot })}
          onAsk={setAsked}
        />
      </ActionsMenu>
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
      onError: sayWhyNot,
    });
  return { send, isPending: test.isPending };
};
