import {
  callingPrograms,
  fillProgram,
  type CallingProgram,
  type Placeholder,
} from "../../../examples/calling/programs.ts";

/** The example programs, as they stand in the repository and as a test runs them. */

const texts = import.meta.glob<string>(
  [
    "../../../examples/calling/*/*.{sh,mjs,ts,py,go,java,cs,rb,php}",
    "!../../../examples/calling/**/*.test.ts",
  ],
  { query: "?raw", import: "default", eager: true },
);

export type { CallingProgram };

export const programs: readonly CallingProgram[] = callingPrograms;

export function programText(
  { file }: CallingProgram,
  values: Readonly<Partial<Record<Placeholder, string>>>,
): string {
  return fillProgram(texts[`../../../examples/calling/${file}`] ?? "", values);
}
