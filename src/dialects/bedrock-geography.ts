import { awsZones, type Geography } from "../contract/zones.ts";

/** Makers whose names begin ids of models: `anthropic.claude-…`. */
const makers =
  "ai21|amazon|anthropic|cohere|deepseek|google|luma|meta|minimax|mistral|moonshot|moonshotai|nvidia|openai|qwen|stability|twelvelabs|writer|zai";

/** What stands before a maker is the geography of an inference profile, known or new. */
const beforeMaker = new RegExp(`^([a-z0-9-]+)\\.(?:${makers})\\.`);

/** No maker has a name of two letters: these are geographies, whoever made the model. */
const shortPrefix = /^([a-z]{2}(?:-[a-z]+)?|apac|global)\./;

/** An id that AWS made up, such as that of an application inference profile. */
const madeUp = /^[a-z0-9]{12}$/;

const arn = /^arn:[^:]*:([a-z0-9-]+):([a-z0-9-]+):[^:]*:([^:/]+)[:/](.*)$/;

/** Kinds of resources of Bedrock that run where they are. */
const regional: ReadonlySet<string> = new Set([
  "foundation-model",
  "provisioned-model",
  "imported-model",
  "custom-model",
  "custom-model-deployment",
]);

/** Where Bedrock runs a model, by its id, the id of an inference profile, or an ARN. */
export const bedrockGeography: Geography = Object.freeze<Geography>({
  zones: awsZones,
  regionPattern: /^[a-z]{2,4}(?:-[a-z]+)+-\d{1,2}$/,
  zonePattern: /^[a-z]{2,6}(?:-[a-z]{2,5})?$/,
  example: "eu-west-1, or a zone such as eu or global",
  placesOf: (model, body) => {
    // Over the wires of OpenAI the model is a member of the body.
    const names = typeof body.model === "string" ? [model, body.model] : [model];
    const places = names.map((name) => placesOfName(name.toLowerCase()));
    return places.every((known) => known !== undefined) ? places.flat() : undefined;
  },
});

function placesOfName(name: string): readonly string[] | undefined {
  if (name.startsWith("arn:")) return placesOfARN(name);
  if (madeUp.test(name)) return undefined;
  return profileZone(name) ?? [];
}

function placesOfARN(name: string): readonly string[] | undefined {
  const [, service, region, kind = "", resource = ""] = arn.exec(name) ?? [];
  if (region === undefined) return undefined;
  if (service === "sagemaker" || regional.has(kind)) return [region];
  // An application's profile, a router or a prompt hides which profile stands behind it.
  const zone = kind === "inference-profile" ? profileZone(resource) : undefined;
  return zone && [region, ...zone];
}

function profileZone(id: string): readonly string[] | undefined {
  const zone = (beforeMaker.exec(id) ?? shortPrefix.exec(id))?.[1];
  return zone === undefined ? undefined : [zone];
}
