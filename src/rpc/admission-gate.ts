import type { ContextKey, HandlerContext } from "@connectrpc/connect";
import { createContextKey } from "@connectrpc/connect";
import { ConnectorService } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { toConnectorError } from "../contract/connector-error.ts";
import { abortReason, type EdgeSettings, incomingCall } from "./call-context.ts";
import { connectErrorOf } from "./error-status.ts";
import type { Permit, ServerAdmission } from "./server-admission.ts";

/** The place of one call: taken when it is let in, given back when its answer has left. */
export class CallPlace {
  #permit: Permit | undefined;
  #isOver = false;

  /** The call is let in. */
  take(permit: Permit): void {
    this.#permit = permit;
    if (this.#isOver) permit.release();
  }

  /** The call is over, whether it was let in or not. */
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

/** What the gate is made of. */
export interface AdmissionGateOptions extends EdgeSettings {
  readonly admission: ServerAdmission;
}

const { call, streamCall, batchCall, streamBatchCall, countTokens } = ConnectorService.method;
/** Methods that occupy a provider. A batch takes one place, whatever its items. */
const occupying: ReadonlySet<HandlerContext["method"]> = new Set<HandlerContext["method"]>([
  call,
  streamCall,
  batchCall,
  streamBatchCall,
  countTokens,
]);

/**
 * Lets calls in, before their bodies are read: a call that waits for its place holds no more than
 * its headers. Throws, or rejects with, the error of a call that is not let in, or that ends while
 * it waits.
 */
export function admissionGate(
  options: AdmissionGateOptions,
): (context: HandlerContext) => undefined | Promise<void> {
  const { admission, clock } = options;
  return (context) => {
    const place = context.values.get(placeKey);
    if (place === undefined || !occupying.has(context.method)) return undefined;
    const { caller } = incomingCall(context, clock);
    try {
      const permit = admission.enter(caller, context.signal);
      if (permit instanceof Promise) return takeWhenGiven(place, permit, context, options);
      place.take(permit);
      return undefined;
    } catch (thrown) {
      throw outgoing(thrown);
    }
  };
}

async function takeWhenGiven(
  place: CallPlace,
  permit: Promise<Permit>,
  context: HandlerContext,
  options: EdgeSettings,
): Promise<void> {
  const arrival = incomingCall(context, options.clock);
  try {
    place.take(await permit);
  } catch (thrown) {
    throw outgoing(context.signal.aborted ? abortReason(arrival, options) : thrown);
  }
}

function outgoing(thrown: unknown): Error {
  const message = "this server failed; see its log";
  return connectErrorOf(toConnectorError(thrown, "INTERNAL_FAULT", message));
}
