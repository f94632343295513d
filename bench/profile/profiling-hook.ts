// Loaded into a server before its own code (`node --import`): profiles its main thread between the
// messages "begin" and "end" of its parent, and answers the second with what was seen.
import { Session } from "node:inspector/promises";

const samplingMicroseconds = 500;
const session = new Session();
let atBegin = { all: 0, main: 0 };

const answers = {
  async begin() {
    session.connect();
    await session.post("Profiler.enable");
    await session.post("Profiler.setSamplingInterval", { interval: samplingMicroseconds });
    await session.post("Profiler.start");
    atBegin = used();
    return {};
  },
  async end() {
    const { all, main } = used();
    const { profile } = await session.post("Profiler.stop");
    session.disconnect();
    return { profile, mainShare: (main - atBegin.main) / (all - atBegin.all) };
  },
};

/** CPU time of the process and of its main thread, µs. */
function used(): { all: number; main: number } {
  const all = process.cpuUsage();
  const main = process.threadCpuUsage();
  return { all: all.user + all.system, main: main.user + main.system };
}

process.on("message", async (question: keyof typeof answers) => {
  process.send?.(await answers[question]());
});
