/** Short names, as people and other gateways write them, to the ids that the API knows. */
const idByName: ReadonlyMap<string, string> = new Map([
  ["claude-instant", "claude-instant-1.2"],
  ["claude-3-opus", "claude-3-opus-20240229"],
  ["claude-3-sonnet", "claude-3-sonnet-20240229"],
  ["claude-3-haiku", "claude-3-haiku-20240307"],
  ["claude-3-5-sonnet", "claude-3-5-sonnet-20241022"],
  ["claude-3.5-sonnet", "claude-3-5-sonnet-20241022"],
  ["claude-3-5-haiku", "claude-3-5-haiku-20241022"],
  ["claude-3.5-haiku", "claude-3-5-haiku-20241022"],
  ["claude-3-7-sonnet", "claude-3-7-sonnet-20250219"],
  ["claude-3.7-sonnet", "claude-3-7-sonnet-20250219"],
  ["claude-opus-4", "claude-opus-4-0"],
  ["claude-sonnet-4", "claude-sonnet-4-0"],
  ["claude-opus-4.1", "claude-opus-4-1"],
  ["claude-opus-4.5", "claude-opus-4-5"],
  ["claude-opus-4.6", "claude-opus-4-6"],
  ["claude-opus-4.7", "claude-opus-4-7"],
  ["claude-opus-4.8", "claude-opus-4-8"],
  ["claude-opus-5.5", "claude-opus-5-5"],
  ["claude-sonnet-4.5", "claude-sonnet-4-5"],
  ["claude-sonnet-4.6", "claude-sonnet-4-6"],
  ["claude-sonnet-5.5", "claude-sonnet-5-5"],
  ["claude-haiku-4.5", "claude-haiku-4-5"],
  ["claude-haiku-5.5", "claude-haiku-5-5"],
]);

/** The API's id for a model's name. A name that is not known to be another's is its own id. */
export function modelId(name: string): string {
  return idByName.get(name.toLowerCase()) ?? name;
}
