import { existsSync } from "node:fs";
import { tmpdir } from "node:os";
import { run, type Command } from "./run.ts";

/** What runs a program of a language, where it is installed. */
export interface Runtime {
  name: string;
  /** npm brings it, so it is never absent. */
  isFromNpm?: boolean;
  /** The first whose probe succeeds is taken. */
  ways: readonly Way[];
}

export interface Way {
  /** Ends with 0 where this way can be gone. */
  probe: Command;
  /** One after the other, in the folder that holds the file. */
  commands(file: string): Command[];
  /** For a compiler that knows less than today's. */
  adapt?(program: string): string;
}

const simple = (name: string, probe: string[], ...args: string[]): Way => ({
  probe: { file: name, args: probe },
  commands: (file) => [{ file: name, args: [...args, file] }],
});

const newtonsoft = "/usr/lib/cli/Newtonsoft.Json-5.0/Newtonsoft.Json.dll";

/**
 * Mono's compiler, which Debian has: it has neither an asynchronous `Main` nor .NET's own JSON, and
 * the most used JSON package stands in with the same calls. All else is the program as it is.
 */
const mono: Way = {
  probe: {
    file: "sh",
    args: ["-c", `mcs --version && mono --version && test -f ${newtonsoft}`],
  },
  commands: (file) => [
    {
      file: "mcs",
      args: [
        "-langversion:7",
        "-out:program.exe",
        "-r:System.Net.Http.dll",
        `-r:${newtonsoft}`,
        file,
      ],
    },
    { file: "mono", args: ["program.exe"] },
  ],
  adapt: (program) =>
    program
      .replace("System.Text.Json.Nodes.JsonNode", "Newtonsoft.Json.Linq.JToken")
      .replace(
        "static async Task<int> Main()",
        "static int Main() => Run().GetAwaiter().GetResult();\n    static async Task<int> Run()",
      ),
};

/** By the name of the folder in `calling/`. */
export const runtimes: Readonly<Record<string, Runtime>> = {
  curl: {
    name: "curl",
    ways: [{ ...simple("sh", []), probe: { file: "curl", args: ["--version"] } }],
  },
  javascript: {
    name: "Node",
    isFromNpm: true,
    ways: [simple(process.execPath, ["--version"])],
  },
  python: {
    name: "Python with requests",
    ways: ["python3", "/usr/bin/python3"].map((name) => simple(name, ["-c", "import requests"])),
  },
  go: { name: "Go", ways: [simple("go", ["version"], "run")] },
  java: { name: "Java", ways: [simple("java", ["--version"])] },
  csharp: {
    name: "C# (.NET 10 or Mono)",
    ways: [simple("dotnet", ["run", "--help"], "run"), mono],
  },
  ruby: { name: "Ruby", ways: [simple("ruby", ["--version"])] },
  php: {
    name: "PHP with curl",
    ways: [simple("php", ["-r", "exit((int) !extension_loaded('curl'));"])],
  },
};

export async function findWay({ ways }: Runtime): Promise<Way | undefined> {
  for (const way of ways) {
    if (await isThere(way.probe)) return way;
  }
  return undefined;
}

export async function isThere(probe: Command): Promise<boolean> {
  if (probe.file.startsWith("/") && !existsSync(probe.file)) return false;
  const ran = await run(probe, tmpdir()).catch(() => undefined);
  return ran?.code === 0;
}
