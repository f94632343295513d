import type { Target } from "../contract/target.ts";
import { isPrivateURL, needsAllowPrivate } from "./base-url.ts";
import type { LoadReport } from "./load-report.ts";

/** Notes what is allowed in a target but seldom meant. */
export function noteTarget(target: Target, report: LoadReport): void {
  if (target.simulated || target.baseURL === "") return;
  if (needsAllowPrivate(target.baseURL) && !target.allowPrivate) {
    report.note(
      `target ${target.name} is at a private address: its calls are refused ` +
        "unless egress.allow_private is true",
    );
  }
  const isOpen = target.baseURL.startsWith("http:") && !isPrivateURL(target.baseURL);
  if (isOpen && target.apiKey) {
    report.note(`target ${target.name} sends its key unencrypted: its base URL is http`);
  }
}
