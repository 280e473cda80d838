import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";
import type packagedChromium from "@sparticuz/chromium";
import { chromium, type Browser } from "playwright-core";

/**
 * A Chromium for the tests: the machine's own when there is one, else the one that a package brings,
 * which runs on Linux. Without either the test fails and says so.
 */

export async function launchChromium(): Promise<Browser> {
  const own = ownChromium();
  if (own !== undefined) {
    const args = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
    return chromium.launch({ executablePath: own, args });
  }
  if (process.platform !== "linux") {
    throw new Error(
      "The browser tests need Chromium or Chrome: install one, or set CHROMIUM to it.",
    );
  }
  const packaged = await loadPackaged();
  return chromium.launch({
    executablePath: await packaged.executablePath(),
    args: packaged.args,
  });
}

/**
 * Unpacks the package's Chromium when it is the one to be used. Test files run side by side: the second
 * would start a program that the first is still writing.
 */
export async function unpackChromium(): Promise<void> {
  if (ownChromium() !== undefined || process.platform !== "linux") return;
  await (await loadPackaged()).executablePath();
}

async function loadPackaged(): Promise<typeof packagedChromium> {
  const { default: packaged } = await import("@sparticuz/chromium");
  packaged.setGraphicsMode = false;
  return packaged;
}

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const onMac = [
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

function ownChromium(): string | undefined {
  const { CHROMIUM: named, PATH: path = "" } = process.env;
  if (named !== undefined && named !== "") return named;
  const folders = path.split(delimiter);
  const found = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...found, ...onMac].find(isProgram);
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
