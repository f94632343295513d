# Measures LiteLLM's SDK in this process: litellm-load.py UPSTREAM_URL. Jobs and answers as JSON
# lines, as library-load.ts has them.
import asyncio
import functools
import json
import re
import resource
import sys
import time

import litellm

litellm.suppress_debug_info = True
litellm.telemetry = False
URL = sys.argv[1]
MESSAGES = [{"role": "user", "content": "Hello"}]


SENTENCE = "A quick brown fox jumps over the lazy dog and asks it for 27 more words. "


@functools.cache
def expected(model):
    """Chunks, and the text in all."""
    first, second = re.match(r"bench-(\d+)(?:x(\d+))?b", model).groups()
    chunks = int(first) if second else 1
    size = chunks * int(second or first)
    return chunks, (SENTENCE * (size // len(SENTENCE) + 1))[: size - 1] + "."


def used():
    """CPU seconds of this process so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


class Load:
    """One job, and what has happened so far."""

    def __init__(self, job):
        self.job = job
        self.tally = {"calls": 0, "textBytes": 0, "errors": 0, "wrong": 0}
        self.latencies, self.firsts = [], []
        self.measuring = self.stopped = False

    async def run(self):
        """Does it; the line that is answered."""
        job = self.job
        everything = asyncio.create_task(self.pace() if "rate" in job else self.keep())
        await asyncio.sleep(job["warmupSeconds"])
        before, cpu, begun = dict(self.tally), used(), time.perf_counter()
        self.measuring = True
        await asyncio.sleep(job["seconds"])
        self.measuring = False
        cpu, seconds = used() - cpu, time.perf_counter() - begun
        after = dict(self.tally)
        self.stopped = True
        await everything
        chunks, text = expected(job["model"])
        read = after["textBytes"] - before["textBytes"]
        return {
            "calls": after["calls"] - before["calls"],
            "chunks": read * chunks / len(text) if job["stream"] else 0,
            "errors": self.tally["errors"],
            "wrong": self.tally["wrong"],
            "seconds": seconds,
            "cpuSeconds": cpu,
            "latencyMs": percentiles(self.latencies),
            "firstChunkMs": percentiles(self.firsts),
        }

    async def keep(self):
        """So many at once; streams begin spread over the warm-up."""
        count = self.job["concurrency"]
        spread = self.job["warmupSeconds"] if self.job["stream"] else 0

        async def lane(index):
            await asyncio.sleep(spread * index / count)
            while not self.stopped:
                await self.one(time.perf_counter())

        await asyncio.gather(*(lane(index) for index in range(count)))

    async def pace(self):
        """So many a second, whatever became of those before."""
        begun, calls, rate = time.perf_counter(), [], self.job["rate"]
        while not self.stopped:
            while len(calls) < (time.perf_counter() - begun) * rate:
                due = begun + len(calls) / rate
                calls.append(asyncio.create_task(self.one(due)))
            await asyncio.sleep(0.001)
        await asyncio.gather(*calls)

    async def one(self, due):
        """Does one call and notes how it ended."""
        model, first = self.job["model"], True
        try:
            text, whole = "", False
            async for piece, end in pieces(model, self.job["stream"]):
                if piece and first and self.measuring:
                    self.firsts.append((time.perf_counter() - due) * 1000)
                first = first and not piece
                self.tally["textBytes"] += len(piece)
                text, whole = text + piece, whole or end == "stop"
            right = whole and text == expected(model)[1]
            self.tally["calls" if right else "wrong"] += 1
            if right and self.measuring:
                self.latencies.append((time.perf_counter() - due) * 1000)
        except Exception:
            self.tally["errors"] += 1


async def pieces(model, stream):
    """The pieces of text of one answer, each with the reason for an end, if there is one."""
    common = {
        "model": f"openai/{model}",
        "messages": MESSAGES,
        "api_base": URL,
        "api_key": "sk-bench",
        "num_retries": 0,
        "max_retries": 0,
    }
    if not stream:
        choice = (await litellm.acompletion(**common)).choices[0]
        yield choice.message.content, choice.finish_reason
        return
    options = {"include_usage": True}
    async for event in await litellm.acompletion(**common, stream=True, stream_options=options):
        for choice in event.choices:
            yield choice.delta.content or "", choice.finish_reason


def percentiles(values):
    """p50, p90 and p99 of what is there."""
    values = sorted(values)
    shares = {"p50": 0.5, "p90": 0.9, "p99": 0.99}
    last = len(values) - 1
    return {name: values[int(share * last)] if values else None for name, share in shares.items()}


async def main():
    """A first answer, then jobs until there are no more."""
    first = Load({"model": "bench-500b", "stream": False})
    await first.one(time.perf_counter())
    print(json.dumps({"state": "right" if first.tally["calls"] else "failed"}), flush=True)
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await Load(json.loads(line)).run()), flush=True)


asyncio.run(main())
