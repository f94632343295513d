import type { Target } from "../contract/target.ts";
import { isPrivateURL } from "./base-url.ts";
import type { LoadReport } from "./load-report.ts";

/** Notes what is allowed in a target but seldom meant. */
export function noteTarget(target: Target, report: LoadReport): void {
  if (target.simulated || target.baseURL === "") return;
  const isPrivate = isPrivateURL(target.baseURL);
  if (isPrivate && !target.allowPrivate) {
    report.note(
      `target ${target.name} is at a private address: its calls are refused ` +
        "unless egress.allow_private is true",
    );
  }
  if (!isPrivate && target.apiKey && target.baseURL.startsWith("http:")) {
    report.note(`target ${target.name} sends its key unencrypted: its base URL is http`);
  }
}
