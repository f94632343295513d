import type { Reason } from "../../src/contract/reasons.ts";
import { inFile, type Proof } from "./fault-case.ts";

const rows = inFile("faults/error-rows");
const moves = inFile("faults/error-moves");
const both: readonly Proof[] = [
  rows("$signal is $reason, and is tried again $again"),
  moves("$signal goes to another target: $elsewhere"),
];
const connect = inFile("faults/upstream-connect");
const streams = inFile("faults/streams");

/** What proves each reason, where the rows of failures do not. */
export const otherReasons: Readonly<Partial<Record<Reason, readonly Proof[]>>> = {
  INVALID_REQUEST: [inFile("e2e/validation")("$id")],
  UNSUPPORTED_FIELD: [inFile("e2e/limits")("what cannot be sent was no attempt")],
  MESSAGE_TOO_LARGE: [
    inFile("rpc/hostile")(
      "a message over the limit is refused, whether its length is told before or not",
    ),
  ],
  CALLER_PROVIDER_KEY_REJECTED: [rows("401 of a caller's own key is the caller's matter")],
  CALLER_CANCELLED: [inFile("faults/moves")("S19 of a stream of %s has what it used estimated")],
  CALLER_DEADLINE_EXCEEDED: [connect("U05 the caller's deadline is the caller's, and is kept")],
  PROVIDER_RESPONSE_TOO_LARGE: [
    inFile("faults/upstream-answers")("U14 a body without end is read to the limit and no further"),
  ],
  PROVIDER_DNS_FAILED: [connect("U02 a name that does not exist is told as one")],
  PROVIDER_CONNECT_FAILED: [connect("U01 a refused connection is told as one")],
  PROVIDER_TLS_INVALID: [
    connect("U04 a certificate that signed itself ends the call after one attempt"),
  ],
  EGRESS_FORBIDDEN: [inFile("e2e/egress")("is not reached as %s")],
  MODEL_NOT_ROUTED: [inFile("e2e/catalog")("%s leads nowhere")],
  TARGET_NOT_CONFIGURED: [inFile("library/options")("may lack a key, which a call then tells")],
  REGION_NOT_ALLOWED: [
    inFile("e2e/catalog")("regions choose and fence, in a call as in its explanation"),
  ],
  TARGET_CIRCUIT_OPEN: [
    inFile("faults/waits")(
      "U25 an outage costs one attempt in ten more, and is over soon after it ends",
    ),
  ],
  RETRY_BUDGET_EXHAUSTED: [rows("a retry of a client's own is refused once the budget is spent")],
  SERVER_OVERLOADED: [
    inFile("faults/edge")(
      "O07 calls over the places of a server are refused at once, and told to wait",
    ),
  ],
  CALLER_RATE_LIMITED: [
    inFile("rpc/admission-door")(
      "a caller beyond its own limits is told which, and nobody else is hindered",
    ),
  ],
  NOT_IMPLEMENTED: [inFile("rpc/hostile")("a method that is not there is unimplemented")],
  SERVER_DRAINING: [inFile("rpc/listener-drain")("are told why they end after it")],
  ADAPTER_FAULT: [inFile("faults/edge")("%s is a fault of the adapter, and of nobody else")],
  INTERNAL_FAULT: [
    inFile("rpc/protocols")("that is no error of ours is told to nobody but the log, over $name"),
  ],
  STREAM_STALLED: [streams("S06 a stall is an attempt's timeout at first, and a stream's later")],
  CALLER_UNAUTHENTICATED: [inFile("e2e/access")("a token that is wrong (%s) is UNAUTHENTICATED")],
  ROUTING_LOOP: [inFile("server/routing-loop")("over the wire of %s is told as a loop")],
  IDEMPOTENCY_MISMATCH: [
    inFile("dispatch/idempotency")(
      "another request with its id is a mismatch, and so is the same as a stream",
    ),
  ],
  IDEMPOTENCY_IN_PROGRESS: [
    inFile("dispatch/idempotency")(
      "the same one is refused, and told to wait as long as it has taken",
    ),
  ],
  SERVER_UNREACHABLE: [inFile("library/llm")("tells that a server cannot be reached")],
  HEDGE_LOSER: [
    inFile("faults/moves")(
      "S28 of two that answer, one is told, and the other is let go and counted",
    ),
  ],
};

/** What proves a reason of the table of failures. */
export const rowProofs: readonly Proof[] = both;
