import { type FaultCase, inFile, proved } from "./fault-case.ts";

const validation = inFile("e2e/validation");
const hostile = inFile("rpc/hostile");
const tools = inFile("rpc/validate-tools");
const content = inFile("rpc/validate-content");
const names = inFile("rpc/validate");
const limits = inFile("rpc/listener-limits");
const calls = inFile("rpc/calls");
const batch = inFile("rpc/batch");
const ids = inFile("dispatch/idempotency");
const registry = inFile("dispatch/registry");
const problems = inFile("config/problems");
const targets = inFile("config/target-problems");
const files = inFile("config/hostile-files");
const catalog = inFile("e2e/catalog");
const egress = inFile("e2e/egress");
const sockets = inFile("http/egress");
const reload = inFile("server/reload");
const edge = inFile("faults/edge");

/** Faults of a caller's request. */
export const requestCases: readonly FaultCase[] = [
  proved("V01", "no model", "the field is named; nothing is sent", validation("$id")),
  proved(
    "V02",
    "a model's name of 10 KiB",
    "the field is named, at once; nothing is sent",
    validation("$id"),
    names("refuses a name of 10 KiB without reading it again and again"),
  ),
  proved(
    "V03",
    "a model's name with a line end, NUL, `..`, `#`, `?`, `@` or `%2f`",
    "refused; nothing is sent",
    validation("$id"),
    names("refuses %j"),
  ),
  proved(
    "V04",
    "a model's name of look-alike or bidirectional letters",
    "it leads nowhere, and its letters are shown escaped",
    validation("V04 a name of lookalike letters leads nowhere, and is shown"),
    registry("shows a lookalike name with its letters escaped"),
  ),
  proved(
    "V05",
    "no turn, or none but the system's",
    "the field is named",
    validation("$id"),
    inFile("dialects/anthropic-messages/encode-turns")(
      "refuses a request without a turn (case %#)",
    ),
  ),
  proved(
    "V06",
    "a temperature that is no number, endless or out of range",
    "the field is named; never sent as null",
    validation("$id"),
    names("%s"),
  ),
  proved(
    "V07",
    "no tokens, fewer, or too many",
    "the field is named",
    validation("$id"),
    names("%s"),
  ),
  proved(
    "V08",
    "a schema that is none, of 1 MiB, a thousand deep, or elsewhere",
    "the tool is named; nothing is fetched",
    validation("$id"),
    tools("refuses text with %s"),
    tools("refuses %s"),
  ),
  proved(
    "V09",
    "a schema with an evil `pattern`",
    "taken, and never run",
    validation("V09, V12, V15, V16 what is odd, but allowed, is taken"),
    tools("never runs a pattern: one that takes for ever takes no time"),
  ),
  proved("V10", "two tools of one name", "the second is named", validation("$id")),
  proved(
    "V11",
    "a result of a tool that nobody called",
    "refused; nothing is sent",
    validation("$id"),
    content("refuses %s"),
  ),
  proved(
    "V12",
    "half a pair of surrogates in a text",
    "refused where it stands, and no crash",
    content("refuses %s"),
    names("refuses %s"),
  ),
  proved(
    "V13",
    "an image that is none, too large, or of another type",
    "the part is named",
    validation("$id"),
    content("refuses %s"),
  ),
  proved(
    "V14",
    "an image at an address of a metadata service",
    "EGRESS_FORBIDDEN; nothing is fetched",
    validation("V14 an image in a private network is never asked for"),
    content("refuses to pass %s on"),
  ),
  proved(
    "V15",
    "fields and values of a newer client",
    "taken where they can be left out",
    hostile("of a newer client may hold what this server does not know (V15)"),
    names("takes what a newer client may send where it can be left out"),
  ),
  proved(
    "V16",
    "a choice of which none is made",
    "the default",
    validation("V09, V12, V15, V16 what is odd, but allowed, is taken"),
  ),
  proved(
    "V17",
    "a message over the limit",
    "MESSAGE_TOO_LARGE, by the length that it claims",
    hostile("a message over the limit is refused, whether its length is told before or not"),
    hostile("are judged by the length that they claim, before the bytes are there"),
  ),
  proved(
    "V18",
    "a bomb in gzip",
    "unpacked to the limit and no further",
    hostile("a bomb is not unpacked beyond the limit"),
  ),
  proved(
    "V19",
    "a packing that nobody knows",
    "UNIMPLEMENTED, with those that are known",
    hostile("a packed message is understood, an unknown packing refused with what is known"),
  ),
  proved(
    "V20",
    "headers with line ends, `__proto__`, a thousand of them, or 1 MiB",
    "refused by the transport or named; no prototype changes",
    validation("V20 names of headers that mean something to a machine mean nothing"),
    hostile("binary headers must be base64, and no name of a header is special"),
    limits("that are %s cost the stream, not the session"),
    inFile("rpc/listener-protocols")("is answered with 431 when its headers are too many"),
  ),
  proved(
    "V21",
    "a binary header that is no base64",
    "INVALID_REQUEST",
    hostile("binary headers must be base64, and no name of a header is special"),
  ),
  proved(
    "V22",
    "headers for the provider that are a credential's or the connection's",
    "left out, and told; the provider's bytes show it",
    validation("V22 only allowed headers reach the provider"),
  ),
  proved(
    "V23",
    "a deadline that cannot be read, is over, or too long",
    "refused, over at once, or cut",
    validation("V23, V24 time that nobody can have is cut or over at once"),
    calls("time that cannot be read is refused, too much of it is cut"),
  ),
  proved(
    "V24",
    "a deadline that no timer can hold",
    "cut, and it does not fire at once",
    validation("V23, V24 time that nobody can have is cut or over at once"),
    calls("time that cannot be read is refused, too much of it is cut"),
  ),
  proved(
    "V25",
    "JSON with keys twice, 10,000 levels, 1e309 or `__proto__`",
    "INVALID_REQUEST, and no stack overflows",
    hostile("with %s is refused"),
  ),
  proved(
    "V26",
    "a batch of none, of too many, or with ids twice",
    "the batch is refused",
    validation("V26 batches of none, of too many, and with ids twice"),
  ),
  proved(
    "V27",
    "one bad item in a batch",
    "a bad result; the others run",
    validation("V27 one bad item is one bad result"),
    batch("gives an item the error that a Call would have had"),
  ),
  proved(
    "V28",
    "an id of a call with another request",
    "IDEMPOTENCY_MISMATCH",
    ids("another request with its id is a mismatch, and so is the same as a stream"),
  ),
  proved(
    "V29",
    "the id of a call that is under way",
    "IDEMPOTENCY_IN_PROGRESS, with a wait",
    ids("the same one is refused, and told to wait as long as it has taken"),
  ),
  proved(
    "V30",
    "an id over 255 characters, or not ASCII",
    "the field is named",
    validation("V30 ids that are no ids"),
  ),
];

/** Faults of routing and configuration. */
export const configurationCases: readonly FaultCase[] = [
  proved(
    "C01",
    "a model that no rule knows",
    "MODEL_NOT_ROUTED, with the nearest names; nothing is sent",
    catalog("%s leads nowhere"),
    registry("suggests the nearest names"),
  ),
  proved(
    "C02",
    "two rules of the same pattern",
    "the file is refused, with both",
    problems("tells of %s"),
  ),
  proved(
    "C03",
    "names that begin as another provider's do",
    "patterns match whole names only",
    catalog("%s leads nowhere"),
    registry("%s leads to %s by %s"),
  ),
  proved(
    "C04",
    "a pattern made to be slow",
    "taken; it matches in linear time",
    files("may look evil: the engine does not backtrack"),
    registry("matches hostile patterns in linear time"),
  ),
  proved(
    "C05",
    "a pattern that looks ahead or back",
    "refused, with the construct",
    problems("tells of %s"),
  ),
  proved(
    "C06",
    "a pattern of 10 KiB, large repeats, 10,000 rules",
    "refused, or compiled within bounds",
    problems("tells of %s"),
    files("may be ten thousand"),
    files("may not all be %s"),
  ),
  proved(
    "C07",
    "a base URL of another scheme, with a user or a fragment",
    "refused",
    targets("is told of %s"),
  ),
  proved(
    "C08",
    "a private address, however it is written",
    "EGRESS_FORBIDDEN, unless the target allows it",
    egress("is not reached as %s"),
    sockets("is judged alike as IPv4 and inside IPv6, however it is written"),
  ),
  proved(
    "C09",
    "a name that resolves to another address the next time",
    "the address that is connected to is the one that was judged",
    sockets("goes to what was judged, not to what the name resolves to next"),
  ),
  proved(
    "C10",
    "a name with public and private addresses",
    "the private ones are never tried",
    sockets("never tries a forbidden address among allowed ones"),
  ),
  proved(
    "C11",
    "a key on its way to another provider",
    "refused",
    inFile("config/place-problems")("is told of a preset's key on its way to another (C11)"),
    targets("is told of %s"),
  ),
  proved(
    "C12",
    "a base URL in a request",
    "refused, unless the target takes one, with the caller's own key",
    inFile("dispatch/caller-endpoint")(
      "is refused where the target does not take one, or without a key",
    ),
    inFile("dispatch/caller-endpoint")("keeps the wire only"),
  ),
  proved(
    "C13",
    "a target that leads back to this server",
    "ROUTING_LOOP; where the file shows it, the start is refused",
    inFile("server/routing-loop")("over the wire of %s is told as a loop"),
    inFile("config/cycles")("is refused: %s, listening at %s"),
  ),
  proved(
    "C14",
    "a key with spaces, line ends, or nothing in it",
    "trimmed; refused without being shown",
    targets("is told of %s"),
    inFile("config/secrets")("is told in every one of these places"),
  ),
  proved(
    "C15",
    "a key whose variable is not set",
    "the target is disabled and reported, or the start fails",
    inFile("config/load-configuration")(
      "are disabled when the variable of their key is not set (C15)",
    ),
    targets("is told of %s"),
  ),
  proved(
    "C16",
    "a bad file at a reload",
    "the old one stays; line and column are logged",
    reload("leaves the old in force, and is named with line and column"),
  ),
  proved(
    "C17",
    "a reload while streams run",
    "none is touched; what was replaced is freed",
    reload("end well under the old configuration, which is then freed"),
  ),
  proved(
    "C18",
    "a bomb of aliases, a file too large, tabs, keys twice",
    "refused quickly, with the place",
    files("tells of %s"),
    files("may not hold a bomb of aliases"),
    files("may not be larger than 1 MiB"),
  ),
  proved(
    "C19",
    "fallbacks in a circle",
    "no file can write one down; a call that names its own model is tried no more often",
    inFile("config/cycles")("have no models to fall back to: only a call has"),
    edge("C19 a model that falls back to itself is asked no more often than any"),
  ),
  proved(
    "C20",
    "a region that is empty or unknown",
    "refused",
    targets("is told of %s"),
    inFile("config/regions")("of %s is not %s"),
  ),
  proved(
    "C21",
    "a wall clock that jumps",
    "deadlines and waits stay",
    edge("C21 a wall clock that jumps changes neither a deadline nor a wait"),
  ),
];
