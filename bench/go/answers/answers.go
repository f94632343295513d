// Package answers knows what the mock provider says: the name of a model tells its answer, so that
// the mock makes it and the load client checks it without a word between them.
package answers

import (
	"bytes"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Prefix begins the name of every model of the mock; what stands before it is not looked at.
const Prefix = "bench-"

const alphabet = "A quick brown fox jumps over the lazy dog and asks it for 27 more words. "

// Answer is what one model says.
type Answer struct {
	// Model is the name from Prefix on.
	Model string
	// Text is the whole answer.
	Text string
	// Pieces is Text as it is streamed, one piece for each event.
	Pieces []string
	// Pace is the time between two pieces, and before a whole answer. 0: none.
	Pace time.Duration
}

// PieceBytes is the length of one piece.
func (a *Answer) PieceBytes() int { return len(a.Pieces[0]) }

var (
	shape = regexp.MustCompile(`^bench-(?:(\d+)x)?(\d+)b(?:-([0-9a-z.]+))?$`)
	known sync.Map
)

// Of reads a model's name: "bench-500b" says 500 bytes, "bench-200x10b" 200 pieces of 10 bytes,
// "bench-200x10b-100ms" one piece each 100 ms, the first at once. Not a name like these: an error.
func Of(name string) (*Answer, error) {
	at := strings.Index(name, Prefix)
	if at < 0 {
		return nil, fmt.Errorf("model %q does not begin with %q", name, Prefix)
	}
	name = name[at:]
	if found, ok := known.Load(name); ok {
		return found.(*Answer), nil
	}
	match := shape.FindStringSubmatch(name)
	if match == nil {
		return nil, fmt.Errorf("model %q is not bench-[COUNTx]BYTESb[-PACE]", name)
	}
	count := 1
	if match[1] != "" {
		count, _ = strconv.Atoi(match[1])
	}
	size, _ := strconv.Atoi(match[2])
	if count < 1 || size < 1 || count*size > 1<<28 {
		return nil, fmt.Errorf("model %q asks for nothing or too much", name)
	}
	answer := &Answer{Model: name, Text: text(count * size)}
	if match[3] != "" {
		pace, err := time.ParseDuration(match[3])
		if err != nil {
			return nil, fmt.Errorf("model %q: %w", name, err)
		}
		answer.Pace = pace
	}
	for at := 0; at < count*size; at += size {
		answer.Pieces = append(answer.Pieces, answer.Text[at:at+size])
	}
	known.Store(name, answer)
	return answer, nil
}

// In finds the model that a request names, wherever it stands in its bytes. Nil: none is named.
func In(request []byte) *Answer {
	at := bytes.Index(request, []byte(Prefix))
	if at < 0 {
		return nil
	}
	end := at
	for end < len(request) && isOfName(request[end]) {
		end++
	}
	if found, ok := known.Load(string(request[at:end])); ok {
		return found.(*Answer)
	}
	answer, err := Of(string(request[at:end]))
	if err != nil {
		return nil
	}
	return answer
}

func isOfName(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-' || c == '.'
}

func text(size int) string {
	repeated := strings.Repeat(alphabet, size/len(alphabet)+1)
	return repeated[:size-1] + "."
}
