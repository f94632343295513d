/** Messages of a stream that are taken without a promise for each. Nothing begins before a pull. */
export interface PulledMessages<T> {
  /** The next message; undefined: none now. Throws what ends the stream in place of its end. */
  pull(): T | undefined;
  /** Whether all was pulled: `pull` gives nothing any more, and throws nothing. */
  readonly ended: boolean;
  /** Called when there may be something to pull, the end and a failure included. */
  onReadable: (() => void) | undefined;
  /** Gives the rest up; settles when nothing of it is under way any more. */
  leave(): Promise<void>;
}
