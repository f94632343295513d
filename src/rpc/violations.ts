import { ConnectorError, type FieldViolation } from "../contract/connector-error.ts";

/** Most violations that one answer names; the search ends there. */
const violationsMax = 32;

/** Gathers everything that is wrong with a request, so that its caller hears of it at once. */
export class Violations {
  readonly #found: FieldViolation[] = [];
  #forbiddenHost: { readonly field: string; readonly host: string } | undefined;

  /**
   * Notes a wrong field. `field` is a path such as `request.contents[0].role`; the description
   * never repeats a secret. Throws the INVALID_REQUEST error at the 32nd.
   */
  add(field: string, description: string): void {
    this.#found.push({ field, description });
    if (this.#found.length === violationsMax) this.throwIfAny();
  }

  /** Notes that a field leads to a host that may not be called; the first one counts. */
  forbidHost(field: string, host: string): void {
    this.#forbiddenHost ??= { field, host };
  }

  /** Throws INVALID_REQUEST with all violations, else EGRESS_FORBIDDEN for a forbidden host. */
  throwIfAny(): void {
    const [first] = this.#found;
    if (first !== undefined) {
      const more = this.#found.length - 1;
      const others = more > 0 ? ` (and ${more} more)` : "";
      throw new ConnectorError("INVALID_REQUEST", `${first.field}: ${first.description}${others}`, {
        violations: this.#found,
      });
    }
    if (this.#forbiddenHost === undefined) return;
    const { field, host } = this.#forbiddenHost;
    throw new ConnectorError(
      "EGRESS_FORBIDDEN",
      `${field}: the address of a private network or metadata service is not passed on`,
      {
        metadata: { field, host },
        precondition: { type: "EGRESS_FORBIDDEN", description: `${field} leads to ${host}` },
      },
    );
  }
}
