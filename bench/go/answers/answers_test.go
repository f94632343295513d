// Proves that a model's name tells its answer, and that names of another shape are refused.
package answers

import (
	"strings"
	"testing"
	"time"
)

func TestNamesTellAnswers(t *testing.T) {
	for name, want := range map[string]struct {
		pieces, bytes int
		pace          time.Duration
	}{
		"bench-500b":               {1, 500, 0},
		"openai/bench-200x10b":     {200, 2000, 0},
		"bench-200x10b-100ms":      {200, 2000, 100 * time.Millisecond},
		"mock/bench-30x10b-1s":     {30, 300, time.Second},
		"bench-1b":                 {1, 1, 0},
		"prefix:bench-3x100b-0.5s": {3, 300, 500 * time.Millisecond},
	} {
		answer, err := Of(name)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(answer.Pieces) != want.pieces || len(answer.Text) != want.bytes ||
			answer.Pace != want.pace || strings.Join(answer.Pieces, "") != answer.Text {
			t.Errorf("%s: %d pieces, %d bytes, %s", name, len(answer.Pieces), len(answer.Text),
				answer.Pace)
		}
	}
}

func TestOtherNamesAreRefused(t *testing.T) {
	for _, name := range []string{"gpt-5", "bench-", "bench-0b", "bench-10", "bench-5b-soon",
		"bench-1x", "bench-99999999x99999999b"} {
		if answer, err := Of(name); err == nil {
			t.Errorf("%s: %d bytes", name, len(answer.Text))
		}
	}
}

func TestNamesAreFoundInRequests(t *testing.T) {
	for _, request := range []string{`{"model":"bench-20b","stream":true}`, "\n\x0b\n\tbench-20b\x12\x02"} {
		if answer := In([]byte(request)); answer == nil || len(answer.Text) != 20 {
			t.Errorf("%q: %v", request, answer)
		}
	}
	if In([]byte(`{"model":"gpt-5"}`)) != nil {
		t.Error("a model of nobody was found")
	}
}
