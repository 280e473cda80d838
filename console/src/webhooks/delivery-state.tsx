import type { Delivery } from "@countersign/protocol/admin/webhooks.ts";
import { Badge } from "@mantine/core";

/** Whether the receiver heard: a word, a colour that says the same, and its answer. */

export function stateOf({ status, attempts }: Delivery): { label: string; color: string } {
  if (status === "delivered") return { label: "Delivered", color: "teal" };
  if (status === "failed") return { label: "Failed", color: "red" };
  return attempts === 0
    ? { label: "On its way", color: "accent" }
    : { label: "Retrying", color: "orange" };
}

export const DeliveryState = ({ delivery }: { delivery: Delivery }) => {
  const { label, color } = stateOf(delivery);
  return (
    <Badge color={color} autoContrast>
      {label}
    </Badge>
  );
};

/** What came back, in words; nothing for what was not tried yet. */
export const answerOf = ({ last_status: status, last_error: error }: Delivery): string =>
  status === undefined ? (error ?? "") : `The receiver answered ${status}`;
