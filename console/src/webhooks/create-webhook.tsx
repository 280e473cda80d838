import type { Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { useState } from "react";
import { useNavigate } from "react-router";
import { useCreation } from "../api/creation.ts";
import { useWebhookChange, webhooksPath } from "../api/webhooks.ts";
import { OnceModal } from "../parts/once-modal.tsx";
import { SigningSecret } from "./signing-secret.tsx";
import { WebhookForm, type WebhookSettings } from "./webhook-form.tsx";

/** Somebody new who is told, and then the secret with which to believe it. */
export function CreateWebhook({ onClose }: { onClose: () => void }) {
  const navigate = useNavigate();
  const [made, setMade] = useState<Webhook>();
  const createWebhook = useCreation<Webhook>(webhooksPath);
  const create = useWebhookChange(async ({ events, ...settings }: WebhookSettings) => {
    const body = { ...settings, ...(events === null ? {} : { events }) };
    setMade(await createWebhook(body));
  });
  const leave = (): void =>
    made === undefined ? onClose() : void navigate(`/webhooks/${made.id}`, { replace: true });
  return (
    <OnceModal
      isShowing={made !== undefined}
      onClose={leave}
      size="lg"
      title={made === undefined ? "Create webhook" : "The webhook is ready"}
    >
      {made === undefined ? (
        <WebhookForm from={{}} verb="Create" save={create} onClose={onClose} />
      ) : (
        <SigningSecret webhook={made} onClose={leave} />
      )}
    </OnceModal>
  );
}
