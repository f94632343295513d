import { type ToolChoice, ToolChoiceMode } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

/** How the model may call tools: as it likes, not at all, at least one, or the named one. */
export type ToolMode = "auto" | "none" | "required" | "named";

/**
 * What `tool_choice` asks for: a name without a mode asks for that tool. Undefined: for nothing,
 * and the provider decides.
 */
export function toolMode(choice: ToolChoice | undefined): ToolMode | undefined {
  switch (choice?.mode) {
    case ToolChoiceMode.AUTO:
      return "auto";
    case ToolChoiceMode.NONE:
      return "none";
    case ToolChoiceMode.REQUIRED:
      return "required";
    case ToolChoiceMode.NAMED:
      return "named";
    default:
      return choice?.name ? "named" : undefined;
  }
}
