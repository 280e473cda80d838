/** The npm that runs us, or the one on the path; it runs on the Node that it was started with. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const execute = promisify(execFile);

/** Whether a machine is waiting, which reads no remark: what is missing is then a failure. */
export const isInCi = Boolean(process.env["CI"]);

/**
 * Answers what npm printed. Rejects when it fails or takes longer than it may, with what it
 * complained of in the message.
 */
export async function runNpm(
  args: readonly string[],
  folder: string,
  timeoutMs = 60_000,
): Promise<string> {
  const [command, ...first] = npmCommand();
  const shell = process.platform === "win32" && first.length === 0;
  const options = { cwd: folder, env: ownEnvironment(), shell, timeout: timeoutMs };
  const { stdout } = await execute(command, [...first, ...args], options);
  return stdout;
}

function npmCommand(): [string, ...string[]] {
  const { npm_execpath: npm = "", npm_node_execpath: node } = process.env;
  return npm.endsWith("npm-cli.js") ? [node || process.execPath, npm] : ["npm"];
}

/** Without what an outer npm says of its own folder: it would count for the inner one, too. */
function ownEnvironment(): NodeJS.ProcessEnv {
  const outer = /^npm_(package_|lifecycle_|command$|config_(local_prefix|prefix|workspaces?$))/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !outer.test(name)));
}
