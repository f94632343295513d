import { create, type MessageInitShape } from "@bufbuild/protobuf";
import { StreamCallRequestSchema } from "../../gen/ts/nexen/connectors/v1/connector_service_pb.ts";
import { type LLMRequestSchema, Role } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { CallOptionsSchema } from "../../gen/ts/nexen/connectors/v1/options_pb.ts";
import { ConnectorError } from "../../src/contract/connector-error.ts";
import { defaultLimits, type Limits } from "../../src/contract/limits.ts";
import { validateCall } from "../../src/rpc/validate.ts";

/** Fields of a request, laid over a good one. */
export type RequestInit = MessageInitShape<typeof LLMRequestSchema>;
/** Options of a call. */
export type OptionsInit = MessageInitShape<typeof CallOptionsSchema>;

/** What the validation of a call throws. Unset: nothing. */
export function refusalOf(
  init: MessageInitShape<typeof StreamCallRequestSchema>,
  limits: Partial<Limits> = {},
): ConnectorError | undefined {
  return refusal(() =>
    validateCall(create(StreamCallRequestSchema, init), { ...defaultLimits, ...limits }),
  );
}

/** The ConnectorError that something throws. Unset: nothing. */
export function refusal(run: () => void): ConnectorError | undefined {
  try {
    run();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof ConnectorError) return thrown;
    throw thrown;
  }
}

/** A good request with these fields in place of its own. */
export function requestWith(fields: RequestInit): { request: RequestInit } {
  const contents = [{ role: Role.USER, message: "hello" }];
  return { request: { model: "fake-1", contents, ...fields } as RequestInit };
}

/** Paths of the fields that are wrong in a request with these fields; [] if none is. */
export function wrongFields(fields: RequestInit, limits: Partial<Limits> = {}): readonly string[] {
  return fieldsOf(refusalOf(requestWith(fields), limits));
}

/** Paths of the fields that are wrong with these options. */
export function wrongOptions(
  options: OptionsInit,
  limits: Partial<Limits> = {},
): readonly string[] {
  return fieldsOf(refusalOf({ ...requestWith({}), options }, limits));
}

function fieldsOf(error: ConnectorError | undefined): readonly string[] {
  if (error === undefined) return [];
  if (error.reason !== "INVALID_REQUEST") throw error;
  return error.fields.violations?.map(({ field }) => field) ?? [];
}
