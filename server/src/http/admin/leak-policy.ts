import type { LeakPolicy } from "@countersign/protocol/admin/common.ts";

/** `on_leak` as it counts: one that was never set is `notify`. */
export const leakPolicyOf = ({ onLeak }: { onLeak: string | undefined }): LeakPolicy =>
  (onLeak as LeakPolicy | undefined) ?? "notify";
