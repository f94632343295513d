// Proves that a log nobody reads holds nothing up and little memory, and that what was dropped is
// counted: [O13].
import { spawn } from "node:child_process";
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { LogSink } from "../../src/server/log-sink.ts";

class StuckStream {
  readonly taken: string[] = [];
  writableLength = 0;

  write(line: string): boolean {
    this.taken.push(line);
    this.writableLength += line.length;
    return true;
  }
}

describe("[O13] a log that nobody reads", () => {
  it("is dropped beyond its bound, and counted when there is room again", () => {
    const stream = new StuckStream();
    const sink = new LogSink(stream, 100);
    for (let line = 0; line < 50; line++) sink.write("123456789\n");
    expect(stream.taken).toHaveLength(10);
    stream.writableLength = 0;
    sink.write("again\n");
    const [counted, again] = stream.taken.slice(10);
    expect(JSON.parse(counted ?? "")).toMatchObject({ level: 40, dropped: 40 });
    expect(again).toBe("again\n");
    sink.write("more\n");
    expect(stream.taken.slice(12)).toEqual([]);
  });

  it("does not hold up a process whose standard error is a full pipe", async () => {
    const code = `
      import { LogSink } from ${JSON.stringify(new URL("../../src/server/log-sink.ts", import.meta.url).href)};
      const sink = new LogSink(process.stderr);
      for (let line = 0; line < 500; line++) sink.write("x".repeat(10_000) + "\\n");
      process.stdout.write(String(process.stderr.writableLength));
      process.stdout.end(() => process.exit(0));`;
    const child = spawn(process.execPath, ["--input-type=module", "-e", code], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    let waiting = "";
    child.stdout.on("data", (chunk) => {
      waiting += chunk;
    });
    const [exitCode] = await once(child, "exit");
    expect(exitCode).toBe(0);
    expect(Number(waiting)).toBeGreaterThan(0);
    expect(Number(waiting)).toBeLessThanOrEqual(1024 * 1024);
  });
});
