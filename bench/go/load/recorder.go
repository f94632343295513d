package main

import (
	"sync"
	"sync/atomic"
	"time"

	"nexen/connectors/bench/answers"
)

// Counts what is right and what is not. Latencies count while it measures, the rest always.
type recorder struct {
	calls, textBytes, events, errors, wrong, unused atomic.Int64

	mutex      sync.Mutex
	measuring  bool
	latency    histogram
	firstChunk histogram
	firstError string
}

type counts struct{ calls, textBytes, events, errors, wrong, withoutUsage int64 }

func (r *recorder) counts() counts {
	return counts{r.calls.Load(), r.textBytes.Load(), r.events.Load(), r.errors.Load(),
		r.wrong.Load(), r.unused.Load()}
}

func (r *recorder) measure(on bool) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.measuring = on
}

func (r *recorder) add(into *histogram, since time.Time) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.measuring {
		into.add(time.Since(since))
	}
}

func (r *recorder) complain(message string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if r.firstError == "" {
		r.firstError = message
	}
}

// One call and how much of its answer has come.
type call struct {
	recorder *recorder
	want     *answers.Answer
	// When it was to begin: a late beginning is a part of its latency.
	due time.Time
	// Bytes of the text that have come.
	at int
	// What the call needs for being right, besides its text.
	hasUsage, isFinished, isWrong bool
	isOver, hasFailed             bool
	over                          func(*call)
}

// The next piece of the text.
func (c *call) text(piece []byte) {
	if len(piece) == 0 {
		return
	}
	if c.at == 0 {
		c.recorder.add(&c.recorder.firstChunk, c.due)
	}
	end := c.at + len(piece)
	if end > len(c.want.Text) || c.want.Text[c.at:end] != string(piece) {
		c.isWrong = true
	}
	c.at = end
	c.recorder.textBytes.Add(int64(len(piece)))
	c.recorder.events.Add(1)
}

// A text that must be the whole.
func (c *call) wholeText(text []byte) {
	if string(text) != c.want.Text {
		c.isWrong = true
	}
}

// The end that the protocol calls a success.
func (c *call) succeed() {
	if c.isOver {
		return
	}
	c.isOver = true
	switch {
	case c.isWrong || c.at != len(c.want.Text) || !c.isFinished:
		c.recorder.wrong.Add(1)
		c.recorder.complain("a success whose text or end is not what was asked for")
	default:
		if !c.hasUsage {
			c.recorder.unused.Add(1)
		}
		c.recorder.calls.Add(1)
		c.recorder.add(&c.recorder.latency, c.due)
	}
	c.over(c)
}

// Any other end.
func (c *call) fail(message string) {
	if c.isOver {
		return
	}
	c.isOver, c.hasFailed = true, true
	c.recorder.errors.Add(1)
	c.recorder.complain(message)
	c.over(c)
}
