import { create } from "@bufbuild/protobuf";
import {
  type ListModelsRequest,
  type ListModelsResponse,
  ListModelsResponseSchema,
  type ModelInfo,
  ModelInfoSchema,
} from "../../gen/ts/nexen/connectors/v1/catalog_pb.ts";
import type { Adapter } from "../contract/adapter.ts";
import { invalidField } from "../contract/connector-error.ts";
import type { Registry } from "./registry.ts";

const pageSizeDefault = 100;
const pageSizeMax = 1000;

/** One page of the models that adapters and targets know by name (AIP-158). */
export function listModels(request: ListModelsRequest, registry: Registry): ListModelsResponse {
  const { provider, pageToken } = request;
  if (provider !== "" && !registry.adapters.some(({ name }) => name === provider)) {
    const known = registry.adapters.map(({ name }) => name).join(", ");
    throw invalidField("provider", `no adapter has this name; there are: ${known}`);
  }
  const size = Math.min(request.pageSize || pageSizeDefault, pageSizeMax);
  const after = pageToken === "" ? "" : readToken(pageToken, provider);
  const rest = knownModels(registry, provider).filter((model) => keyOf(model) > after);
  const models = rest.slice(0, size);
  const last = models.at(-1);
  const nextPageToken = last && rest.length > size ? writeToken(provider, keyOf(last)) : "";
  return create(ListModelsResponseSchema, { models, nextPageToken });
}

function knownModels(registry: Registry, provider: string): readonly ModelInfo[] {
  const models = new Map<string, ModelInfo>();
  for (const adapter of registry.adapters) {
    if (provider !== "" && adapter.name !== provider) continue;
    for (const model of adapterModels(adapter, registry)) models.set(keyOf(model), model);
  }
  return [...models.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function adapterModels(adapter: Adapter, registry: Registry): readonly ModelInfo[] {
  const targets = registry.targetsOf(adapter.name);
  const own = adapter.models.map(({ name, retired = false, successor = "" }) =>
    create(ModelInfoSchema, {
      name,
      provider: adapter.name,
      targets: targets.map((target) => target.name),
      sentAs: sentAs(targets[0]?.models.get(name.toLowerCase()), name),
      retired,
      successor,
    }),
  );
  const aliases = targets.flatMap((target) =>
    [...target.models].map(([name, sent]) =>
      create(ModelInfoSchema, {
        name,
        provider: adapter.name,
        targets: targets.filter(({ models }) => models.has(name)).map((other) => other.name),
        sentAs: sentAs(sent, name),
      }),
    ),
  );
  const known = new Set(own.map(({ name }) => name.toLowerCase()));
  return [...own, ...aliases.filter(({ name }) => !known.has(name))];
}

function sentAs(sent: string | undefined, name: string): string {
  return sent === undefined || sent === name ? "" : sent;
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
