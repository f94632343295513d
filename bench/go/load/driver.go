package main

import (
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"nexen/connectors/bench/answers"
)

type client interface {
	// Begins a call, which ends by itself through succeed or fail.
	start(*call)
	close()
}

// Begins calls: as many at once, or as many a second whatever becomes of them.
type driver struct {
	client   client
	recorder *recorder
	want     *answers.Answer
	open     atomic.Int64
	stopped  atomic.Bool
}

func (d *driver) begin(due time.Time, then func()) {
	d.open.Add(1)
	d.client.start(&call{recorder: d.recorder, want: d.want, due: due, over: func(c *call) {
		d.open.Add(-1)
		if then == nil || d.stopped.Load() {
			return
		}
		// A refused connection must not become a busy loop.
		if c.hasFailed {
			time.AfterFunc(10*time.Millisecond, then)
			return
		}
		then()
	}})
}

// So many at once; the first ones begin spread over a time.
func (d *driver) keep(concurrency int, spread time.Duration) {
	var again func()
	again = func() { d.begin(time.Now(), again) }
	start := time.Now()
	for index := range concurrency {
		time.Sleep(time.Until(start.Add(spread * time.Duration(index) / time.Duration(concurrency))))
		if d.stopped.Load() {
			return
		}
		again()
	}
}

// So many a second, each at its own time. The kernel's timer is exact where Go's own sleeps round up
// to a millisecond.
func (d *driver) pace(rate float64) error {
	descriptor, err := unix.TimerfdCreate(unix.CLOCK_MONOTONIC, unix.TFD_NONBLOCK|unix.TFD_CLOEXEC)
	if err != nil {
		return fmt.Errorf("timerfd: %w", err)
	}
	every := time.Duration(float64(time.Second) / rate)
	interval := unix.NsecToTimespec(int64(every))
	spec := unix.ItimerSpec{Interval: interval, Value: interval}
	if err := unix.TimerfdSettime(descriptor, 0, &spec, nil); err != nil {
		return fmt.Errorf("timerfd: %w", err)
	}
	due := time.Now()
	timer := os.NewFile(uintptr(descriptor), "timer")
	defer timer.Close()
	ticks := make([]byte, 8)
	for !d.stopped.Load() {
		if _, err := timer.Read(ticks); err != nil {
			return fmt.Errorf("timerfd: %w", err)
		}
		for next := due.Add(every); !next.After(time.Now()); next = next.Add(every) {
			due = next
			d.begin(due, nil)
		}
	}
	return nil
}

func newClient(options options) (client, error) {
	streamed, model := options.stream, options.model
	method := map[bool]string{false: "Call", true: "StreamCall"}[streamed]
	switch options.protocol {
	case "grpc":
		read := map[bool]func(*call, []byte){false: readCallResponse, true: readStreamCallResponse}
		return newGRPCClient(options.target, servicePath+method, options.connections,
			protobufRequest(model), read[streamed]), nil
	case "hop":
		return newGRPCClient(options.target, servicePath+method, options.connections,
			protobufRequest(model), readHopMessage), nil
	case "connect-json":
		headers := append(options.headers, "connect-protocol-version: 1")
		if streamed {
			body := connectRequest(model)
			return newHTTPClient(options.target, servicePath+method, "application/connect+json",
				headers, append(lengthPrefix(0, len(body)), body...), readEnvelopes), nil
		}
		return newHTTPClient(options.target, servicePath+method, "application/json", headers,
			connectRequest(model), readJSON), nil
	case "openai":
		read := readJSON
		if streamed {
			read = readEvents
		}
		return newHTTPClient(options.target, options.path, "application/json",
			append(options.headers, authorization(options.headers)...),
			openAIRequest(model, streamed), read), nil
	}
	return nil, fmt.Errorf("protocol %q is not grpc, hop, connect-json or openai", options.protocol)
}

func authorization(headers []string) []string {
	for _, header := range headers {
		if strings.HasPrefix(strings.ToLower(header), "authorization:") {
			return nil
		}
	}
	return []string{"authorization: Bearer none"}
}
