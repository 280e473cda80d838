/** What several fixtures have in common. */

export const basic = `Basic ${Buffer.from("the-client:the-secret").toString("base64")}`;
export const noLifetime = {
  body: { access_token: "at-1", refresh_token: "rt-1", token_type: "Bearer" },
};
export const rotated = { body: { access_token: "at-2", refresh_token: "rt-2", expires_in: 60 } };
export const invalidGrant = {
  answer: { status: 400, body: { error: "invalid_grant" } },
  kind: "reconnect_required",
};
export const secretInBody = { body: { client_secret: "the-secret" }, authorization: undefined };
export const secretAsUser = {
  authorization: `Basic ${Buffer.from("the-secret:").toString("base64")}`,
};
export const json = { contentType: "application/json" };
