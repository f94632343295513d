import type { JsonObject } from "@bufbuild/protobuf";

/** Zones of a cloud, and the regions that are known to be in each. */
export type ZoneTable = Readonly<Record<string, readonly string[]>>;

/** Where a cloud may run a call, as far as its names tell. Names are in lower case. */
export interface Geography {
  /** Zones that span regions. A zone that is not here, or has no regions, has none that is known. */
  readonly zones: ZoneTable;
  /** What a name of a region, or of a location that stands for one, looks like. */
  readonly regionPattern: RegExp;
  /** What a name of a zone may look like besides. */
  readonly zonePattern: RegExp;
  /** The two in words, for a message: "such as …". */
  readonly example: string;
  /**
   * Regions and zones that a call leads to besides the place of its target, by the name of the model
   * and by members that the target or the caller lays over the body; empty: none. Undefined: the
   * name hides where it leads, so that only a zone that the target declares can tell.
   */
  placesOf(model: string, body: JsonObject): readonly string[] | undefined;
}

/** The zone that leaves every border. */
export const globalZone = "global";

/**
 * Geographies of Bedrock's inference profiles, each the prefix of an id: every region that a
 * profile of the geography may send a request to, whichever its model and source region.
 *
 * Sources: https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html,
 * …/inference-profiles-support.html and the CDK's `CrossRegionInferenceProfileRegion`, 2026-11-23.
 * The United Arab Emirates are in `apac` there.
 */
export const awsZones: ZoneTable = Object.freeze({
  us: ["us-east-1", "us-east-2", "us-west-1", "us-west-2"],
  "us-gov": ["us-gov-east-1", "us-gov-west-1"],
  ca: ["ca-central-1", "ca-west-1"],
  eu: [
    ...["eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"],
    ...["eu-west-1", "eu-west-2", "eu-west-3"],
  ],
  apac: [
    ...["ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3"],
    ...["ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3"],
    ...["ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "me-central-1"],
  ],
  jp: ["ap-northeast-1", "ap-northeast-3"],
  au: ["ap-southeast-2", "ap-southeast-4"],
});

/**
 * Multi-regions of Vertex AI: the regions in the United States, and those in states of the European
 * Union.
 *
 * Sources: https://cloud.google.com/vertex-ai/generative-ai/docs/learn/data-residency and
 * https://cloud.google.com/about/locations, 2026-11-23.
 */
export const googleZones: ZoneTable = Object.freeze({
  us: [
    ...["us-central1", "us-east1", "us-east4", "us-east5", "us-south1"],
    ...["us-west1", "us-west2", "us-west3", "us-west4"],
  ],
  eu: [
    ...["europe-central2", "europe-north1", "europe-north2", "europe-southwest1", "europe-west1"],
    ...["europe-west3", "europe-west4", "europe-west8", "europe-west9", "europe-west10"],
    "europe-west12",
  ],
});

/**
 * Data zones of Azure: the regions in the United States, and those in states of the European Union.
 *
 * Sources: https://learn.microsoft.com/azure/ai-foundry/openai/how-to/deployment-types and
 * https://learn.microsoft.com/azure/reliability/regions-list, 2026-11-23.
 */
export const azureZones: ZoneTable = Object.freeze({
  us: [
    ...["centralus", "eastus", "eastus2", "northcentralus", "southcentralus"],
    ...["westcentralus", "westus", "westus2", "westus3"],
  ],
  eu: [
    ...["austriaeast", "belgiumcentral", "denmarkeast", "francecentral", "francesouth"],
    ...["germanynorth", "germanywestcentral", "italynorth", "northeurope", "polandcentral"],
    ...["spaincentral", "swedencentral", "swedensouth", "westeurope"],
  ],
});
