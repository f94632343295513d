// Proves that a histogram tells any quantile to within 1.6 % of the true one.
package main

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestQuantilesAreNearTheTruth(t *testing.T) {
	var histogram histogram
	var values []time.Duration
	for range 10_000 {
		value := time.Duration(math.Exp(rand.Float64()*10 + 10))
		values = append(values, value)
		histogram.add(value)
	}
	slices.Sort(values)
	for _, share := range []float64{0.01, 0.5, 0.9, 0.99, 1} {
		truth := float64(values[int(math.Ceil(share*10_000))-1]) / 1e6
		found := histogram.quantile(share)
		if math.Abs(found-truth) > truth*0.016+0.001 {
			t.Errorf("quantile %v: %v ms, but it is %v ms", share, found, truth)
		}
	}
}

func TestNothingHasNoQuantile(t *testing.T) {
	if found := new(histogram).quantile(0.5); found != 0 {
		t.Errorf("of nothing: %v ms", found)
	}
}
