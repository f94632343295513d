package main

import (
	"math"
	"math/bits"
	"time"
)

// Each power of two of nanoseconds in 64 steps: a value is told to within 1.6 %.
const stepBits = 6

type histogram struct {
	counts [64 << stepBits]uint64
	total  uint64
}

func (h *histogram) add(duration time.Duration) {
	h.counts[bucketOf(uint64(max(duration, 0)))]++
	h.total++
}

func bucketOf(value uint64) int {
	if value < 1<<stepBits {
		return int(value)
	}
	shift := bits.Len64(value) - stepBits - 1
	return (shift+1)<<stepBits + int(value>>shift) - 1<<stepBits
}

func middleOf(bucket int) float64 {
	if bucket < 1<<stepBits {
		return float64(bucket)
	}
	shift := bucket>>stepBits - 1
	low := uint64(bucket&(1<<stepBits-1)+1<<stepBits) << shift
	return float64(low) + float64(uint64(1)<<shift)/2
}

// Quantile in ms; 0 of nothing.
func (h *histogram) quantile(share float64) float64 {
	rank := uint64(math.Ceil(share * float64(h.total)))
	var seen uint64
	for bucket, count := range h.counts {
		seen += count
		if count > 0 && seen >= rank {
			return math.Round(middleOf(bucket)/1e3) / 1e3
		}
	}
	return 0
}

type quantiles struct {
	P50 float64 `json:"p50"`
	P90 float64 `json:"p90"`
	P99 float64 `json:"p99"`
	Max float64 `json:"max"`
}

func (h *histogram) summary() quantiles {
	return quantiles{h.quantile(0.5), h.quantile(0.9), h.quantile(0.99), h.quantile(1)}
}
