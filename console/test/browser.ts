import { existsSync } from "node:fs";
import chromiumPackage from "@sparticuz/chromium";
import { chromium, type Browser } from "playwright-core";

/**
 * A real Chromium: the machine's own, else the one that came with the packages. Where neither starts,
 * the tests fail and say so.
 */

const installed = [
  process.env["CHROMIUM"],
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe",
];

const flags = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"];

export async function launchBrowser(): Promise<Browser> {
  const own = installed.find((path) => path !== undefined && existsSync(path));
  try {
    const executablePath = own ?? (await chromiumPackage.executablePath());
    return await chromium.launch({ executablePath, args: flags });
  } catch (error) {
    throw new Error(
      "No Chromium can be had here: install one, or name it in the environment variable CHROMIUM.",
      { cause: error },
    );
  }
}
