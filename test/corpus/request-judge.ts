import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { CallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import {
  type LLMRequest,
  LLMRequestSchema,
  WarningKind,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { Dialect, Place, WireRequest } from "../../src/contract/adapter.ts";
import { defaultLimits } from "../../src/contract/limits.ts";
import { adapters } from "../../src/providers/index.ts";
import { validateCall } from "../../src/rpc/validate.ts";
import { judgedAPIs, judgedNames } from "./judged-apis.ts";
import { isObject, type Plain } from "./plain.ts";
import type { Recording } from "./recordings.ts";
import type { ReadRequest } from "./request-draft.ts";

/** How the requests of an API are read, encoded and compared. */
export interface RequestAPI {
  readonly adapter: string;
  readonly dialect: Dialect;
  readonly place: Place;
  readonly read: (body: Plain) => ReadRequest;
  readonly canonical: (body: Plain) => Plain;
  readonly modelInAddress?: boolean;
}

/** Names of the APIs whose requests are judged. */
export const requestNames: readonly string[] = judgedNames.filter(
  (name) => judgedAPIs[name]?.requests !== undefined,
);

/** How the requests of an API are judged. */
export function requestAPI(name: string): RequestAPI {
  const requests = judgedAPIs[name]?.requests;
  if (requests === undefined) throw new Error(`requests of ${name} are not judged`);
  return { ...wireOf(name), ...requests };
}

/** The wire of a judged API. */
export function wireOf(name: string): Pick<RequestAPI, "adapter" | "dialect" | "place"> {
  const judged = judgedAPIs[name];
  if (judged === undefined) throw new Error(`${name} is not judged`);
  const { host = "direct", target = {} } = judged;
  const adapter = adapters.find((one) => one.name === judged.adapter);
  const preset = adapter?.presets?.find((one) => one.name === target.preset);
  const set = preset ?? (host === "direct" ? adapter : adapter?.hosts?.[host]);
  const dialect = set?.dialects[judged.dialect];
  if (dialect === undefined) throw new Error(`no dialect ${judged.dialect}`);
  const { region = "", project = "", api_version: apiVersion = "" } = target;
  return { adapter: judged.adapter, dialect, place: { region, project, apiVersion } };
}

/** What came of one recorded request. */
export interface Verdict {
  /** What is different or refused. Empty: it was sent as recorded, without a warning. */
  readonly problems: readonly string[];
  /** What only `provider_options` or blocks could say. */
  readonly needs: readonly string[];
}

/** Reads a recorded request, checks it as the server would, encodes it, and compares the bodies. */
export function judgeRequest(recording: Recording, api: RequestAPI): Verdict {
  const { request: recorded } = recording;
  let needs: readonly string[] = [];
  try {
    const read = readRecorded(recording, api);
    needs = read.needs;
    const request = overTheWire(read);
    const { body, warnings } = encoded(request, read.stream, api);
    const found = differences(
      api.canonical(recorded),
      api.canonical(withoutUnasked(JSON.parse(body), recorded)),
    );
    const losses = warnings.filter(({ kind }) => kind !== WarningKind.DEFAULTED);
    const told = losses.map(({ field, message }) => `warning: ${field}: ${message}`);
    return { problems: [...found, ...told], needs };
  } catch (thrown) {
    return { problems: [`refused: ${(thrown as Error).message}`], needs };
  }
}

/** A recorded request in the words of the contract. */
export function readRecorded({ request, model }: Recording, api: RequestAPI): ReadRequest {
  return api.read(api.modelInAddress ? { model, ...request } : request);
}

/** The request as the server gets it, checked. */
export function overTheWire({ request: init }: ReadRequest): LLMRequest {
  const bytes = toBinary(LLMRequestSchema, create(LLMRequestSchema, init));
  const request = fromBinary(LLMRequestSchema, bytes);
  validateCall(create(CallRequestSchema, { request }), defaultLimits);
  return request;
}

/** The request as the adapter sends it. */
export function encoded(
  request: LLMRequest,
  stream: boolean,
  { adapter, dialect, place }: RequestAPI,
): WireRequest {
  return dialect.encode({ request, adapter, model: request.model, stream, requestId: "", place });
}

/** Reasoning is asked for in its sealed form as well wherever it plays a part. */
function withoutUnasked(body: Plain, { include: asked }: Plain): Plain {
  const sealed = "reasoning.encrypted_content";
  if (!Array.isArray(body.include) || (Array.isArray(asked) && asked.includes(sealed))) return body;
  return { ...body, include: body.include.filter((name) => name !== sealed) };
}

/** Where two values of JSON differ: at most one place for each member of the body. */
function differences(expected: Plain, sent: Plain): readonly string[] {
  const names = new Set([...Object.keys(expected), ...Object.keys(sent)]);
  return [...names].flatMap((name) => difference(expected[name], sent[name], name) ?? []);
}

function difference(expected: unknown, sent: unknown, path: string): string | undefined {
  if (expected === sent) return undefined;
  if (Array.isArray(expected) && Array.isArray(sent)) {
    for (let index = 0; index < Math.max(expected.length, sent.length); index += 1) {
      const found = difference(expected[index], sent[index], `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (isObject(expected) && isObject(sent)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(sent)])) {
      const found = difference(expected[name], sent[name], `${path}.${name}`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return `${path}: ${show(expected)} recorded, ${show(sent)} sent`;
}

function show(value: unknown): string {
  return (JSON.stringify(value) ?? "nothing").slice(0, 120);
}
