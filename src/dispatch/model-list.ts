import { create } from "@bufbuild/protobuf";
import {
  type ListModelsRequest,
  type ListModelsResponse,
  ListModelsResponseSchema,
  type ModelInfo,
  ModelInfoSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type { KnownModel } from "../contract/adapter.ts";
import { invalidField } from "../contract/connector-error.ts";
import { sentModel } from "./call-plan.ts";
import type { Registry } from "./registry.ts";

const pageSizeDefault = 100;
const pageSizeMax = 1000;

/** The models that adapters and targets know by name, each with where it leads. */
export class ModelList {
  readonly #registry: Registry;
  /** By key. Made when it is first asked for: with many routes it takes a while. */
  #models: readonly ModelInfo[] | undefined;

  constructor(registry: Registry) {
    this.#registry = registry;
  }

  /** One page (AIP-158). Throws INVALID_REQUEST for an unknown adapter or a token of another list. */
  page(request: ListModelsRequest): ListModelsResponse {
    const { provider, pageToken } = request;
    const names = this.#registry.adapters.map(({ name }) => name);
    if (provider !== "" && !names.includes(provider)) {
      throw invalidField("provider", `no adapter has this name; there are: ${names.join(", ")}`);
    }
    const size = Math.min(request.pageSize || pageSizeDefault, pageSizeMax);
    const after = pageToken === "" ? "" : readToken(pageToken, provider);
    this.#models ??= knownModels(this.#registry);
    const rest = this.#models.filter(
      (model) => keyOf(model) > after && (provider === "" || model.provider === provider),
    );
    const models = rest.slice(0, size);
    const last = models.at(-1);
    const nextPageToken = last && rest.length > size ? writeToken(provider, keyOf(last)) : "";
    return create(ListModelsResponseSchema, { models, nextPageToken });
  }
}

function knownModels(registry: Registry): readonly ModelInfo[] {
  const known = new Map<string, KnownModel & { readonly adapter: string }>();
  const add = (model: KnownModel, adapter: string): void => {
    const name = model.name.toLowerCase();
    if (!known.has(name)) known.set(name, { ...model, adapter });
  };
  for (const { name, models } of registry.adapters) for (const model of models) add(model, name);
  for (const { adapter, models } of registry.targets) {
    for (const name of models.keys()) add({ name }, adapter.name);
  }
  return [...known.values()]
    .map((model) => modelInfo(model, model.adapter, registry))
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** A name goes where a call for it would go, which routes may have changed. */
function modelInfo(
  { name, retired = false, successor = "" }: KnownModel,
  adapter: string,
  registry: Registry,
): ModelInfo {
  const match = registry.find(name);
  const [target] = match?.targets ?? [];
  const sent = target && match ? sentModel(target, name, match.model) : name;
  return create(ModelInfoSchema, {
    name,
    provider: match?.provider || adapter,
    targets: match?.targets.map((other) => other.name) ?? [],
    sentAs: sent === name ? "" : sent,
    retired,
    successor,
  });
}

function keyOf({ provider, name }: ModelInfo): string {
  return `${provider}/${name}`;
}

function writeToken(provider: string, after: string): string {
  return Buffer.from(JSON.stringify([provider, after])).toString("base64url");
}

function readToken(token: string, provider: string): string {
  try {
    const value: unknown = JSON.parse(Buffer.from(token, "base64url").toString("utf8"));
    if (Array.isArray(value) && value.length === 2 && value[0] === provider) {
      const after: unknown = value[1];
      if (typeof after === "string") return after;
    }
  } catch {
    // What cannot be read is no token of ours: refused below, like one of another list.
  }
  throw invalidField("page_token", "not a token of this list; start again without one");
}
