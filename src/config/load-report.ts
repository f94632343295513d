import { Secret } from "../contract/secret.ts";
import type { ConfigurationProblem, Path, Place } from "./configuration-problem.ts";
import { allKeys } from "./schema.ts";

/** Most problems that are listed; the rest is counted. */
const problemsMax = 100;
/** Shorter texts are not worth hiding: they would be found in ordinary words. */
const hiddenCharactersMin = 6;

/** Collects what one load finds: problems, so that all are told at once, notes, and secrets. */
export class LoadReport {
  readonly #file: string;
  readonly #locate: (path: Path) => Place;
  readonly #problems: ConfigurationProblem[] = [];
  readonly #elsewhere: ConfigurationProblem[] = [];
  readonly #paths = new Set<string>();
  readonly #notes: string[] = [];
  readonly #secrets: Secret[] = [];
  readonly #hidden = new Set<string>();

  /** `file` is the name for people; `locate` gives the place of the value at a path. */
  constructor(file: string, locate: (path: Path) => Place) {
    this.#file = file;
    this.#locate = locate;
  }

  /** A problem of the value at a path of the file. Only the first counts: others follow from it. */
  add(path: Path, message: string): void {
    const key = JSON.stringify(path);
    if (this.#paths.has(key)) return;
    this.#paths.add(key);
    this.addAt(this.#locate(path), path, message);
  }

  /** A problem at a place that is known better than by its path. */
  addAt(place: Place, path: Path, message: string): void {
    this.#problems.push({ file: this.#file, ...place, path: show(path), message });
  }

  /** A problem outside the file: `name` is that of a variable or a flag. */
  addOutside(file: "environment" | "command line", name: string, message: string): void {
    this.#problems.push({ file, line: 0, column: 0, path: name, message });
  }

  /** A problem of another file that the configuration names. */
  addElsewhere(problem: ConfigurationProblem): void {
    this.#elsewhere.push({ ...problem, file: this.#redact(problem.file) });
  }

  /** Something that is no problem, but should be known. */
  note(message: string): void {
    this.#notes.push(message);
  }

  /** Wraps a secret, and keeps it out of every message. */
  secret(value: string): Secret {
    this.hide(value);
    const secret = new Secret(value);
    this.#secrets.push(secret);
    return secret;
  }

  /** Keeps a text out of every message. None is built from values: this is the second lock. */
  hide(text: string): void {
    if (text.length >= hiddenCharactersMin) this.#hidden.add(text);
  }

  /**
   * All problems in the order of their places: outside the file, in it, in others that it names.
   */
  get problems(): readonly ConfigurationProblem[] {
    const own = this.#problems.toSorted((a, b) => a.line - b.line || a.column - b.column);
    const sorted = [...own, ...this.#elsewhere];
    const shown = sorted
      .slice(0, problemsMax)
      .map((problem) => ({ ...problem, message: this.#redact(problem.message) }));
    if (sorted.length <= problemsMax) return shown;
    const message = `${sorted.length - problemsMax} more problems are not shown`;
    return [...shown, { file: this.#file, line: 0, column: 0, path: "", message }];
  }

  /** All notes in the order they were made. */
  get notes(): readonly string[] {
    return this.#notes.map((note) => this.#redact(note));
  }

  /** All secrets in the order they were found. */
  get secrets(): readonly Secret[] {
    return [...this.#secrets];
  }

  #redact(message: string): string {
    return [...this.#hidden].reduce((text, secret) => text.replaceAll(secret, "***"), message);
  }
}

/**
 * The path as far as its keys are our own: a key that is not might be a secret in the wrong place.
 */
function show(path: Path): string {
  const foreign = path.findIndex((segment) => typeof segment === "string" && !allKeys.has(segment));
  const shown = foreign < 0 ? path : path.slice(0, foreign);
  return shown.reduce<string>((text, segment) => {
    if (typeof segment === "number") return `${text}[${segment}]`;
    return text === "" ? segment : `${text}.${segment}`;
  }, "");
}
