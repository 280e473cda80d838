import type { Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { Alert, Button, Menu, Skeleton } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Link, useParams } from "react-router";
import { useMay } from "../api/session.ts";
import { webhookQuery } from "../api/webhooks.ts";
import css from "../app-clients/app-clients.module.css";
import { Icon } from "../parts/icon.tsx";
import { PageHead } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import parts from "../parts/parts.module.css";
import { Problem } from "../parts/problem.tsx";
import { ShortId } from "../parts/secret-field.tsx";
import { Status } from "../parts/status.tsx";
import { Ago, Exactly } from "../parts/time.tsx";
import { Deliveries } from "./deliveries.tsx";
import { useTestEvent, WebhookMenu } from "./webhook-menu.tsx";
import { EventBadges } from "./webhooks-page.tsx";

/** `/webhooks/:id`: one webhook, and what it was told. */
export function WebhookPage() {
  const { id = "" } = useParams();
  const {
    data: webhook,
    error,
    refetch,
  } = useQuery({
    ...webhookQuery(id),
    // A receiver can switch its webhook off.
    refetchInterval: 5_000,
  });
  if (webhook === undefined) {
    return (
      <>
        <PageHead title="Webhook" above={back} />
        {error === null ? (
          <Skeleton height={260} radius="md" />
        ) : (
          <Problem error={error} onRetry={() => void refetch()} />
        )}
      </>
    );
  }
  return (
    <>
      <PageHead
        title={webhook.url}
        above={back}
        lead={
          <span className={css["titleLine"]}>
            <Status state={webhook.enabled ? "enabled" : "disabled"} />
            <ShortId id={webhook.id} what="webhook ID" />
            {webhook.description}
          </span>
        }
        actions={<Actions webhook={webhook} />}
      />
      {!webhook.enabled && <SwitchedOff webhook={webhook} />}
      <Facts webhook={webhook} />
      <Deliveries webhook={webhook} />
    </>
  );
}

const back = (
  <Link to="/webhooks" className={css["back"]}>
    <Icon name="left" size={16} /> Webhooks
  </Link>
);

function Actions({ webhook }: { webhook: Webhook }) {
  const may = useMay();
  const test = useTestEvent(webhook);
  return (
    <>
      {may("webhooks:write") && webhook.enabled && (
        <Button variant="default" loading={test.isPending} onClick={test.send}>
          Send test event
        </Button>
      )}
      <WebhookMenu
        webhook={webhook}
        target={
          <Menu.Target>
            <Button variant="default" rightSection={<Icon name="down" size={14} />}>
              Actions
            </Button>
          </Menu.Target>
        }
      />
    </>
  );
}

const SwitchedOff = ({ webhook: { last_delivery: last } }: { webhook: Webhook }) => (
  <Alert
    color="yellow"
    icon={<Icon name="warning" />}
    mb="lg"
    title={
      last?.last_status === 410
        ? "The receiver answered 410, which means that it is gone for good"
        : "Nothing is sent while it is disabled"
    }
  >
    {last?.last_status === 410 && "So the webhook was disabled, and nothing is sent. "}
    What happens until it is enabled again is never told; what was waiting then is sent.
  </Alert>
);

const Facts = ({ webhook }: { webhook: Webhook }) => (
  <Panel title="About this webhook">
    <dl className={parts["facts"]}>
      <Fact label="Events">
        <EventBadges events={webhook.events} max={7} />
      </Fact>
      <Fact label="Signing secret">
        {webhook.previous_secret_valid_until === undefined ? (
          "One"
        ) : (
          <>
            Two: the one before signs until <Exactly at={webhook.previous_secret_valid_until} />
          </>
        )}
      </Fact>
      <Fact label="Created">
        <Ago at={webhook.created_at} />
      </Fact>
      <Fact label="Changed">
        <Ago at={webhook.updated_at} />
      </Fact>
    </dl>
  </Panel>
);

const Fact = ({ label, children }: { label: string; children: ReactNode }) => (
  <div>
    <dt>{label}</dt>
    <dd>{children}</dd>
  </div>
);
