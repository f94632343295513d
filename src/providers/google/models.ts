import type { KnownModel } from "../../contract/adapter.ts";

const retired = (name: string, successor: string): KnownModel => ({
  name,
  retired: true,
  successor,
});

/** Models of the Gemini API, current first; then retired ones with what follows them (November 2026). */
export const knownModels: readonly KnownModel[] = [
  { name: "gemini-3.6-flash" },
  { name: "gemini-3.5-flash" },
  { name: "gemini-3.1-pro-preview" },
  { name: "gemini-3.1-flash-lite" },
  { name: "gemini-3-flash-preview" },
  { name: "gemini-3-pro-preview" },
  { name: "gemini-3-pro-image-preview" },
  { name: "gemini-2.5-pro" },
  { name: "gemini-2.5-flash" },
  { name: "gemini-2.5-flash-lite" },
  { name: "gemini-2.5-flash-image" },
  { name: "gemini-2.5-flash-preview-tts" },
  { name: "gemini-2.5-pro-preview-tts" },
  { name: "gemini-2.5-computer-use-preview-10-2025" },
  { name: "gemini-embedding-001" },
  { name: "gemma-3-27b-it" },
  { name: "gemma-3n-e4b-it" },
  retired("gemini-2.0-flash", "gemini-2.5-flash"),
  retired("gemini-2.0-flash-lite", "gemini-2.5-flash-lite"),
  retired("gemini-1.5-pro", "gemini-2.5-pro"),
  retired("gemini-1.5-flash", "gemini-2.5-flash"),
  retired("gemini-1.0-pro", "gemini-2.5-flash"),
  retired("gemini-pro", "gemini-2.5-flash"),
  retired("gemini-pro-vision", "gemini-2.5-flash"),
  retired("gemini-ultra", "gemini-2.5-pro"),
];
