/**
 * A client as one should not be written: asks again at once, whatever the answer was, up to twenty
 * times, and takes any stream that ends for a whole answer. It shows that the judge can fail.
 */
export async function askCarelessly(url: string, model: string, streams: boolean): Promise<string> {
  const messages = [{ role: "user", content: `Hello ${model}` }];
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const response = await fetch(`${url}/v1/chat/completions`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: "Bearer careless" },
      body: JSON.stringify({ model, messages, stream: streams }),
    });
    const text = await response.text();
    if (response.ok) return text;
  }
  return "";
}
