import { closeSync, openSync, readSync } from "node:fs";

/** What came of reading a file: its text, or why there is none. */
export type FileText = { readonly text: string } | { readonly problem: string };

/**
 * Reads a UTF-8 text of at most `bytesMax` bytes; what is larger is not read to its end. The
 * problem names no path and nothing of the content.
 */
export function readTextFile(path: string, bytesMax: number): FileText {
  try {
    const bytes = readBytes(path, bytesMax + 1);
    if (bytes.length > bytesMax) return { problem: `the file is larger than ${bytesMax} bytes` };
    return { text: new TextDecoder("utf-8", { fatal: true }).decode(bytes) };
  } catch (error) {
    return { problem: explain(error) };
  }
}

function readBytes(path: string, bytesMax: number): Uint8Array {
  const buffer = Buffer.alloc(bytesMax);
  const file = openSync(path, "r");
  try {
    let length = 0;
    while (length < bytesMax) {
      const read = readSync(file, buffer, length, bytesMax - length, null);
      if (read === 0) break;
      length += read;
    }
    return buffer.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

function explain(error: unknown): string {
  const code = error instanceof Error && "code" in error ? String(error.code) : "";
  switch (code) {
    case "ENOENT":
      return "the file does not exist";
    case "EACCES":
    case "EPERM":
      return "the file may not be read";
    case "EISDIR":
      return "this is a folder, not a file";
    case "ERR_ENCODING_INVALID_ENCODED_DATA":
      return "the file is not UTF-8 text";
    default:
      return `the file cannot be read (${code || "unknown error"})`;
  }
}
