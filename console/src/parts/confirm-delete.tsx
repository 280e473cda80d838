import { notifications } from "@mantine/notifications";
import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useNavigate } from "react-router";
import { request } from "../api/request.ts";
import { Confirm } from "./confirm.tsx";

interface Deletion {
  path: string;
  /** Also what depends on it. */
  isForced?: boolean;
  /** Where one is then: the page of what is gone is left. */
  leaveTo: string;
  done: string;
}

/** Deletes something, and says so where it was listed. Throws `ApiProblem`. */
export function useDeletion({ path, isForced = false, leaveTo, done }: Deletion) {
  const navigate = useNavigate();
  const queries = useQueryClient();
  return async (): Promise<void> => {
    await request("DELETE", path, { query: isForced ? { force: "true" } : {} });
    // First, or the page of what is gone would ask for it once more.
    await navigate(leaveTo);
    notifications.show({ message: done });
    await queries.invalidateQueries();
  };
}

/** Asks before something goes for good; `children` say what goes with it. */
export function ConfirmDelete({
  what,
  done = `${what} is deleted.`,
  children,
  onClose,
  ...deletion
}: Omit<Deletion, "done"> & {
  what: string;
  done?: string;
  children: ReactNode;
  onClose: () => void;
}) {
  const act = useDeletion({ ...deletion, done });
  return (
    <Confirm title={`Delete ${what}?`} verb="Delete" isDangerous act={act} onClose={onClose}>
      {children}
    </Confirm>
  );
}
