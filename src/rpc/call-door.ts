import { type ContextKey, createContextKey } from "@connectrpc/connect";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type ConnectorError, toConnectorError } from "../contract/connector-error.ts";
import type { Arrival } from "./call-arrival.ts";
import { abortReason, type EdgeSettings } from "./call-context.ts";
import type { RequestHandler } from "./connection.ts";
import type { Permit, ServerAdmission } from "./server-admission.ts";

/** The place of one call: taken when it is let in, given back when it is over. */
export class CallPlace {
  #permit: Permit | undefined;
  #isOver = false;

  /** The call is let in. */
  take(permit: Permit): void {
    this.#permit = permit;
    if (this.#isOver) permit.release();
  }

  /** The call is over, whether it was let in or not. Later calls do nothing. */
  leave(): void {
    this.#isOver = true;
    this.#permit?.release();
  }
}

/** Where the place of a call stands in Connect's context values. */
export const placeKey: ContextKey<CallPlace | undefined> = createContextKey<CallPlace | undefined>(
  undefined,
  { description: "place of the call" },
);

/** What a call brings to the door. */
export interface ArrivingCall {
  readonly arrival: Pick<Arrival, "receivedMs" | "deadlineMs" | "caller">;
  readonly request: Parameters<RequestHandler>[0];
  readonly response: Parameters<RequestHandler>[1];
}

/** What the door is made of. */
export interface CallDoorOptions extends EdgeSettings {
  readonly admission: ServerAdmission;
}

const { call, streamCall, batchCall, streamBatchCall, countTokens } = ConnectorService.method;
const occupyingPaths: ReadonlySet<string> = new Set(
  [call, streamCall, batchCall, streamBatchCall, countTokens].map(
    ({ name }) => `/${ConnectorService.typeName}/${name}`,
  ),
);

/** Whether calls to a path occupy a provider. A batch takes one place, whatever its items. */
export function occupiesProvider(path: string): boolean {
  return occupyingPaths.has(path);
}

/**
 * Lets a call in, before its body is read: one that waits for its place holds no more than its
 * headers. `go` is called once, at once or later, with the error of a call that is not let in; not
 * at all for one whose caller has gone.
 */
export function enterDoor(
  options: CallDoorOptions,
  arriving: ArrivingCall,
  go: (place: CallPlace, refusal: ConnectorError | undefined) => void,
): void {
  const place = new CallPlace();
  const leaving = new AbortController();
  // Most calls have left before; one that was let in and then not carried out has not.
  arriving.response.once("close", () => place.leave());
  let entered: Permit | Promise<Permit>;
  try {
    entered = options.admission.enter(arriving.arrival.caller, leaving.signal);
  } catch (thrown) {
    go(place, known(thrown));
    return;
  }
  if (entered instanceof Promise) wait(entered, place, leaving, { options, arriving, go });
  else {
    place.take(entered);
    go(place, undefined);
  }
}

function wait(
  entered: Promise<Permit>,
  place: CallPlace,
  leaving: AbortController,
  {
    options,
    arriving: { arrival, request, response },
    go,
  }: {
    readonly options: CallDoorOptions;
    readonly arriving: ArrivingCall;
    readonly go: Parameters<typeof enterDoor>[2];
  },
): void {
  const { clock, shutdownSignal } = options;
  const { receivedMs, deadlineMs } = arrival;
  let isGone = false;
  const onGone = (): void => {
    isGone = true;
    leaving.abort();
  };
  const onShutdown = (): void => leaving.abort(shutdownSignal.reason);
  const timer =
    deadlineMs === undefined
      ? undefined
      : clock.schedule(Math.max(deadlineMs - clock.now(), 0), () => leaving.abort());
  response.once("close", onGone);
  request.on("error", ignore);
  shutdownSignal.addEventListener("abort", onShutdown, { once: true });
  if (shutdownSignal.aborted) onShutdown();
  const settle = (refusal: ConnectorError | undefined): void => {
    timer?.clear();
    response.off("close", onGone);
    request.off("error", ignore);
    shutdownSignal.removeEventListener("abort", onShutdown);
    if (!isGone) go(place, refusal);
  };
  entered.then(
    (permit) => {
      place.take(permit);
      settle(undefined);
    },
    (thrown: unknown) => {
      const { signal } = leaving;
      const isEnded = signal.aborted;
      settle(isEnded ? abortReason({ signal, receivedMs, deadlineMs }, options) : known(thrown));
    },
  );
}

function known(thrown: unknown): ConnectorError {
  return toConnectorError(thrown, "INTERNAL_FAULT", "this server failed; see its log");
}

/** The end of a request is told by the end of its response. */
function ignore(): void {}
