import { collectDefaultMetrics, Counter, Gauge, Registry } from "prom-client";
import type { Usage } from "../audit/usage.ts";
import type { KnownClients } from "../clients/known-clients.ts";
import type { ProviderPauses } from "../datasources/provider-pauses.ts";
import type { LeakTotals } from "../leaks/leak-report.ts";
import type { Feed } from "../store/feed.ts";

/**
 * What Prometheus reads. Numbers are taken when it asks, so counting costs the hot path nothing. A
 * label is a cause from our own list, never what a stranger sent.
 */
export function createMetrics(sources: {
  usage: Usage;
  clients: KnownClients;
  feed: Feed;
  leaks: LeakTotals;
  pauses: Pick<ProviderPauses, "count">;
}): Registry {
  const { usage, clients, feed, leaks, pauses } = sources;
  const registry = new Registry();
  const registers = [registry];
  collectDefaultMetrics({ register: registry });
  new Counter({
    name: "countersign_tokens_issued_total",
    help: "Access tokens issued by this process.",
    registers,
    collect() {
      this.reset();
      this.inc(usage.totals().issued);
    },
  });
  new Counter({
    name: "countersign_token_requests_refused_total",
    help: "Token requests refused by this process, by cause.",
    labelNames: ["cause"],
    registers,
    collect() {
      this.reset();
      for (const [cause, count] of usage.totals().refused) this.inc({ cause }, count);
    },
  });
  countLeaks(registers, leaks);
  new Gauge({
    name: "countersign_feed_stale_seconds",
    help: "How long the store has not answered this process.",
    registers,
    collect() {
      this.set(feed.staleForMs() / 1000);
    },
  });
  new Gauge({
    name: "countersign_feed_position",
    help: "The change position that this process has applied.",
    registers,
    collect() {
      this.set(feed.position);
    },
  });
  new Gauge({
    name: "countersign_known_clients",
    help: "App clients in this process's memory, unknown ids included.",
    registers,
    collect() {
      this.set(clients.size);
    },
  });
  new Gauge({
    name: "countersign_providers_left_alone",
    help: "Token endpoints of outside APIs that this process asks nothing for a while.",
    registers,
    collect() {
      this.set(pauses.count());
    },
  });
  return registry;
}

function countLeaks(registers: Registry[], leaks: LeakTotals): void {
  new Counter({
    name: "countersign_leak_report_matches_total",
    help: "Reported secrets that this process has looked at, by what they were.",
    labelNames: ["label"],
    registers,
    collect() {
      this.reset();
      for (const [label, count] of leaks.labels) this.inc({ label }, count);
    },
  });
  new Counter({
    name: "countersign_leaks_total",
    help: "Leaks at new places that this process has recorded, by what was done at once.",
    labelNames: ["response"],
    registers,
    collect() {
      this.reset();
      for (const [response, count] of leaks.responses) this.inc({ response }, count);
    },
  });
}
