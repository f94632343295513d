import { once } from "node:events";
import type { ServerResponse } from "node:http";
import type { Clock } from "../contract/clock.ts";
import type { Step } from "./delivery.ts";

/** How the sending of a body ended. */
export type SendEnd =
  /** All of it has been handed to the socket. */
  | "complete"
  /** The simulator broke it off, as it was told to. */
  | "broken"
  /** The caller left. */
  | "left";

/**
 * Carries out the steps of a body, whose headers are written. Stops at once if the caller leaves.
 */
export async function sendSteps(
  response: ServerResponse,
  steps: Iterable<Step>,
  clock: Clock,
): Promise<SendEnd> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.flushHeaders();
  try {
    for (const step of steps) {
      const isBroken = await sendStep(response, step, clock, gone.signal);
      if (gone.signal.aborted && !isBroken) return "left";
      if (isBroken) return "broken";
    }
    response.end();
    return "complete";
  } catch (error) {
    if (gone.signal.aborted) return "left";
    throw error;
  }
}

/** Returns whether the step broke the connection. */
async function sendStep(
  response: ServerResponse,
  step: Step,
  clock: Clock,
  gone: AbortSignal,
): Promise<boolean> {
  switch (step.kind) {
    case "write":
      if (!response.write(step.bytes)) await once(response, "drain", { signal: gone });
      return false;
    case "wait":
      await wait(step.ms, clock, gone);
      return false;
    case "flush":
      await flush(response);
      return false;
    case "stall":
      if (!gone.aborted) await once(gone, "abort");
      return false;
    case "cut":
      await flush(response);
      response.socket?.destroy();
      return true;
    case "reset":
      await flush(response);
      response.socket?.resetAndDestroy();
      return true;
  }
}

/** Waits until what was written has been handed to the system, or the caller has left. */
function flush(response: ServerResponse): Promise<void> {
  const { socket } = response;
  if (!socket || socket.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    socket.write("", () => setImmediate(resolve));
  });
}

function wait(ms: number, clock: Clock, gone: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (gone.aborted) {
      resolve();
      return;
    }
    const timer = clock.schedule(ms, () => {
      gone.removeEventListener("abort", leave);
      resolve();
    });
    const leave = (): void => {
      timer.clear();
      resolve();
    };
    gone.addEventListener("abort", leave, { once: true });
  });
}
