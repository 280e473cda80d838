/** What acts are about: how every `action` begins. The server cannot write another. */
export const auditSubjects = [
  "app_client",
  "credential",
  "api_key",
  "user",
  "session",
  "role",
  "api",
  "token",
  "signing_key",
  "leak",
  "datasource",
  "connection",
  "webhook",
  "audit_log",
  "backup",
] as const;
export type AuditAction = `${(typeof auditSubjects)[number]}.${string}`;
