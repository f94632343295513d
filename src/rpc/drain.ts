import { ConnectorError } from "../contract/connector-error.ts";
import type { Limits } from "../contract/limits.ts";
import type { Listening } from "./listener.ts";

/** What a server gives up when it drains. */
export interface DrainOptions {
  readonly listening: Pick<Listening, "drain" | "close" | "openSessions">;
  /** Makes health checks answer NOT_SERVING. Called first. */
  turnUnhealthy(): void;
  /** Its signal reaches every call in flight. */
  readonly shutdown: AbortController;
  readonly limits: Pick<Limits, "drainGraceMs" | "drainAbortMs">;
}

/**
 * Ends a server without losing a call that can still end well: health turns NOT_SERVING, nothing
 * new is accepted, calls in flight have `drainGraceMs` to end. Those that are left are aborted with
 * SERVER_DRAINING and have `drainAbortMs` to say so; then every socket is dropped.
 *
 * Resolves when all is closed. Never rejects.
 */
export async function drain(options: DrainOptions): Promise<void> {
  const { listening, shutdown, limits } = options;
  options.turnUnhealthy();
  await listening.drain(limits.drainGraceMs);
  shutdown.abort(
    new ConnectorError("SERVER_DRAINING", "the server shut down before the call was complete", {
      retryAfterMs: 0,
    }),
  );
  await listening.drain(limits.drainAbortMs);
  await listening.close();
}
