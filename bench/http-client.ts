// What a call to a provider, and a chunk of a stream, cost in the HTTP client: CPU of this process
// for `HttpClient`, and for undici's `Client.dispatch` with the least a handler can do, in turns
// against one server on the loopback in a process of its own. `npm run bench:http`; fails where the
// client is not cheaper than undici.
import { fork } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { Client } from "undici";
import { defaultLimits } from "../src/contract/limits.ts";
import { HttpClient } from "../src/http/http-client.ts";
import { pulledBody } from "../src/http/pulled-body.ts";

const atOnce = 16;
const pacedStreams = 500;
const paceMs = 100;
const chunksOfStream = 200;
const rounds = 5;
const roundMs = 1500;
const headers = {
  "content-type": "application/json",
  accept: "application/json",
  "user-agent": "bench",
  authorization: "Bearer 0123456789abcdef0123456789abcdef",
};
const body = JSON.stringify({ model: "m", messages: [{ role: "user", content: "x".repeat(300) }] });

/** Sends one request, and resolves when its answer is whole. */
type Ask = (path: string, lane: number) => Promise<void>;

interface Contestant {
  readonly name: string;
  readonly ask: Ask;
  readonly close: () => Promise<unknown>;
}

function serve(): void {
  const text = JSON.stringify({ id: "x", choices: [{ message: { content: "y".repeat(500) } }] });
  const plain =
    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Thu, 01 Jan 2026 00:00:00 GMT\r\n" +
    `x-request-id: 0123456789\r\ncontent-length: ${text.length}\r\n\r\n${text}`;
  const head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  const event = `data: ${JSON.stringify({ choices: [{ delta: { content: "0123456789" } }] })}\n\n`;
  const chunk = `${event.length.toString(16)}\r\n${event}\r\n`;
  const stream = (socket: Socket, isPaced: boolean): void => {
    socket.write(head);
    let left = chunksOfStream;
    const one = (): boolean => {
      left -= 1;
      socket.write(left === 0 ? `${chunk}0\r\n\r\n` : chunk);
      return left > 0 && !socket.destroyed;
    };
    if (isPaced) {
      const timer = setInterval(() => one() || clearInterval(timer), paceMs);
    } else while (one());
  };
  const server = createServer((socket) => {
    socket.setNoDelay(true);
    socket.on("error", () => undefined);
    // A request comes in one piece here: it is small, and its client waits for the answer.
    socket.on("data", (bytes) => {
      const path = bytes.toString("latin1", 0, 20).split(" ")[1];
      if (path === "/call") socket.write(plain);
      else stream(socket, path === "/paced");
    });
  });
  server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
}

function ours(port: number): Contestant {
  const client = new HttpClient(defaultLimits);
  const origin = `http://127.0.0.1:${port}`;
  const ask: Ask = async (path) => {
    const { signal } = new AbortController();
    const url = origin + path;
    const request = { method: "POST", url, headers, body, signal, allowPrivate: true } as const;
    const pulled = pulledBody((await client.send(request)).body);
    await new Promise<void>((resolve, reject) => {
      pulled.onReadable = () => {
        try {
          while (pulled.read() !== undefined);
          if (pulled.ended) resolve();
        } catch (failure) {
          reject(failure as Error);
        }
      };
      pulled.onReadable();
    });
  };
  return { name: "HttpClient", ask, close: () => client.close() };
}

function undici(port: number): Contestant {
  const clients: Client[] = [];
  const ask: Ask = (path, lane) => {
    clients[lane] ??= new Client(`http://127.0.0.1:${port}`, { allowH2: false });
    const client = clients[lane];
    return new Promise((resolve, reject) => {
      client.dispatch(
        { method: "POST", path, headers, body },
        {
          onRequestStart: () => undefined,
          onResponseStart: () => undefined,
          onResponseData: () => undefined,
          onResponseEnd: () => resolve(),
          onResponseError: (_, error) => reject(error),
        },
      );
    });
  };
  return { name: "undici", ask, close: () => Promise.all(clients.map((each) => each.destroy())) };
}

/** CPU of this process, µs, for one answer to `path`. */
async function answerCost({ ask }: Contestant, path: string): Promise<number> {
  let answers = 0;
  const before = process.cpuUsage();
  const endMs = performance.now() + roundMs;
  await Promise.all(
    Array.from({ length: atOnce }, async (_, lane) => {
      while (performance.now() < endMs) {
        await ask(path, lane);
        answers += 1;
      }
    }),
  );
  return spent(before) / answers;
}

/** CPU, µs, for one chunk of many streams that get one each 100 ms. */
async function pacedCost({ ask }: Contestant): Promise<number> {
  // Left unfinished: closing the contestant ends them.
  const streams = Array.from({ length: pacedStreams }, (_, lane) =>
    ask("/paced", lane).catch(() => undefined),
  );
  await Promise.race([Promise.all(streams), pause(1000)]);
  const before = process.cpuUsage();
  const spanMs = 4000;
  await pause(spanMs);
  return spent(before) / ((pacedStreams * spanMs) / paceMs);
}

function spent(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return user + system;
}

async function pause(ms: number): Promise<void> {
  await new Promise((resolve) => void setTimeout(resolve, ms));
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

async function compare(port: number): Promise<boolean> {
  const makers = [undici, ours];
  const contestants = makers.map((make) => make(port));
  const kinds = [
    { title: "call", path: "/call", parts: 1 },
    { title: "chunk, full speed", path: "/stream", parts: chunksOfStream },
  ];
  let isCheaper = true;
  const report = (title: string, [yardstick = 0, own = 0]: readonly number[]): void => {
    isCheaper &&= own < yardstick;
    const ratio = (yardstick / own).toFixed(2);
    const figures = `undici ${yardstick.toFixed(2)} us, HttpClient ${own.toFixed(2)} us`;
    process.stdout.write(`${title}: ${figures}, ratio ${ratio}\n`);
  };
  for (const { title, path, parts } of kinds) {
    const costs: number[][] = [[], []];
    for (let round = 0; round <= rounds; round += 1) {
      for (const [index, contestant] of contestants.entries()) {
        const cost = await answerCost(contestant, path);
        // The first round warms up.
        if (round > 0) costs[index]?.push(cost / parts);
      }
    }
    report(title, costs.map(median));
  }
  await Promise.all(contestants.map(({ close }) => close()));
  const paced: number[][] = [[], []];
  for (let round = 0; round < 2; round += 1) {
    for (const [index, make] of makers.entries()) {
      const contestant = make(port);
      paced[index]?.push(await pacedCost(contestant));
      await contestant.close();
    }
  }
  report(
    "chunk, paced",
    paced.map((costs) => Math.min(...costs)),
  );
  return isCheaper;
}

if (process.argv[2] === "server") serve();
else {
  const server = fork(import.meta.filename, ["server"]);
  const [port] = (await once(server, "message")) as [number];
  const isCheaper = await compare(port);
  server.kill();
  process.exitCode = isCheaper ? 0 : 1;
}
