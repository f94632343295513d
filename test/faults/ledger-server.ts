import { type FaultCase, inFile, left, proved } from "./fault-case.ts";

const floods = inFile("rpc/listener-floods");
const limits = inFile("rpc/listener-limits");
const drain = inFile("rpc/listener-drain");
const lives = inFile("server/process");
const health = inFile("rpc/health");
const edge = inFile("faults/edge");

const durable = "There is no store and no durable work yet: batches live as long as their call.";
const metrics = "The server exports no telemetry yet.";

/** Faults of the server's surroundings. */
export const serverCases: readonly FaultCase[] = [
  proved(
    "O01",
    "100,000 resets",
    "GOAWAY ENHANCE_YOUR_CALM; others are served",
    floods("of 100,000 streams end the session, and few of them reach the handler"),
  ),
  proved(
    "O02",
    "CONTINUATION without end, a bomb of headers, floods of SETTINGS and PING",
    "the session ends, within bounds",
    floods("CONTINUATION without an end ends the session"),
    floods("small blocks that unpack to large headers cost their streams"),
    floods("over the limit end the session"),
  ),
  proved(
    "O03",
    "a window that overflows",
    "the session is freed",
    floods("a window that overflows ends the session"),
  ),
  proved(
    "O04",
    "a client that sends slowly",
    "408, or a reset; its place is free",
    limits("that does not finish its headers gets 408"),
    limits("that does not finish its body gets 408"),
    limits("that does not finish a request loses that stream only"),
  ),
  proved(
    "O05",
    "idle connections without end",
    "refused over the limit",
    limits("over the limit are refused until one closes"),
  ),
  proved(
    "O06",
    "methods, types and verbs that are not there",
    "as each protocol says it",
    inFile("rpc/hostile")("a method that is not there is unimplemented"),
    inFile("rpc/hostile")("%s is answered as HTTP does"),
  ),
  left(
    "O07",
    "three times the calls that there are places for",
    "those let in are as quick as ever; the rest SERVER_OVERLOADED at once, with a wait",
    "How quick those let in are is measured under load, not in this suite.",
    edge("O07 calls over the places of a server are refused at once, and told to wait"),
    inFile("rpc/admission-door")(
      "a call waits for a place, and one too many is told when to come back",
    ),
    inFile("dispatch/target-admission")(
      "refuses those who find the queue full, and tells them when to come back",
    ),
  ),
  proved(
    "O08",
    "SIGTERM under load",
    "health turns, calls end well, or are told SERVER_DRAINING; exit 0",
    lives("drains on SIGTERM: health turns, the stream in flight ends well, exit 0"),
    drain("end well within the grace"),
    drain("are told why they end after it"),
  ),
  proved(
    "O09",
    "a second signal",
    "an immediate end with the signal's code",
    lives("ends at once on a second %s"),
  ),
  left(
    "O10",
    "an adapter that throws, whatever it throws",
    "ADAPTER_FAULT; the process lives",
    "An adapter is called and returns, so that it cannot be waited for in vain.",
    edge("%s is a fault of the adapter, and of nobody else"),
  ),
  proved(
    "O11",
    "details of 1 MiB",
    "at most 4 KiB; code and reason arrive",
    inFile("faults/status-size")(
      "O11 a status over any protocol is at most 4 KiB, and its reason arrives",
    ),
    inFile("rpc/error-status")("is at most 4 KiB, and code and reason always arrive"),
  ),
  proved(
    "O12",
    "line ends, percents and any script in a message",
    "read alike by every client",
    inFile("rpc/error-status")("%j leaves as %j"),
    inFile("e2e/error-details")("is the same, streamed: %s"),
  ),
  proved(
    "O13",
    "a log that nobody reads",
    "calls go on; what is dropped is counted",
    inFile("server/log-sink")("is dropped beyond its bound, and counted when there is room again"),
    inFile("server/log-sink")("does not hold up a process whose standard error is a full pipe"),
  ),
  left("O14", "a collector that is down", "no call waits", metrics),
  left(
    "O15",
    "labels without end by models' names",
    "unknown ones are folded",
    metrics,
    inFile("resilience/target-states")("is bounded, however many models callers name"),
  ),
  left("O16", "a shared store that is down", "as documented for each feature", durable),
  left("O17", "a store that is locked, full or corrupt", "its work pauses; calls go on", durable),
  left("O18", "a crash between a provider's answer and its record", "not sent twice", durable),
  proved(
    "O19",
    "a thousand watchers of health",
    "all are told the same",
    health("serves 1,000 watchers the same, and not one more"),
    health("List tells of everything"),
  ),
  proved(
    "O20",
    "questions to reflection about what is not there",
    "answered; the stream goes on",
    inFile("rpc/reflection")("about what is not there are answered, and the stream goes on"),
  ),
  proved(
    "O21",
    "no certificate, or one that is expired or nobody's",
    "CALLER_UNAUTHENTICATED, and no crash",
    inFile("e2e/access")("%s is not"),
    inFile("rpc/listener-tls")("%s"),
  ),
  proved(
    "O22",
    "tokens that begin alike",
    "told apart",
    inFile("rpc/authentication")("a token tells its caller, to the last character"),
  ),
  proved(
    "O23",
    "the id of another caller's call",
    "never answered with that",
    inFile("dispatch/idempotency")(
      "other callers, other keys, other ids and calls without an id run",
    ),
    inFile("dispatch/idempotency")(
      "the same one gets its answer again, with a warning, and nobody else does",
    ),
  ),
  proved(
    "O24",
    "prompts and answers",
    "nowhere in the log",
    edge("O24 no word of a prompt or an answer is in the log or the report"),
  ),
  proved(
    "O25",
    "a client that pings every ten seconds",
    "tolerated",
    inFile("rpc/listener-silence")("may ping every ten seconds for ever"),
  ),
  proved(
    "O26",
    "a clock or chance that is not passed in",
    "found by a test",
    inFile("architecture")("obeys the table of rooms"),
    inFile("architecture")("catches %s"),
  ),
  proved(
    "O27",
    "a heap that is nearly full",
    "new calls are refused before memory ends",
    inFile("rpc/admission")("sheds new calls until there is room again"),
  ),
];
