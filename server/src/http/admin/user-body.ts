import type { CreateUser, UpdateUser, User } from "@countersign/protocol/admin/users.ts";
import { invitationLink } from "../../people/invitation.ts";
import type { UserSettings } from "../../people/user.ts";
import type { KnownUserRecord, UserRecord } from "../../store/records.ts";
import { isoTime } from "../iso-time.ts";
import { changed, optional } from "./member.ts";
import { toRoleFields } from "./role-fields.ts";

/** People on the wire and inside: the conversion between them happens here and nowhere else. */

export function toUserSettings(body: CreateUser): UserSettings {
  return {
    name: body.name ?? "",
    email: body.email,
    username: body.username ?? body.email,
    description: body.description ?? "",
    enabled: body.enabled ?? true,
    externalId: body.external_id,
    labels: body.labels ?? {},
  };
}

export function applyUserSettings(before: UserRecord, body: UpdateUser): UserRecord {
  return {
    ...before,
    name: body.name ?? before.name,
    email: body.email ?? before.email,
    description: body.description ?? before.description,
    enabled: body.enabled ?? before.enabled,
    labels: body.labels ?? before.labels,
    externalId: changed(body.external_id, before.externalId),
  };
}

export const withLink = (plainCode: string | undefined, publicUrl: string): ShownOnce =>
  plainCode === undefined ? {} : { plainCode, signInUrl: invitationLink(publicUrl, plainCode) };

interface ShownOnce {
  plainCode?: string;
  signInUrl?: string;
}

export function toUser({ user, bindings }: KnownUserRecord, shown: ShownOnce = {}): User {
  return {
    id: user.id,
    email: user.email,
    username: user.username,
    ...optional("name", user.name === "" ? undefined : user.name),
    description: user.description,
    enabled: user.enabled,
    ...toRoleFields(bindings),
    ...optional("external_id", user.externalId),
    labels: user.labels,
    ...optional("one_time_code", shown.plainCode),
    ...optional("sign_in_url", shown.signInUrl),
    created_at: isoTime(user.createdAtMs),
    updated_at: isoTime(user.updatedAtMs),
  };
}
