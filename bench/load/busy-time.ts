import { readFileSync } from "node:fs";

const clockTickMs = 10;

/** How long a process was on a processor, with all its threads, by Linux's own count. */
export function busyMsOf(processId: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${processId}/stat`, "latin1");
    // After the name, which may hold spaces: state is field 3, user time 14, system time 15.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * clockTickMs;
  } catch {
    return undefined;
  }
}
