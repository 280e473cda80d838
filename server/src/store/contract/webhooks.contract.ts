import assert from "node:assert/strict";
import { describe } from "node:test";
import type { DeliveryRecord, WebhookRecord } from "../webhook-store.ts";
import { nextId, sampleAudit, sampleIdempotency } from "./records.contract.ts";
import {
  assertChangesNothing,
  countAudit,
  twinTest,
  type OpenStore,
  type World,
} from "./twins.contract.ts";

const webhooksMax = 3;

const sampleWebhook = (tenantId: string, own: Partial<WebhookRecord> = {}): WebhookRecord => ({
  id: nextId("whk"),
  tenantId,
  url: "https://example.com/hook",
  description: "",
  events: undefined,
  enabled: true,
  sealedSecret: "sealed",
  sealedPreviousSecret: undefined,
  previousUntilMs: undefined,
  externalId: undefined,
  labels: {},
  createdAtMs: 1_000,
  updatedAtMs: 1_000,
  version: 1,
  ...own,
});

const sampleDelivery = (
  { tenantId, id: webhookId }: Pick<WebhookRecord, "tenantId" | "id">,
  own: Partial<DeliveryRecord> = {},
): DeliveryRecord => ({
  webhookId,
  eventId: nextId("evt"),
  tenantId,
  eventType: "webhook.test",
  subject: { a: 1 },
  createdAtMs: 1_000,
  status: "pending",
  attempts: 0,
  nextAttemptMs: 1_000,
  lastAttemptMs: undefined,
  lastStatus: undefined,
  lastError: undefined,
  lastDurationMs: undefined,
  claimId: undefined,
  ...own,
});

const inserting = (webhook: WebhookRecord) => ({
  webhook,
  webhooksMax,
  idempotency: undefined,
  audit: sampleAudit(webhook.tenantId),
});
const sending = (delivery: DeliveryRecord) => ({
  delivery,
  audit: sampleAudit(delivery.tenantId),
});
const insert = async ({ store, ours }: World, own: Partial<WebhookRecord> = {}) => {
  const webhook = sampleWebhook(ours.tenantId, own);
  assert.deepEqual(await store.insertWebhook(inserting(webhook)), { outcome: "inserted" });
  return webhook;
};

export function webhookContract(open: OpenStore): void {
  describe("webhooks and what they are told", () => {
    const test = twinTest(open, async (store, { tenantId }) => {
      const webhook = sampleWebhook(tenantId, { enabled: false });
      await store.insertWebhook(inserting(webhook));
      await store.insertDelivery(sending(sampleDelivery(webhook, { nextAttemptMs: 1 })));
    });

    test("keep what they were given, each of its tenant", async (world) => {
      const { other, ours, theirs } = world;
      const own = { externalId: "one", events: ["connection.deleted"], createdAtMs: 2_000 };
      const webhook = await insert(world, own);
      assert.deepEqual(await other.findWebhook(ours.tenantId, webhook.id), webhook);
      assert.equal(await other.findWebhook(theirs.tenantId, webhook.id), undefined);
      const page = { after: undefined, externalId: undefined, limit: 10 };
      const all = await other.listWebhooks(ours.tenantId, page);
      assert.equal(all.length, 2);
      assert.deepEqual(await other.listWebhooks(ours.tenantId, { ...page, after: all[0] }), [
        webhook,
      ]);
      const named = { ...page, externalId: "one" };
      assert.deepEqual(await other.listWebhooks(ours.tenantId, named), [webhook]);
      assert.deepEqual(await other.listWebhooks(theirs.tenantId, named), []);
    });

    test("refuse an external id that is taken and one too many, without a trace", async (world) => {
      const { store, ours } = world;
      const { id } = await insert(world, { externalId: "one" });
      await assertChangesNothing(world, async () => {
        const again = sampleWebhook(ours.tenantId, { externalId: "one" });
        const outcome = { outcome: "external_id_taken" };
        assert.deepEqual(await store.insertWebhook(inserting(again)), outcome);
      });
      await insert(world);
      await assertChangesNothing(world, async () => {
        const more = inserting(sampleWebhook(ours.tenantId));
        assert.deepEqual(await store.insertWebhook(more), { outcome: "too_many" });
      });
      assert.ok(id);
    });

    test("are made once for one Idempotency-Key", async (world) => {
      const { store, ours } = world;
      const webhook = sampleWebhook(ours.tenantId);
      const idempotency = sampleIdempotency(ours.tenantId, webhook.id);
      await store.insertWebhook({ ...inserting(webhook), idempotency });
      const again = sampleWebhook(ours.tenantId);
      const repeated = await store.insertWebhook({ ...inserting(again), idempotency });
      assert.equal(repeated.outcome, "repeated");
      assert.equal(await store.findWebhook(ours.tenantId, again.id), undefined);
    });

    test("change by compare-and-set, and go with what they were to be told", async (world) => {
      const { store, query, ours } = world;
      const webhook = await insert(world);
      await store.insertDelivery(sending(sampleDelivery(webhook)));
      const audit = sampleAudit(ours.tenantId);
      const next = { ...webhook, url: "https://example.com/other", version: 2 };
      assert.equal(await store.updateWebhook({ webhook: next, audit }), "written");
      assert.equal(await countAudit(query, audit), 1);
      await assertChangesNothing(world, async () => {
        const late = sampleAudit(ours.tenantId);
        assert.equal(await store.updateWebhook({ webhook: next, audit: late }), "conflict");
        assert.equal(await store.deleteWebhook({ webhook, audit: late }), "conflict");
      });
      const gone = sampleAudit(ours.tenantId);
      assert.equal(await store.deleteWebhook({ webhook: next, audit: gone }), "written");
      const page = { webhookId: webhook.id, status: undefined, after: undefined, limit: 10 };
      assert.deepEqual(await store.listDeliveries(ours.tenantId, page), []);
    });

    test("deliveries are listed newest first, and due ones longest due first", async (world) => {
      const { store, ours, theirs } = world;
      const webhook = await insert(world);
      const make = async (own: Partial<DeliveryRecord>): Promise<DeliveryRecord> => {
        const delivery = sampleDelivery(webhook, own);
        await store.insertDelivery(sending(delivery));
        return delivery;
      };
      const late = await make({ createdAtMs: 1, nextAttemptMs: 50 });
      const soon = await make({ createdAtMs: 2, nextAttemptMs: 40 });
      const done = await make({ createdAtMs: 3, nextAttemptMs: undefined, status: "delivered" });
      const page = { webhookId: webhook.id, status: undefined, after: undefined, limit: 2 };
      assert.deepEqual(await store.listDeliveries(ours.tenantId, page), [done, soon]);
      const rest = { ...page, after: soon };
      assert.deepEqual(await store.listDeliveries(ours.tenantId, rest), [late]);
      const only = { ...page, status: "delivered" };
      assert.deepEqual(await store.listDeliveries(ours.tenantId, only), [done]);
      assert.deepEqual(await store.listDeliveries(theirs.tenantId, page), []);
      const due = async (atMs: number, limit = 10) => {
        const found = await store.listDueDeliveries({ atMs, limit });
        return found.filter(({ webhookId }) => webhookId === webhook.id);
      };
      assert.deepEqual(await due(39), []);
      assert.deepEqual(await due(40), [soon]);
      assert.deepEqual(await due(50), [soon, late]);
    });

    test("a try is counted once, whoever made it", async (world) => {
      const { store, other, query, ours } = world;
      const webhook = await insert(world);
      const delivery = sampleDelivery(webhook);
      const insertion = sending(delivery);
      await store.insertDelivery(insertion);
      assert.equal(await countAudit(query, insertion.audit), 1);
      const change = { status: "pending", attempts: 1, nextAttemptMs: 9, lastStatus: 500 };
      const [audit, late] = [sampleAudit(ours.tenantId), sampleAudit(ours.tenantId)];
      assert.equal(await store.moveDelivery({ delivery, change, audit }), "written");
      assert.equal(await other.moveDelivery({ delivery, change, audit: late }), "conflict");
      assert.equal(await countAudit(query, audit), 1);
      assert.equal(await countAudit(query, late), 0);
      const { eventId } = delivery;
      const key = { tenantId: ours.tenantId, webhookId: webhook.id, eventId };
      assert.deepEqual(await other.findDelivery(key), { ...delivery, ...change });
      assert.equal(await other.findDelivery({ ...key, tenantId: "other" }), undefined);
    });

    test("a delivery is sent by one process at a time", async (world) => {
      const { store, other, ours } = world;
      const webhook = await insert(world);
      const delivery = sampleDelivery(webhook, { nextAttemptMs: 10 });
      await store.insertDelivery(sending(delivery));
      const claim = { delivery, claimId: "clm_one", atMs: 10 };
      const rival = { ...claim, claimId: "clm_two" };
      assert.equal(await store.claimDelivery({ ...claim, atMs: 9 }), "conflict", "not due yet");
      const both = await Promise.all([store.claimDelivery(claim), other.claimDelivery(rival)]);
      assert.deepEqual(both.toSorted(), ["conflict", "written"]);
      const winner = both[0] === "written" ? claim : rival;
      assert.equal(await other.claimDelivery(rival), "conflict", "nor a second time");
      const held = { ...delivery, claimId: winner.claimId };
      const due = await other.listDueDeliveries({ atMs: 10, limit: 100 });
      assert.deepEqual(
        due.filter(({ webhookId }) => webhookId === webhook.id),
        [held],
      );

      const change = { attempts: 1, nextAttemptMs: 20, lastDurationMs: 7, claimId: undefined };
      assert.equal(await other.moveDelivery({ delivery, change }), "conflict", "not its claim");
      const foreign = { ...delivery, claimId: "clm_three" };
      assert.equal(await other.moveDelivery({ delivery: foreign, change }), "conflict");
      assert.equal(await store.moveDelivery({ delivery: held, change }), "written");
      const { eventId } = delivery;
      const key = { tenantId: ours.tenantId, webhookId: webhook.id, eventId };
      const tried = { ...delivery, ...change };
      assert.deepEqual(await store.findDelivery(key), tried);
      // Who has read it before has not seen that it was tried.
      assert.equal(await store.claimDelivery({ ...claim, atMs: 20 }), "conflict");
      const again = { delivery: tried, claimId: "clm_four", atMs: 20 };
      assert.equal(await store.claimDelivery(again), "written");
      const done = { status: "delivered", attempts: 2, nextAttemptMs: undefined };
      const last = { delivery: { ...tried, claimId: "clm_four" }, change: { ...done } };
      assert.equal(await store.moveDelivery(last), "written");
      const late = { delivery: { ...tried, ...done }, claimId: "clm_five", atMs: 90 };
      assert.equal(await store.claimDelivery(late), "conflict", "it has arrived");
    });

    test(
      "deliveries are forgotten after their time",
      async (world) => {
        const { store, ours } = world;
        const webhook = await insert(world);
        for (const createdAtMs of [100, 101]) {
          await store.insertDelivery(sending(sampleDelivery(webhook, { createdAtMs })));
        }
        await store.sweepDeliveries({ beforeMs: 101 });
        const page = { webhookId: webhook.id, status: undefined, after: undefined, limit: 10 };
        const left = await store.listDeliveries(ours.tenantId, page);
        assert.deepEqual(
          left.map(({ createdAtMs }) => createdAtMs),
          [101],
        );
      },
      "all tenants",
    );
  });
}
