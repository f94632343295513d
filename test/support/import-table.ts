import { posix } from "node:path";
import { type ModuleFacts, moduleFacts } from "./module-facts.ts";

/** One room of the source tree and what its files may import besides each other. */
export interface Room {
  readonly name: string;
  /** Which paths, relative to the repository, belong to it. The first room that matches counts. */
  readonly files: RegExp;
  /** Names of the rooms it may import from. */
  readonly rooms: readonly string[];
  /** Packages it may import, with their subpaths; `node:` stands for all built-in modules. */
  readonly packages: readonly string[];
  /** What its files may not touch, as `ModuleFacts.globals` names it. */
  readonly forbiddenGlobals?: RegExp;
  /** True if each folder in it is closed to its siblings. */
  readonly foldersAreClosed?: boolean;
}

/** The rules a tree is judged by. */
export interface ImportTable {
  readonly rooms: readonly Room[];
  /** Files that may read the clock and the random source themselves. */
  readonly clockFiles: ReadonlySet<string>;
  /** Packages the published package brings along. */
  readonly dependencies: ReadonlySet<string>;
}

const clockUses =
  /^(Date\.now|new Date\(\)|Date\(\)|Math\.random|performance\.now|process\.hrtime)$/;

/**
 * Judges a tree of sources, given as path and text, and returns one line for each violation, in the
 * order of the paths; none if the tree obeys. Paths start with `src/`.
 */
export function violations(sources: ReadonlyMap<string, string>, table: ImportTable): string[] {
  const found: string[] = [];
  const edges = new Map<string, string[]>();
  for (const [path, text] of [...sources].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const room = roomOf(path, table);
    if (!room) {
      found.push(`${path} belongs to no room`);
      continue;
    }
    const facts = moduleFacts(path, text);
    const complain = (what: string): number => found.push(`${path} ${what}`);
    for (const problem of facts.problems) complain(problem);
    judgeGlobals(path, room, facts, table, complain);
    edges.set(path, judgeImports(path, room, facts, table, complain));
  }
  const circle = findCircle(edges);
  if (circle) found.push(`circle: ${circle.join(" → ")}`);
  return found;
}

function roomOf(path: string, table: ImportTable): Room | undefined {
  return table.rooms.find((room) => room.files.test(path));
}

function judgeGlobals(
  path: string,
  room: Room,
  facts: ModuleFacts,
  table: ImportTable,
  complain: (what: string) => void,
): void {
  for (const use of facts.globals) {
    const readsClock = clockUses.test(use) && !table.clockFiles.has(path);
    if (readsClock || room.forbiddenGlobals?.test(use)) complain(`uses ${use}`);
  }
}

/** Complains about each import that is not allowed and returns the paths of those in the tree. */
function judgeImports(
  path: string,
  room: Room,
  facts: ModuleFacts,
  table: ImportTable,
  complain: (what: string) => void,
): string[] {
  const targets: string[] = [];
  for (const specifier of facts.imports) {
    if (!specifier.startsWith(".")) {
      judgePackage(specifier, room, table, complain);
      continue;
    }
    const target = posix.join(posix.dirname(path), specifier);
    const targetRoom = roomOf(target, table);
    targets.push(target);
    if (!targetRoom) complain(`imports ${target}, which belongs to no room`);
    else if (!mayImport(path, room, target, targetRoom)) complain(`imports ${target}`);
  }
  return targets;
}

function mayImport(path: string, room: Room, target: string, targetRoom: Room): boolean {
  if (targetRoom !== room) return room.rooms.includes(targetRoom.name);
  return !room.foldersAreClosed || folderIn(room, path) === folderIn(room, target);
}

/** The part of the path that the room's pattern covers: for a closed room, the folder. */
function folderIn(room: Room, path: string): string | undefined {
  return room.files.exec(path)?.[0];
}

function judgePackage(
  specifier: string,
  room: Room,
  table: ImportTable,
  complain: (what: string) => void,
): void {
  const isBuiltIn = specifier.startsWith("node:");
  const name = specifier.split("/", specifier.startsWith("@") ? 2 : 1).join("/");
  if (!isBuiltIn && !table.dependencies.has(name)) {
    complain(`imports ${specifier}, which is not among the dependencies`);
  } else if (!isListed(specifier, room.packages)) {
    complain(`imports ${specifier}`);
  }
}

function isListed(specifier: string, packages: readonly string[]): boolean {
  return packages.some(
    (allowed) =>
      specifier === allowed ||
      specifier.startsWith(`${allowed}/`) ||
      (allowed === "node:" && specifier.startsWith(allowed)),
  );
}

/** The first circle met, as the paths on it with the first repeated at the end. */
function findCircle(edges: ReadonlyMap<string, readonly string[]>): string[] | undefined {
  const finished = new Set<string>();
  const trail: string[] = [];
  const walk = (path: string): string[] | undefined => {
    if (finished.has(path)) return undefined;
    const start = trail.indexOf(path);
    if (start >= 0) return [...trail.slice(start), path];
    trail.push(path);
    for (const next of edges.get(path) ?? []) {
      const circle = walk(next);
      if (circle) return circle;
    }
    trail.pop();
    finished.add(path);
    return undefined;
  };
  for (const path of edges.keys()) {
    const circle = walk(path);
    if (circle) return circle;
  }
  return undefined;
}
