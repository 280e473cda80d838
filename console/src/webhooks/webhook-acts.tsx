import type { Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { request } from "../api/request.ts";
import { changeWebhook, useWebhookChange, webhookPath } from "../api/webhooks.ts";
import { Confirm } from "../parts/confirm.tsx";
import { ConfirmDelete } from "../parts/confirm-delete.tsx";
import { OnceModal } from "../parts/once-modal.tsx";
import { SigningSecret } from "./signing-secret.tsx";
import { WebhookForm, type WebhookSettings } from "./webhook-form.tsx";
import { Dialog } from "../parts/dialog.tsx";

/** What is asked, or filled in, before something is done with a webhook. */

export type Act = "edit" | "rotate" | "disable" | "delete";

interface ActOptions {
  webhook: Webhook;
  onClose: () => void;
}

export function WebhookAct({ act, ...options }: ActOptions & { act: Act }) {
  if (act === "edit") return <Edit {...options} />;
  if (act === "rotate") return <Rotate {...options} />;
  if (act === "disable") return <Disable {...options} />;
  return <Delete {...options} />;
}

function Edit({ webhook, onClose }: ActOptions) {
  const save = useWebhookChange(async (body: WebhookSettings) => {
    await changeWebhook(webhook, body);
    notifications.show({ message: "The webhook is saved.", color: "teal" });
    onClose();
  });
  return (
    <Dialog onClose={onClose} size="lg" title="Edit webhook">
      <WebhookForm from={webhook} verb="Save" save={save} onClose={onClose} />
    </Dialog>
  );
}

function Rotate({ webhook, onClose }: ActOptions) {
  const [made, setMade] = useState<Webhook>();
  const rotate = useWebhookChange(async () =>
    setMade(await request<Webhook>("POST", `${webhookPath(webhook.id)}/rotate_secret`)),
  );
  if (made !== undefined) {
    return (
      <OnceModal isShowing onClose={onClose} size="lg" title="The new signing secret">
        <SigningSecret webhook={made} onClose={onClose} />
      </OnceModal>
    );
  }
  const isAgain = webhook.previous_secret_valid_until !== undefined;
  return (
    <Confirm
      title="Rotate the signing secret?"
      verb="Rotate"
      act={() => rotate.mutateAsync(undefined)}
      onClose={onClose}
      onDone={() => undefined}
    >
      You get a new one. The secret of now signs as well for another day, so that nothing is lost
      while your receiver changes over.
      {isAgain && " It was rotated within the last day: the one before that stops signing now."}
    </Confirm>
  );
}

function Disable({ webhook, onClose }: ActOptions) {
  const disable = useWebhookChange(() => changeWebhook(webhook, { enabled: false }));
  return (
    <Confirm
      title="Disable this webhook?"
      verb="Disable"
      act={() => disable.mutateAsync(undefined)}
      onClose={onClose}
    >
      Nothing is sent to it. What already waits is sent when you enable it again; what happens until
      then is never told.
    </Confirm>
  );
}

const Delete = ({ webhook, onClose }: ActOptions) => (
  <ConfirmDelete
    what="this webhook"
    path={webhookPath(webhook.id)}
    leaveTo="/webhooks"
    done="The webhook is deleted."
    onClose={onClose}
  >
    <code>{webhook.url}</code> is told nothing more, also not what waits to be sent again. Its
    secret and the list of what it was told go for good.
  </ConfirmDelete>
);
