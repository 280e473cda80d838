import { notifications } from "@mantine/notifications";

/** For an act without a dialog that could say it. */
export const sayWhyNot = ({ message }: Error): void =>
  void notifications.show({ color: "red", message });
