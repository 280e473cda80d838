import { FewBadges } from "./few-badges.tsx";

/** What somebody may do, as the names of roles. */

export interface HeldRoles {
  api_roles: string[];
  corpus_roles: { corpus_key: string; role: string }[];
  agent_roles: { agent_key: string; role: string }[];
  resource_roles: { resource_type: string; resource_id: string; role: string }[];
}

export function roleNames(held: HeldRoles): string[] {
  return [
    ...held.api_roles.map(inWords),
    ...held.corpus_roles.map(({ corpus_key: key, role }) => `${inWords(role)} of ${key}`),
    ...held.agent_roles.map(({ agent_key: key, role }) => `${inWords(role)} of ${key}`),
    ...held.resource_roles.map(({ resource_id: id, role }) => `${inWords(role)} of ${id}`),
  ];
}

export function inWords(name: string): string {
  const words = name.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

export function RoleBadges({ held, max = 2 }: { held: HeldRoles; max?: number }) {
  const names = roleNames(held);
  if (names.length === 0) return <span className="muted">None</span>;
  return <FewBadges names={names} max={max} />;
}
