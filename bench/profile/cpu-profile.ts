/** A function in V8's profile of a processor. */
export interface ProfiledFunction {
  /** Empty for a function without a name. */
  readonly functionName: string;
  /** File URL, `node:` module, or empty for what is not JavaScript. */
  readonly url: string;
  /** From 0. */
  readonly lineNumber: number;
}

/** What V8's profiler gives: a tree of calls, as a list, and how often each was seen on top. */
export interface CPUProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: ProfiledFunction;
    readonly hitCount?: number;
    readonly children?: readonly number[];
  }[];
}

/** A call in a tree of calls. */
export interface Frame {
  readonly function: ProfiledFunction;
  /** Samples that saw this call itself at work. */
  readonly self: number;
  /** Samples of it and of all that it called. */
  readonly total: number;
  readonly children: readonly Frame[];
}

const idle = "(idle)";

/** The tree of all that was done, without the time in which there was nothing to do. */
export function frameTree({ nodes }: CPUProfile): Frame {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const frameOf = (id: number): Frame[] => {
    const node = byId.get(id);
    if (node === undefined || node.callFrame.functionName === idle) return [];
    const children = merged((node.children ?? []).flatMap(frameOf));
    const self = node.hitCount ?? 0;
    const total = children.reduce((sum, child) => sum + child.total, self);
    return [{ function: node.callFrame, self, total, children }];
  };
  const [root] = nodes.slice(0, 1).flatMap(({ id }) => frameOf(id));
  if (root === undefined) throw new Error("the profile has no samples");
  return root;
}

/** V8 lists a function that was optimised anew twice: it is one to a reader. */
function merged(frames: readonly Frame[]): readonly Frame[] {
  const byFunction = new Map<string, Frame>();
  for (const frame of frames) {
    const { url, functionName, lineNumber } = frame.function;
    const key = `${url} ${functionName} ${lineNumber}`;
    const same = byFunction.get(key);
    byFunction.set(key, same === undefined ? frame : joined(same, frame));
  }
  return [...byFunction.values()].toSorted((a, b) => b.total - a.total);
}

function joined(one: Frame, other: Frame): Frame {
  return {
    function: one.function,
    self: one.self + other.self,
    total: one.total + other.total,
    children: merged([...one.children, ...other.children]),
  };
}
