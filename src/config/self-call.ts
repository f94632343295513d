import type { Target } from "../contract/target.ts";
import { isLoopback } from "./base-url.ts";
import type { Listen } from "./configuration.ts";
import { type Environment, setVariables } from "./environment.ts";
import type { LoadReport } from "./load-report.ts";
import { textIn } from "./parse-section.ts";

const message =
  "leads to this server itself: give the provider's address, or another port in listen.port";

/**
 * Reports targets whose base URL is the address that this server listens at, as far as that is
 * known before it does: with port 0, it is not. `list` is `targets` of the file, if there are any.
 */
export function checkSelfCalls(
  targets: readonly Target[],
  listen: Listen,
  list: unknown,
  environment: Environment,
  report: LoadReport,
): void {
  for (const { name, adapter, baseURL, simulated } of targets) {
    if (simulated || baseURL === "" || !isSelf(new URL(baseURL), listen)) continue;
    if (Array.isArray(list)) {
      const index = list.findIndex((entry) => textIn(entry, "name") === name);
      report.add(["targets", index, "base_url"], message);
    } else {
      const [variable] = setVariables(adapter.baseURLVariables, environment);
      report.addOutside("environment", variable?.name ?? adapter.name, message);
    }
  }
}

function isSelf({ protocol, port, hostname }: URL, { host, port: own }: Listen): boolean {
  if (own === 0 || Number(port || (protocol === "https:" ? 443 : 80)) !== own) return false;
  const target = hostname.replace(/^\[(.*)\]$/, "$1");
  if (target === host.toLowerCase()) return true;
  // Whoever listens everywhere is at every loopback address; to call "everywhere" is to call one.
  if (isAny(host)) return isAny(target) || isLoopback(target);
  if (isAny(target)) return isLoopback(host);
  const isName = target === "localhost" || host.toLowerCase() === "localhost";
  return isName && isUsualLoopback(target) && isUsualLoopback(host);
}

function isAny(host: string): boolean {
  return host === "0.0.0.0" || host === "::";
}

function isUsualLoopback(host: string): boolean {
  return ["localhost", "127.0.0.1", "::1"].includes(host.toLowerCase());
}
