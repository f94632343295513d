import { create } from "@bufbuild/protobuf";
import {
  type Warning,
  WarningKind,
  WarningSchema,
} from "../../gen/ts/nexen/connectors/v1/llm_pb.ts";

/** Collects what was left out or changed while a request was encoded. */
export class WarningList {
  readonly #warnings: Warning[] = [];

  /** The field was not sent. */
  dropped(field: string, message: string): void {
    this.#add(field, message, WarningKind.DROPPED);
  }

  /** The field was sent in another form. */
  changed(field: string, message: string): void {
    this.#add(field, message, WarningKind.CHANGED);
  }

  /** The provider requires a field that was not given. */
  defaulted(field: string, message: string): void {
    this.#add(field, message, WarningKind.DEFAULTED);
  }

  /** All of them, in order. */
  all(): readonly Warning[] {
    return this.#warnings;
  }

  #add(field: string, message: string, kind: WarningKind): void {
    this.#warnings.push(create(WarningSchema, { field, message, kind }));
  }
}
