import { openServer } from "./open-server.ts";
import type { ChatHost } from "./wire.ts";

/** OpenRouter: hosts of many models behind one address, with thinking by an object of its own. */
export const openRouter: ChatHost = {
  ...openServer,
  stopSequencesMax: 4,
  takesAnyDocument: true,
  takesMediaInResults: true,
  takesImagesBack: true,
  takesCacheMarks: true,
  reasoningMember: "reasoning",
  thinking: { form: "object" },
};
