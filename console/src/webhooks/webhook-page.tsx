import type { Webhook } from "@countersign/protocol/admin/webhooks.ts";
import { Alert, Button } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { useMay } from "../api/session.ts";
import { webhookQuery } from "../api/webhooks.ts";
import { BackLink } from "../parts/back-link.tsx";
import { Fact, Facts } from "../parts/facts.tsx";
import { Icon } from "../parts/icon.tsx";
import { PageHead, TitleLine } from "../parts/page-head.tsx";
import { Panel } from "../parts/panel.tsx";
import { PendingPage } from "../parts/pending.tsx";
import { ShortId } from "../parts/secret-field.tsx";
import { Status } from "../parts/status.tsx";
import { Ago, Exactly } from "../parts/time.tsx";
import { Deliveries } from "./deliveries.tsx";
import { useTestEvent, WebhookMenu } from "./webhook-menu.tsx";
import { EventBadges } from "./webhooks-page.tsx";

/** `/webhooks/:id`: one webhook, and what it was told. */
export function WebhookPage() {
  const { id = "" } = useParams();
  // A receiver can switch its webhook off.
  const query = useQuery({ ...webhookQuery(id), refetchInterval: 5_000 });
  const webhook = query.data;
  if (webhook === undefined) return <PendingPage title="Webhook" above={back} query={query} />;
  return (
    <>
      <PageHead
        title={webhook.url}
        above={back}
        lead={
          <TitleLine>
            <Status state={webhook.enabled ? "enabled" : "disabled"} />
            <ShortId id={webhook.id} what="webhook ID" />
            {webhook.description}
          </TitleLine>
        }
        actions={<Actions webhook={webhook} />}
      />
      {!webhook.enabled && <SwitchedOff webhook={webhook} />}
      <About webhook={webhook} />
      <Deliveries webhook={webhook} />
    </>
  );
}

const back = <BackLink to="/webhooks">Webhooks</BackLink>;

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
      <WebhookMenu webhook={webhook} where="page" />
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

const About = ({ webhook }: { webhook: Webhook }) => (
  <Panel title="About this webhook">
    <Facts>
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
    </Facts>
  </Panel>
);
