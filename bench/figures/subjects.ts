import type { Gateway, RunningGateway } from "../harness/gateway.ts";
import { hop, ours, reverseProxy, startMock } from "../harness/gateways.ts";
import { type LoadResult, measure, type Workload } from "../harness/workload.ts";
import type { Cell, Subject } from "./figure.ts";

const gateways: Readonly<Record<Exclude<Subject, "direct">, Gateway>> = {
  ours: ours({ name: "ours" }),
  "ours-connect-json": ours({ name: "ours-connect-json", protocol: "connect-json" }),
  "ours-no-lane": ours({ name: "ours-no-lane", configuration: "fast_lane: false" }),
  "ours-1000-patterns": ours({ name: "ours-1000-patterns", routesBefore: 1_000 }),
  "ours-5000-streams": ours({
    name: "ours-5000-streams",
    configuration: "limits: { active_calls: 6000, target_calls: 6000, provider_connections: 6000 }",
  }),
  hop,
  "reverse-proxy": reverseProxy,
};

const wholeCalls: Workload = { model: "bench-500b", seconds: 1, warmupSeconds: 0.5 };
const streams: Workload = {
  model: "bench-200x10b",
  stream: true,
  seconds: 0.5,
  warmupSeconds: 0.5,
};
const warmUpsMax = 6;
const gainMin = 1.05;

/** What is measured: the mock and all gateways, each started when it is first asked for. */
export class Subjects {
  readonly #mock: Awaited<ReturnType<typeof startMock>>;
  readonly #running = new Map<Subject, RunningGateway>();

  private constructor(mock: Awaited<ReturnType<typeof startMock>>) {
    this.#mock = mock;
  }

  /** Starts the mock. */
  static async start(): Promise<Subjects> {
    return new Subjects(await startMock());
  }

  /** Measures a cell. Rejects when its gateway does not start or the load does not end. */
  async measure({ subject, workload, isFresh }: Cell): Promise<LoadResult> {
    if (isFresh !== true) return await measure(await this.#kept(subject), workload);
    const fresh = await this.#started(subject);
    try {
      return await measure(fresh, workload);
    } finally {
      if (fresh !== this.#mock) await fresh.stop();
    }
  }

  /** Ends all processes. */
  async stop(): Promise<void> {
    const all = [...this.#running.values(), this.#mock];
    await Promise.all(all.map((gateway) => gateway.stop()));
  }

  async #kept(subject: Subject): Promise<RunningGateway> {
    const known = this.#running.get(subject);
    if (known !== undefined) return known;
    const started = await this.#started(subject);
    this.#running.set(subject, started);
    await warmUp(started);
    return started;
  }

  async #started(subject: Subject): Promise<RunningGateway> {
    if (subject === "direct") return this.#mock;
    return await gateways[subject].start(this.#mock.upstream);
  }
}

/** Has a server compile what it runs, until that makes it no faster. */
async function warmUp(gateway: RunningGateway): Promise<void> {
  await measure(gateway, streams);
  let best = 0;
  for (let turn = 0; turn < warmUpsMax; turn += 1) {
    const { callsPerCpuSecond } = await measure(gateway, wholeCalls);
    if (callsPerCpuSecond < best * gainMin) return;
    best = callsPerCpuSecond;
  }
}
