import type { Part } from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";
import type { StreamCallResponse } from "../../gen/ts/nexen/connectors/v1/stream_pb.ts";
import { foreign, print, type Style, styled } from "./terminal.ts";

/** Prints an answer for people, whole or as it comes: what is of one kind on lines of its own. */
export class AnswerPrinter {
  #section = "";
  #isLineOpen = false;

  /** Prints what an event of a stream adds. */
  event({ event }: StreamCallResponse): void {
    switch (event.case) {
      case "textDelta":
        this.#write("text", event.value.text);
        break;
      case "thinkingDelta":
        this.#write("thinking", event.value.text, "dim");
        break;
      case "toolCallDelta": {
        const { partIndex, name, arguments: fragment } = event.value;
        this.#toolCall(partIndex, name, fragment);
        break;
      }
      case "partFinished":
        if (event.value.part) this.#block(event.value.part, event.value.partIndex);
        break;
      default:
    }
  }

  /** Prints a part that came whole. */
  part(part: Part, index: number): void {
    const { kind } = part;
    if (kind.case === "text" || kind.case === "refusal") this.#write("text", kind.value.text);
    else if (kind.case === "thinking") this.#write("thinking", kind.value.text, "dim");
    else if (kind.case === "toolCall") {
      this.#toolCall(index, kind.value.name, kind.value.arguments);
    } else this.#block(part, index);
  }

  /** Ends the line that is open, if one is. */
  endLine(): void {
    if (this.#isLineOpen) print("\n");
    this.#isLineOpen = false;
  }

  #toolCall(index: number, name: string, fragment: string): void {
    if (name !== "") {
      this.#write(`part ${index}`, "tool call", "cyan");
      this.#write(`part ${index}`, ` ${name} `);
    }
    this.#write(`part ${index}`, fragment);
  }

  /** Parts that have no text are named. */
  #block({ kind }: Part, index: number): void {
    if (kind.case === "media") this.#write(`part ${index}`, `[${kind.value.mimeType}]`);
    if (kind.case === "provider") this.#write(`part ${index}`, `[${kind.value.type}]`, "dim");
  }

  #write(section: string, text: string, style?: Style): void {
    if (text === "") return;
    if (section !== this.#section) this.endLine();
    this.#section = section;
    const shown = foreign(text);
    print(style === undefined ? shown : styled(style, shown));
    this.#isLineOpen = !text.endsWith("\n");
  }
}
