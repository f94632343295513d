/** One thing that is wrong, and where. */
export interface ConfigurationProblem {
  /** Path of the file as it was given, or "environment", or "command line". */
  readonly file: string;
  /** From 1; 0 where there is no line: outside the file, or the file as a whole. */
  readonly line: number;
  /** From 1, in UTF-16 code units; 0 where there is no line. */
  readonly column: number;
  /** Such as `targets[0].dialect`, `CONNECTORS_PORT`, `--port`. Empty: the file as a whole. */
  readonly path: string;
  /** What is wrong and what is expected. Never holds a secret. */
  readonly message: string;
}

/** Keys and indexes that lead from the top of the file to a value. */
export type Path = readonly (string | number)[];

/** A place in the file, both from 1; 0 where there is none. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** One line for people, such as `connectors.yaml:12:5 targets[0].dialect: expected one of …`. */
export function formatProblem(problem: ConfigurationProblem): string {
  const { file, line, column, path, message } = problem;
  const place = line > 0 ? `${file}:${line}:${column}` : file;
  return `${place}${path === "" ? "" : ` ${path}`}: ${message}`;
}
