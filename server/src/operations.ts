import { open, openKeys, type AppOptions, type Opened } from "./app.ts";
import { auditOf } from "./audit/audit.ts";
import { rotateKeys } from "./jobs/jobs.ts";
import { invitationLink } from "./people/invitation.ts";
import { resetOwnerSignIn } from "./people/owner-rescue.ts";
import { newId } from "./system.ts";

/** What an operator asked for cannot be done now. */
export class OperationRefused extends Error {
  override name = "OperationRefused";
}

/** What an operator does by hand, in a process of its own beside those that serve. */
export const operations = {
  /** Replaces the signing keys as soon as the next ones have been published for long enough. */
  async "rotate-signing-keys"(opened: Opened): Promise<string> {
    const keys = await openKeys(opened);
    if (await rotateKeys({ ...opened, keys }, "now")) {
      return "The next signing key signs from now on. The old one stays published until its last token has expired.";
    }
    throw new OperationRefused(
      "Nothing was changed: the next key has not been published for ten minutes yet. Try again later.",
    );
  },
  /** A new way in for an owner who has lost password and second factor. */
  async "reset-owner-sign-in"(
    opened: Opened & Pick<AppOptions, "system">,
    [username]: string[] = [],
  ): Promise<string> {
    const rescued = await resetOwnerSignIn(opened, username);
    if (rescued === "no_owner") throw new OperationRefused("There is no such user.");
    if (rescued === "not_an_owner") {
      throw new OperationRefused("This user is no owner: an owner can reset the password.");
    }
    if (rescued === "disabled") {
      throw new OperationRefused("This owner is disabled. Give the username of another one.");
    }
    const { email, plainCode } = rescued;
    return [
      `For ${email}: password, second factors and sessions are void.`,
      "Open this link, which works once and for seven days, to choose a new password:",
      "",
      invitationLink(opened.config.publicUrl, plainCode),
    ].join("\n");
  },
  /**
   * Keeps positions that were handed out after the backup was made from being handed out again, and
   * what was used, ended or taken back since then from counting once more.
   */
  async "after-restore"({ store, system }: Opened & Pick<AppOptions, "system">): Promise<string> {
    const from = { requestId: newId(system, "req_"), sourceAddress: undefined };
    const audits = (await store.listTenants()).map(({ id: tenantId }) =>
      auditOf(
        system,
        { type: "system", id: "after-restore", tenantId, ...from },
        { action: "backup.restored", subjectType: "tenant", subjectId: tenantId },
      ),
    );
    await store.recoverFromBackup({ by: positionsPerBackup, audits });
    return (
      "The change counter was raised. Sessions, one-time codes, recovery codes and the tokens issued " +
      "so far no longer count. Caches of running processes are emptied."
    );
  },
};

/** More changes than are ever made between a backup and its restore. */
const positionsPerBackup = 1_000_000_000;

export async function operate(
  options: Pick<AppOptions, "config" | "system">,
  name: keyof typeof operations,
  words: string[] = [],
): Promise<string> {
  const opened = await open(options);
  try {
    return await operations[name]({ ...options, ...opened }, words);
  } finally {
    opened.feed.stop();
    await opened.store.close();
  }
}
