package main

import (
	"bytes"
	"fmt"

	"nexen/connectors/bench/answers"
)

// The bytes of one model's answers, header and all.
type preparedAnswer struct {
	whole []byte
	// One entry for each piece, in chunked encoding; the first begins with the header and the
	// opening event, the last ends with usage, [DONE] and the end of the body.
	events [][]byte
	// For clients of HTTP/1.0: ends with the connection.
	plainStream []byte
}

const created = 1_793_000_000

var (
	notFound = response("404 Not Found",
		`{"error":{"message":"The mock knows POST …/chat/completions with a model bench-….",`+
			`"type":"invalid_request_error","param":null,"code":"model_not_found"}}`)
	modelList = response("200 OK", `{"object":"list","data":[{"id":"bench-500b","object":"model",`+
		`"created":1793000000,"owned_by":"mock"}]}`)
)

func response(status, body string) []byte {
	return fmt.Appendf(nil, "HTTP/1.1 %s\r\ncontent-type: application/json\r\n"+
		"x-request-id: req_0123456789\r\ncontent-length: %d\r\n\r\n%s", status, len(body), body)
}

func prepare(said *answers.Answer) *preparedAnswer {
	usage := fmt.Sprintf(`{"prompt_tokens":12,"completion_tokens":%d,"total_tokens":%d,`+
		`"prompt_tokens_details":{"cached_tokens":0,"audio_tokens":0},`+
		`"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0}}`,
		len(said.Pieces), 12+len(said.Pieces))
	whole := fmt.Sprintf(`{"id":"chatcmpl-0123456789","object":"chat.completion","created":%d,`+
		`"model":%q,"choices":[{"index":0,"message":{"role":"assistant","content":%q,`+
		`"refusal":null},"logprobs":null,"finish_reason":"stop"}],"usage":%s,`+
		`"service_tier":"default","system_fingerprint":"fp_0123456789"}`,
		created, said.Model, said.Text, usage)

	var events [][]byte
	for index, piece := range said.Pieces {
		var entry []byte
		if index == 0 {
			entry = append(entry, event(said, delta(`{"role":"assistant","content":""}`, "null"))...)
		}
		entry = append(entry, event(said, delta(fmt.Sprintf(`{"content":%q}`, piece), "null"))...)
		if index == len(said.Pieces)-1 {
			entry = append(entry, event(said, delta(`{}`, `"stop"`))...)
			entry = append(entry, event(said, `"choices":[],"usage":`+usage)...)
			entry = append(entry, "data: [DONE]\n\n"...)
		}
		events = append(events, entry)
	}
	return &preparedAnswer{
		whole:  response("200 OK", whole),
		events: chunked(events),
		plainStream: append([]byte("HTTP/1.0 200 OK\r\ncontent-type: text/event-stream\r\n\r\n"),
			bytes.Join(events, nil)...),
	}
}

func delta(content, finish string) string {
	return fmt.Sprintf(`"choices":[{"index":0,"delta":%s,"logprobs":null,"finish_reason":%s}]`,
		content, finish)
}

func event(said *answers.Answer, rest string) []byte {
	return fmt.Appendf(nil, `data: {"id":"chatcmpl-0123456789","object":"chat.completion.chunk",`+
		`"created":%d,"model":%q,"service_tier":"default","system_fingerprint":"fp_0123456789",%s}`+
		"\n\n", created, said.Model, rest)
}

// Each event is a chunk of its own, as providers that flush after each write them.
func chunked(events [][]byte) [][]byte {
	var entries [][]byte
	for index, entry := range events {
		var out []byte
		if index == 0 {
			out = append(out, "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n"+
				"x-request-id: req_0123456789\r\ntransfer-encoding: chunked\r\n\r\n"...)
		}
		for rest := entry; len(rest) > 0; {
			end := bytes.Index(rest, []byte("\n\n")) + 2
			out = fmt.Appendf(out, "%x\r\n%s\r\n", end, rest[:end])
			rest = rest[end:]
		}
		if index == len(events)-1 {
			out = append(out, "0\r\n\r\n"...)
		}
		entries = append(entries, out)
	}
	return entries
}
