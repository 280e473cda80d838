import type { UpdateUser, User } from "@countersign/protocol/admin/users.ts";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { request } from "./request.ts";

/** People, who are named by their username in addresses. */

export const usersPath = "/v2/users";
export const userPath = ({ username }: Pick<User, "username">): string =>
  `${usersPath}/${encodeURIComponent(username)}`;

export const changeUser = (user: User, body: UpdateUser): Promise<User> =>
  request("PATCH", userPath(user), { body });

/** A change, after which the list is asked for again, and with it what one may do oneself. */
export function useTeamChange<Input, Answer>(change: (input: Input) => Promise<Answer>) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: change,
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: [usersPath] });
      await queries.invalidateQueries({ queryKey: ["session"] });
    },
  });
}
