import { IteratedMessages } from "../contract/iterated-messages.ts";

/**
 * A body that is read without a promise for each piece: `read` until it gives nothing, and, unless
 * the body has `ended` by then, again when `onReadable` is called.
 */
export interface PulledBody {
  /**
   * All bytes that have come and were not read, in one piece that is the reader's own; undefined:
   * none now. Throws what `HttpResponse.body` throws, after the bytes before it.
   */
  read(): Uint8Array | undefined;
  /** Whether all was read: `read` gives nothing any more, and throws nothing. */
  readonly ended: boolean;
  /**
   * Called when there is something to read, the end and a failure included: once for all the bytes
   * that one read of the socket brought. It must not throw.
   */
  onReadable: (() => void) | undefined;
  /** Gives up what was not read, and closes the socket unless the answer has come whole. */
  leave(): void;
}

/** The body to be pulled: itself, if it can, or else read one piece ahead. */
export function pulledBody(body: AsyncIterable<Uint8Array>): PulledBody {
  return isPulled(body) ? body : new IteratedBody(body);
}

function isPulled(
  body: AsyncIterable<Uint8Array> & Partial<PulledBody>,
): body is AsyncIterable<Uint8Array> & PulledBody {
  return typeof body.read === "function" && typeof body.leave === "function";
}

class IteratedBody extends IteratedMessages<Uint8Array> implements PulledBody {
  read(): Uint8Array | undefined {
    return this.pull();
  }

  override async leave(): Promise<void> {
    // What goes wrong in leaving is of no interest to who has left.
    await super.leave().catch(() => undefined);
  }
}
