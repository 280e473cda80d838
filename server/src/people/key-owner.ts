import type { FindKeyOwner, PeekKeyOwner } from "../api-keys/known-api-keys.ts";
import type { KnownClients } from "../clients/known-clients.ts";
import type { KnownUsers } from "./known-users.ts";

/** Whose rights a personal API key has: a person's or an app client's, as they are now. */
export function createFindOwner(clients: KnownClients, users: KnownUsers): FindKeyOwner {
  return async ({ ownerType, ownerId }) => {
    if (ownerType === "user") return users.peek(ownerId) ?? users.find(ownerId);
    if (ownerType === "client") return clients.peek(ownerId) ?? clients.find(ownerId);
    return undefined;
  };
}

/** The same from memory alone. */
export function createPeekOwner(clients: KnownClients, users: KnownUsers): PeekKeyOwner {
  return ({ ownerType, ownerId }) => {
    if (ownerType === "user") return users.peek(ownerId);
    return ownerType === "client" ? clients.peek(ownerId) : undefined;
  };
}
