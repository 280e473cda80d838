import type { Session } from "@countersign/protocol/admin/session.ts";
import type { BuiltInPermission } from "@countersign/protocol/permissions.ts";
import { useSuspenseQuery } from "@tanstack/react-query";
import { read } from "./request.ts";

/** Who is signed in, and what they may do for the whole account. */

export const sessionQuery = {
  queryKey: ["session"],
  queryFn: read<Session>("/v2/session"),
  staleTime: 60_000,
};

export function useSession(): Session {
  return useSuspenseQuery(sessionQuery).data;
}

/** Whether a button is shown; the server decides again. */
export function useMay(): (permission: BuiltInPermission) => boolean {
  const { permissions } = useSession();
  return (permission) => permissions.includes(permission);
}
