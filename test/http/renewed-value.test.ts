// Proves that a fetched value is kept, shared by all who ask at once, fetched anew five minutes
// before it expires, and that neither a caller who gives up nor a failure takes it from the others.
import { describe, expect, it } from "vitest";
import { type Fetched, RenewedValue } from "../../src/http/renewed-value.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const minute = 60_000;

/** A value whose fetches are answered by hand. */
function scene() {
  const clock = new VirtualClock();
  const fetches: PromiseWithResolvers<Fetched<string>>[] = [];
  const value = new RenewedValue(clock, () => {
    const fetch = Promise.withResolvers<Fetched<string>>();
    fetches.push(fetch);
    return fetch.promise;
  });
  const answer = (text: string, lifeMs?: number): void => {
    const expiresMs = lifeMs === undefined ? undefined : clock.wallTimeMs() + lifeMs;
    fetches.at(-1)?.resolve({ value: text, expiresMs });
  };
  const get = (signal = new AbortController().signal): Promise<string> => value.get(signal);
  return { clock, fetches, answer, get };
}

describe("a value that is fetched", () => {
  it("is fetched once for all who ask at once, and then kept", async () => {
    const { clock, fetches, answer, get } = scene();
    const asked = [get(), get(), get()];
    answer("a", 60 * minute);
    expect(await Promise.all(asked)).toEqual(["a", "a", "a"]);
    clock.advance(55 * minute - 1);
    expect(await get()).toBe("a");
    expect(fetches).toHaveLength(1);
  });

  it("is fetched anew when five minutes of it are left", async () => {
    const { clock, fetches, answer, get } = scene();
    const first = get();
    answer("a", 60 * minute);
    await first;
    clock.advance(55 * minute);
    const renewed = [get(), get()];
    answer("b", 60 * minute);
    expect(await Promise.all(renewed)).toEqual(["b", "b"]);
    expect(fetches).toHaveLength(2);
  });

  it("is good for ever where it does not say when it expires", async () => {
    const { clock, fetches, answer, get } = scene();
    const first = get();
    answer("a");
    await first;
    clock.advance(1000 * 24 * 60 * minute);
    expect(await get()).toBe("a");
    expect(fetches).toHaveLength(1);
  });

  it("is given until it expires while no new one can be had", async () => {
    const { clock, fetches, answer, get } = scene();
    const first = get();
    answer("a", 60 * minute);
    await first;
    clock.advance(56 * minute);
    const kept = get();
    fetches.at(-1)?.reject(new Error("issuer is down"));
    expect(await kept).toBe("a");
    clock.advance(4 * minute);
    const lost = get();
    fetches.at(-1)?.reject(new Error("still down"));
    await expect(lost).rejects.toThrow("still down");
    expect(fetches).toHaveLength(3);
  });

  it("is fetched again after a failure, which all who waited are told", async () => {
    const { fetches, answer, get } = scene();
    const asked = [get(), get()];
    fetches.at(-1)?.reject(new Error("no"));
    for (const one of asked) await expect(one).rejects.toThrow("no");
    const again = get();
    answer("a");
    expect(await again).toBe("a");
  });

  it("goes on being fetched when one who waits gives up", async () => {
    const { fetches, answer, get } = scene();
    const leaving = new AbortController();
    const left = get(leaving.signal);
    const stays = get();
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    answer("a");
    expect(await stays).toBe("a");
    await expect(get(leaving.signal)).rejects.toThrow("left");
    expect(fetches).toHaveLength(1);
  });

  it("breaks nothing when everybody has left and the fetch fails", async () => {
    const { fetches, get } = scene();
    const leaving = new AbortController();
    const left = get(leaving.signal);
    leaving.abort(new Error("left"));
    await expect(left).rejects.toThrow("left");
    fetches.at(-1)?.reject(new Error("unheard"));
    await new Promise((resolve) => setImmediate(resolve));
  });
});
