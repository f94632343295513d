// Command load sends calls to a gateway over gRPC or HTTP/1.1, checks every answer, and prints one
// line of JSON: what came, in what time, and what it cost the gateway's processes.
package main

import (
	"encoding/json"
	"flag"
	"log"
	"os"
	"time"

	"golang.org/x/sys/unix"

	"nexen/connectors/bench/answers"
)

type options struct {
	target, protocol, model, path            string
	stream                                   bool
	concurrency, connections, pid            int
	rate, seconds, warmup, drain, settleTime float64
	headers                                  []string
}

type result struct {
	Calls              int64     `json:"calls"`
	Chunks             int64     `json:"chunks"`
	Events             int64     `json:"events"`
	Errors             int64     `json:"errors"`
	Wrong              int64     `json:"wrong"`
	WithoutUsage       int64     `json:"withoutUsage"`
	Unfinished         int64     `json:"unfinished"`
	Seconds            float64   `json:"seconds"`
	CPUSeconds         float64   `json:"cpuSeconds"`
	LoadCPUSeconds     float64   `json:"loadCpuSeconds"`
	CallsPerCPUSecond  float64   `json:"callsPerCpuSecond"`
	ChunksPerCPUSecond float64   `json:"chunksPerCpuSecond"`
	LatencyMs          quantiles `json:"latencyMs"`
	FirstChunkMs       quantiles `json:"firstChunkMs"`
	RSSMB              memory    `json:"rssMB"`
	FirstError         string    `json:"firstError,omitempty"`
}

type memory struct {
	Before float64 `json:"before"`
	Open   float64 `json:"open"`
	Peak   float64 `json:"peak"`
	After  float64 `json:"after"`
}

func main() {
	options := parse()
	want, err := answers.Of(options.model)
	if err != nil {
		log.Fatal(err)
	}
	client, err := newClient(options)
	if err != nil {
		log.Fatal(err)
	}
	driver := &driver{client: client, recorder: &recorder{}, want: want}
	if err := json.NewEncoder(os.Stdout).Encode(measure(options, driver)); err != nil {
		log.Fatal(err)
	}
}

func measure(options options, driver *driver) result {
	tree := processTree{options.pid}
	recorder := driver.recorder
	before := tree.memoryMB("VmRSS")
	tree.forgetPeak()
	begin(options, driver)
	sleep(options.warmup)

	recorder.measure(true)
	from, cpu, own, start := recorder.counts(), tree.cpuSeconds(), ownCPUSeconds(), time.Now()
	sleep(options.seconds)
	to, seconds := recorder.counts(), time.Since(start).Seconds()
	cpu, own = tree.cpuSeconds()-cpu, ownCPUSeconds()-own
	recorder.measure(false)
	open := tree.memoryMB("VmRSS")
	driver.stopped.Store(true)

	end := time.Now().Add(time.Duration(options.drain * float64(time.Second)))
	for driver.open.Load() > 0 && time.Now().Before(end) {
		time.Sleep(10 * time.Millisecond)
	}
	last, unfinished := recorder.counts(), driver.open.Load()
	driver.client.close()
	sleep(options.settleTime)

	calls, chunks := to.calls-from.calls, (to.textBytes-from.textBytes)/int64(driver.want.PieceBytes())
	if !options.stream {
		chunks = 0
	}
	return result{
		Calls: calls, Chunks: chunks, Events: to.events - from.events,
		// Failures count from the first call to the last: what fails at either end is no less wrong.
		Errors: last.errors, Wrong: last.wrong, WithoutUsage: last.withoutUsage,
		Unfinished: unfinished, Seconds: seconds, CPUSeconds: cpu, LoadCPUSeconds: own,
		CallsPerCPUSecond: ratio(calls, cpu), ChunksPerCPUSecond: ratio(chunks, cpu),
		LatencyMs: recorder.latency.summary(), FirstChunkMs: recorder.firstChunk.summary(),
		RSSMB:      memory{before, open, max(tree.memoryMB("VmHWM"), open), tree.memoryMB("VmRSS")},
		FirstError: recorder.firstError,
	}
}

func begin(options options, driver *driver) {
	if options.rate > 0 {
		go func() {
			if err := driver.pace(options.rate); err != nil {
				log.Fatal(err)
			}
		}()
		return
	}
	spread := time.Duration(0)
	if options.stream {
		spread = time.Duration(options.warmup * float64(time.Second))
	}
	go driver.keep(options.concurrency, spread)
}

func parse() options {
	var o options
	flag.StringVar(&o.target, "target", "", "gateway to call, HOST:PORT")
	flag.StringVar(&o.protocol, "protocol", "grpc", "grpc, hop, connect-json or openai")
	flag.StringVar(&o.model, "model", "bench-500b", "model, [PREFIX]bench-[COUNTx]BYTESb[-PACE]")
	flag.StringVar(&o.path, "path", "/v1/chat/completions", "path of openai")
	flag.BoolVar(&o.stream, "stream", false, "ask for streams; the first begin during the warm-up")
	flag.IntVar(&o.concurrency, "concurrency", 16, "calls at once, each after the one before")
	flag.IntVar(&o.connections, "connections", 0, "connections of gRPC; 0: one for each 100 calls")
	flag.IntVar(&o.pid, "pid", 0, "process whose tree is measured; 0: none")
	flag.Float64Var(&o.rate, "rate", 0, "calls a second whatever comes, instead of --concurrency")
	flag.Float64Var(&o.seconds, "seconds", 5, "time to measure, s")
	flag.Float64Var(&o.warmup, "warmup", 2, "time before that, s")
	flag.Float64Var(&o.drain, "drain", 10, "time for open calls to end afterwards, s")
	flag.Float64Var(&o.settleTime, "settle", 0, "time before memory is looked at again, s")
	flag.Func("header", "header of HTTP/1.1, 'NAME: VALUE'; may be repeated", func(value string) error {
		o.headers = append(o.headers, value)
		return nil
	})
	flag.Parse()
	if o.target == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	if o.connections == 0 {
		o.connections = (o.concurrency + 99) / 100
	}
	return o
}

func sleep(seconds float64) { time.Sleep(time.Duration(seconds * float64(time.Second))) }

func ratio(count int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(int64(float64(count) / seconds))
}

func ownCPUSeconds() float64 {
	var usage unix.Rusage
	_ = unix.Getrusage(unix.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}
