import { barChart } from "./bar-chart.ts";
import { costFigure, figure } from "./figures.ts";
import { type ChartLine, lineChart } from "./line-chart.ts";
import type { PeerKind } from "./peer.ts";
import { answerBytes, crowdPhase, crowds, sizePhase } from "./phases.ts";
import type { PeerReport } from "./run-report.ts";

const bytesPerKiB = 1024;
const all: readonly PeerKind[] = ["ours", "gateway", "floor", "library"];

/** Every plot, by the name of its file. Peers without any of its figures are not in it. */
export function plots(peers: readonly PeerReport[]): readonly { file: string; svg: string }[] {
  const bars = (
    title: string,
    names: readonly string[],
    series: readonly string[],
    kinds: readonly PeerKind[],
  ): string => {
    const rows = peers
      .filter(({ peer }) => kinds.includes(peer.kind))
      .map(({ peer, rounds }) => ({
        label: peer.title,
        kind: peer.kind,
        values: names.map((name) => figure(rounds, name)?.median),
      }))
      .filter(({ values }) => values.some((value) => value !== undefined));
    return barChart({ title, series, rows });
  };
  const sizes = answerBytes.map((bytes) => ({
    x: bytes,
    word: bytes < bytesPerKiB ? "0.5 KiB" : `${bytes / bytesPerKiB} KiB`,
    figure: costFigure(sizePhase(bytes)),
  }));
  const crowded = crowds.map((count) => {
    return { x: count, word: count.toLocaleString("en-US"), figure: costFigure(crowdPhase(count)) };
  });
  const streamTitle = "chunks per CPU-second, 16 streams at full speed";
  const pacedTitle = "chunks per CPU-second, 500 streams with a chunk each 100 ms";
  const sizeTitle = "µs of CPU a call by the answer's size, 16 at once";
  const crowdTitle = "µs of CPU a call by calls at once, answers of 500 bytes";
  const latency = "latency added at 200 calls a second, ms";
  const memory = "resident memory, MB";
  return [
    { file: "calls.svg", svg: bars("whole calls per CPU-second", ["calls"], ["calls"], all) },
    { file: "streams.svg", svg: bars(streamTitle, ["streams"], ["chunks"], all) },
    { file: "paced.svg", svg: bars(pacedTitle, ["paced"], ["chunks"], all) },
    { file: "latency.svg", svg: bars(latency, ["addedP50", "addedP99"], ["p50", "p99"], all) },
    { file: "memory.svg", svg: bars(memory, ["rest", "peak"], ["at rest", "500 streams"], all) },
    { file: "start.svg", svg: bars("start to first answer, ms", ["start"], ["start"], all) },
    {
      file: "size.svg",
      svg: lineChart({
        title: sizeTitle,
        xTitle: "text of an answer",
        xTicks: sizes,
        lines: linesOf(peers, sizes),
      }),
    },
    {
      file: "crowd.svg",
      svg: lineChart({
        title: crowdTitle,
        xTitle: "calls at once",
        xTicks: crowded,
        lines: linesOf(peers, crowded),
      }),
    },
  ];
}

function linesOf(
  peers: readonly PeerReport[],
  ticks: readonly { readonly x: number; readonly figure: string }[],
): readonly ChartLine[] {
  return peers.map(({ peer, rounds }) => ({
    label: peer.title,
    kind: peer.kind,
    points: ticks.flatMap(({ x, figure: name }) => {
      const y = figure(rounds, name)?.median;
      return y === undefined || y <= 0 ? [] : [{ x, y }];
    }),
  }));
}
