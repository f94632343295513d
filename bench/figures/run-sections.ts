import { shuffled } from "../harness/statistics.ts";
import type { LoadResult } from "../harness/workload.ts";
import type { Cell, Round, Section } from "./figure.ts";
import type { Subjects } from "./subjects.ts";

/** What was found for one section. */
export interface SectionResult {
  readonly section: Section;
  readonly rounds: readonly Round[];
  /** What was wrong with answers, or why a cell could not be measured. */
  readonly faults: readonly string[];
}

/** How much is measured. */
export interface RunOptions {
  readonly rounds: number;
  /** Share of the usual seconds. */
  readonly scale: number;
  /** Told before each cell. */
  readonly progress: (text: string) => void;
}

interface Task {
  readonly section: Section;
  readonly name: string;
  readonly cell: Cell;
}

/**
 * Measures the cells of all sections in rounds, in each round in an order of chance, so that what
 * the machine does besides falls on all alike.
 */
export async function runSections(
  sections: readonly Section[],
  subjects: Subjects,
  { rounds, scale, progress }: RunOptions,
): Promise<readonly SectionResult[]> {
  const results = sections.map((section) => ({
    section,
    rounds: [] as Record<string, LoadResult>[],
    faults: [] as string[],
  }));
  for (let round = 0; round < rounds; round += 1) {
    const tasks = shuffled(sections.flatMap((section) => tasksOf(section, round)));
    for (const [index, { section, name, cell }] of tasks.entries()) {
      progress(`round ${round + 1} of ${rounds}, ${index + 1} of ${tasks.length}: ${name}`);
      const result = results.find((other) => other.section === section);
      if (result === undefined) continue;
      result.rounds[round] ??= {};
      try {
        const measured = await subjects.measure(scaled(cell, scale));
        // Where nothing was right there is nothing to measure.
        if (measured.calls + measured.chunks > 0) {
          Object.assign(result.rounds[round] ?? {}, { [name]: measured });
        }
        result.faults.push(...faultsOf(name, measured));
      } catch (error) {
        result.faults.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
  }
  return results;
}

function tasksOf(section: Section, round: number): readonly Task[] {
  if (round >= (section.rounds ?? Number.POSITIVE_INFINITY)) return [];
  return Object.entries(section.cells).map(([name, cell]) => ({ section, name, cell }));
}

function scaled(cell: Cell, scale: number): Cell {
  const { seconds } = cell.workload;
  return { ...cell, workload: { ...cell.workload, seconds: seconds * scale } };
}

function faultsOf(name: string, result: LoadResult): readonly string[] {
  const { errors, wrong, calls, chunks, firstError } = result;
  if (errors + wrong > 0) {
    return [`${name}: ${errors} failed and ${wrong} wrong answers, the first: ${firstError}`];
  }
  return calls + chunks === 0 ? [`${name}: no answer came`] : [];
}
