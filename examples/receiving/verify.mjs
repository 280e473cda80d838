import { createHmac, timingSafeEqual } from "node:crypto";

/** Whether an event is ours and new. `body`: before it is parsed. */
export function isGenuine(headers, body, secret) {
  const id = headers["webhook-id"];
  const at = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - at) < 300)) return false;

  const key = Buffer.from(secret.replace("whsec_", ""), "base64");
  const mac = createHmac("sha256", key).update(`${id}.${at}.${body}`);
  const good = Buffer.from(`v1,${mac.digest("base64")}`);

  // After a rotation there are two, and one of them is good.
  return (headers["webhook-signature"] ?? "").split(" ").some((one) => {
    const given = Buffer.from(one);
    return given.length === good.length && timingSafeEqual(given, good);
  });
}
