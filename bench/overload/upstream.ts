// A provider in a process of its own that answers every call with the same text, after the time
// that its one argument gives, ms. Tells its parent where it listens.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const delayMs = Number(process.argv[2]);
const body = JSON.stringify({
  id: "chatcmpl-1",
  object: "chat.completion",
  created: 1,
  model: "steady",
  choices: [
    { index: 0, message: { role: "assistant", content: "All is well." }, finish_reason: "stop" },
  ],
  usage: { prompt_tokens: 3, completion_tokens: 4, total_tokens: 7 },
});
const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(body) };

const server = createServer((request, response) => {
  request.resume();
  request.once("end", () => {
    setTimeout(() => response.writeHead(200, headers).end(body), delayMs);
  });
});
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
