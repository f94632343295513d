import { type FaultCase, inFile, left, proved } from "./fault-case.ts";

const connect = inFile("faults/upstream-connect");
const answers = inFile("faults/upstream-answers");
const waits = inFile("faults/waits");
const rows = inFile("faults/error-rows");
const moves = inFile("faults/error-moves");
const chat = inFile("dialects/openai-chat/decode");
const usage = inFile("dialects/openai-chat/usage");
const tls = inFile("http/tls");

const again = rows("$signal is $reason, and is tried again $again");
const elsewhere = moves("$signal goes to another target: $elsewhere");

/** Faults of a provider before and in a whole answer. */
export const answerCases: readonly FaultCase[] = [
  proved(
    "U01",
    "a refused connection",
    "PROVIDER_CONNECT_FAILED, after three attempts",
    connect("U01 a refused connection is told as one"),
    connect("U01 a refused connection is tried three times, or elsewhere"),
  ),
  proved(
    "U02",
    "a name that does not resolve, or not now",
    "PROVIDER_DNS_FAILED",
    connect("U02 a name that does not exist is told as one"),
    inFile("dispatch/attempts")("try again is asked again"),
  ),
  proved(
    "U03",
    "a SYN or a handshake that nobody answers",
    "PROVIDER_CONNECT_FAILED at the limit of connecting",
    connect("U03 a SYN that nobody answers ends at the limit of connecting"),
    connect("U03 nor does a TLS handshake that hangs take longer"),
  ),
  proved(
    "U04",
    "a certificate that is expired, another host's, or its own; no TLS at all",
    "PROVIDER_TLS_INVALID after one attempt, and no key is sent",
    connect("U04 a certificate that signed itself ends the call after one attempt"),
    connect("U04 plain text in place of TLS is no TLS"),
    inFile("faults/upstream-tls")(
      "U04 certificates of an authority hold for their host and their days",
    ),
    tls("whose certificate %s is refused"),
  ),
  proved(
    "U05",
    "no answer",
    "ATTEMPT_TIMEOUT; the caller's deadline is kept",
    connect("U05 a provider that never answers ends the attempt, and its connection"),
    connect("U05 the caller's deadline is the caller's, and is kept"),
  ),
  proved(
    "U06",
    "a head, and then silence",
    "ATTEMPT_TIMEOUT",
    connect("U06 a head and then silence ends the attempt"),
  ),
  proved(
    "U07",
    "a reset of a used connection",
    "another connection, for free",
    connect("U07 a reset of a used connection costs nothing"),
  ),
  proved(
    "U08",
    "a reset after the request",
    "PROVIDER_CONNECTION_LOST, counted, with the usage that it may have cost",
    connect("U08 a reset after the request loses the connection, and may have cost"),
    again,
  ),
  proved(
    "U09",
    "an empty body",
    "PROVIDER_MALFORMED_RESPONSE, tried once again",
    answers("%s"),
    again,
  ),
  proved(
    "U10",
    "a login page",
    "PROVIDER_MALFORMED_RESPONSE, tried once again",
    answers("%s"),
    again,
  ),
  proved(
    "U11",
    "an error inside a success",
    "classified by what it says",
    answers("U11 an error inside a success is classified by what it says"),
  ),
  proved(
    "U12",
    "JSON that breaks off",
    "PROVIDER_MALFORMED_RESPONSE",
    answers("U12 JSON that breaks off cannot be read"),
  ),
  proved(
    "U13",
    "a body shorter than its length",
    "PROVIDER_MALFORMED_RESPONSE",
    answers("U13 a body that is shorter than it says is cut"),
  ),
  proved(
    "U14",
    "a body of 1 GiB",
    "PROVIDER_RESPONSE_TOO_LARGE at the limit",
    answers("U14 a body without end is read to the limit and no further"),
  ),
  proved(
    "U15",
    "a bomb in gzip, or a thousand encodings",
    "stopped at the limit, or refused",
    answers("U15 a bomb in gzip is unpacked to the limit and no further"),
    answers("U15 a thousand encodings are not unpacked at all"),
  ),
  proved(
    "U16",
    "a redirect to a metadata service",
    "PROVIDER_REDIRECT_REFUSED; the key goes nowhere",
    answers("U16 a redirect to a metadata service is an answer, and is not followed"),
    inFile("e2e/egress")("a redirect is an answer, and nobody gets the key"),
  ),
  proved(
    "U17",
    "every status from 400 to 599, with any body",
    "classified, with a short and clean message",
    inFile("faults/statuses")("U17 every status from 400 to 599 is classified, whatever its body"),
  ),
  proved(
    "U18",
    "our key in the provider's words",
    "nowhere in what is told or logged",
    answers("U18 U19 a key that comes back, in body, header or cookie, goes no further"),
    inFile("server/secrets")("does not come back in $name"),
  ),
  proved(
    "U19",
    "our key in the provider's headers",
    "not handed on",
    answers("U18 U19 a key that comes back, in body, header or cookie, goes no further"),
    inFile("server/secrets")("does not come back in an answer's own headers"),
  ),
  proved(
    "U20",
    "every form of a wait",
    "obeyed where it fits, told where it does not, ignored where it is none",
    waits("U20 $title"),
    waits("%s is told at once, and not waited for"),
    inFile("resilience/retry-hint")("%s"),
  ),
  proved(
    "U21",
    "an account that is spent",
    "PROVIDER_BILLING_EXHAUSTED after one attempt",
    again,
    elsewhere,
  ),
  proved(
    "U22",
    "words about a quota, from anybody's server",
    "PROVIDER_RATE_LIMITED, tried again",
    waits("U22 words alone do not prove that money is spent"),
  ),
  proved(
    "U23",
    "an overloaded provider",
    "PROVIDER_OVERLOADED; another target first",
    again,
    elsewhere,
  ),
  proved(
    "U24",
    "failures five times, then success",
    "three attempts at most",
    waits("U24 five failures are two too many"),
    waits("U24 two failures are not"),
  ),
  proved(
    "U25",
    "an outage under load",
    "at most 1.1 attempts a call; the breaker opens; calls succeed within 5 s of its end",
    waits("U25 an outage costs one attempt in ten more, and is over soon after it ends"),
    inFile("resilience/target-health")("(%s) costs a few calls, and ends at once"),
  ),
  proved(
    "U26",
    "a failure shortly before the deadline",
    "no second attempt",
    waits("U26 no attempt begins that the deadline would cut"),
  ),
  proved(
    "U27",
    "a wait beyond the deadline",
    "told at once, with the wait",
    waits("%s is told at once, and not waited for"),
  ),
  proved(
    "U28",
    "usage that is missing, null, negative, text, or beyond any count",
    "an answer; usage is estimated where it cannot be read",
    answers("U28 usage that is %s is estimated"),
    usage("reads numbers in text"),
    usage("%j is left to the estimate"),
  ),
  proved(
    "U29",
    "no choices, no candidates, no content",
    "a stop reason, or PROVIDER_MALFORMED_RESPONSE; never a fault of ours",
    chat("may be empty"),
    chat("%j is an error"),
    inFile("dialects/anthropic-messages/decode")("takes content that is a text, null or missing"),
  ),
  proved(
    "U30",
    "a stop reason that nobody knows",
    "OTHER, with the provider's word",
    answers("U30 U32 a stop, an event and a block that nobody knows do no harm"),
    chat("that stopped for %j"),
  ),
  proved(
    "U31",
    "arguments that are no JSON, no object, or large",
    "delivered as they came, and marked",
    chat("are read with arguments as written"),
    inFile("dialects/openai-responses/decode")("a call that is %s"),
    inFile("dialects/gemini/stream")("that are broken off do not pass for whole"),
  ),
  proved(
    "U32",
    "fields and events that nobody knows",
    "kept, and no harm",
    answers("U30 U32 a stop, an event and a block that nobody knows do no harm"),
    inFile("corpus/unknown")("%s"),
  ),
  proved(
    "U33",
    "an answer by another model than was asked",
    "both are told",
    chat("has the provider's id, model, time and words"),
    inFile("dialects/openai-responses/decode-envelope")(
      "the name that was sent stands in for a model that is not told",
    ),
  ),
  proved(
    "U34",
    "an answer that nobody asked for",
    "the connection goes, and no call gets it",
    connect("U34 an answer that nobody asked for reaches nobody"),
    inFile("e2e/parallel")("what a provider sends unasked reaches nobody"),
  ),
  proved(
    "U35",
    "informational answers or headers without end",
    "PROVIDER_MALFORMED_RESPONSE, within bounds",
    connect("U35 %s without end are malformed, and are not read for ever"),
  ),
  left(
    "U36",
    "GOAWAY and refused streams of HTTP/2",
    "one transparent retry",
    "Providers are asked over HTTP/1.1 only, and offered nothing else, so that it cannot happen.",
    tls("is reached by name and by address, over HTTP/1.1 only"),
  ),
];
