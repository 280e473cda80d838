import { describe } from "node:test";
import { apiKeyContract } from "./contract/api-keys.contract.ts";
import { apiContract } from "./contract/apis.contract.ts";
import { auditContract } from "./contract/audit.contract.ts";
import { changeContract } from "./contract/changes.contract.ts";
import { clientContract } from "./contract/clients.contract.ts";
import { credentialContract } from "./contract/credentials.contract.ts";
import { datasourceContract } from "./contract/datasources.contract.ts";
import { factorContract } from "./contract/factors.contract.ts";
import { holderContract } from "./contract/holders.contract.ts";
import { keyContract } from "./contract/keys.contract.ts";
import { leakContract } from "./contract/leaks.contract.ts";
import { leaseContract } from "./contract/leases.contract.ts";
import { peopleContract } from "./contract/people.contract.ts";
import { refusalContract } from "./contract/refusals.contract.ts";
import { restoreContract } from "./contract/restore.contract.ts";
import { retentionContract } from "./contract/retention.contract.ts";
import { revocationContract } from "./contract/revocations.contract.ts";
import { roleContract } from "./contract/roles.contract.ts";
import { sessionContract } from "./contract/sessions.contract.ts";
import { singleUseContract } from "./contract/single-use.contract.ts";
import { tenantContract } from "./contract/tenants.contract.ts";
import { usageReportContract } from "./contract/usage-reports.contract.ts";
import { usageContract } from "./contract/usage.contract.ts";
import { userContract } from "./contract/users.contract.ts";
import { webhookContract } from "./contract/webhooks.contract.ts";
import type { OpenStore } from "./contract/twins.contract.ts";

/** What every store must do, whatever it runs on. Each part has a database of its own. */
export function storeContract(name: string, open: OpenStore): void {
  describe(`the store on ${name}`, () => {
    tenantContract(open);
    apiContract(open);
    roleContract(open);
    holderContract(open);
    clientContract(open);
    credentialContract(open);
    peopleContract(open);
    userContract(open);
    sessionContract(open);
    factorContract(open);
    apiKeyContract(open);
    keyContract(open);
    auditContract(open);
    refusalContract(open);
    usageContract(open);
    usageReportContract(open);
    revocationContract(open);
    singleUseContract(open);
    leakContract(open);
    datasourceContract(open);
    webhookContract(open);
    leaseContract(open);
    changeContract(open);
    restoreContract(open);
    retentionContract(open);
  });
}
