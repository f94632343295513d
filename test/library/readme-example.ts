import { newLLM, withAPIKey, withTimeout } from "../../src/index.ts";

const llm = newLLM("claude-sonnet-5", withAPIKey("your-api-key"), withTimeout(60));
const response = await llm.call({ contents: [{ role: "user", message: "Hello, world!" }] });
console.log(response.content.message);

const stream = llm.stream({ contents: [{ role: "user", message: "Name three rivers" }] });
for await (const text of stream.textStream) process.stdout.write(text);
console.log((await stream.finalResponse()).usage);
