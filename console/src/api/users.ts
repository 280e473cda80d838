import type { UpdateUser, User } from "@countersign/protocol/admin/users.ts";
import { useChange } from "./change.ts";
import { request } from "./request.ts";

/** People, who are named by their username in addresses. */

export const usersPath = "/v2/users";
export const userPath = ({ username }: Pick<User, "username">): string =>
  `${usersPath}/${encodeURIComponent(username)}`;

export const changeUser = (user: User, body: UpdateUser): Promise<User> =>
  request("PATCH", userPath(user), { body });

/** A change, after which the list is asked for again, and with it what one may do oneself. */
export const useTeamChange = <Input, Answer>(change: (input: Input) => Promise<Answer>) =>
  useChange(change, [usersPath, "session"]);
