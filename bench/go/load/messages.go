package main

import (
	"fmt"

	"google.golang.org/protobuf/encoding/protowire"
)

const (
	prompt      = "How is the weather today, in one sentence?"
	servicePath = "/nexen.connectors.v1.ConnectorService/"
)

// Bytes of a CallRequest or StreamCallRequest, which begin alike.
func protobufRequest(model string) []byte {
	content := protowire.AppendTag(nil, 1, protowire.VarintType) // Content.role
	content = protowire.AppendVarint(content, 2)                 // ROLE_USER
	content = appendBytes(content, 2, []byte(prompt))            // Content.message
	request := appendBytes(nil, 1, []byte(model))                // LLMRequest.model
	request = appendBytes(request, 2, content)                   // LLMRequest.contents
	return appendBytes(nil, 1, request)
}

func appendBytes(to []byte, field protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, field, protowire.BytesType), value)
}

// The field that leads to each place in a message; the last of them wins, and nil is nothing.
func inside(message []byte, path ...protowire.Number) []byte {
	for _, field := range path {
		message = fieldOf(message, field)
	}
	return message
}

func fieldOf(message []byte, wanted protowire.Number) []byte {
	var found []byte
	for len(message) > 0 {
		field, kind, size := protowire.ConsumeTag(message)
		if size < 0 {
			return nil
		}
		message = message[size:]
		length := protowire.ConsumeFieldValue(field, kind, message)
		if length < 0 {
			return nil
		}
		if field == wanted && kind == protowire.BytesType {
			found, _ = protowire.ConsumeBytes(message)
		}
		message = message[length:]
	}
	return found
}

// CallResponse: .response.content.message and .response.usage.
func readCallResponse(c *call, message []byte) {
	response := inside(message, 1)
	c.text(inside(response, 3, 2))
	readEnd(c, response)
}

// StreamCallResponse: .text_delta.text, and .finished, which says the same again.
func readStreamCallResponse(c *call, message []byte) {
	if len(message) > 0 && message[0] == 3<<3|2 {
		c.text(inside(message, 3, 2))
		return
	}
	if finished := inside(message, 10); len(finished) > 0 {
		response := inside(finished, 1)
		c.wholeText(inside(response, 3, 2))
		readEnd(c, response)
	}
}

// LLMResponse: an answer is right only with its .usage.
func readEnd(c *call, response []byte) {
	c.hasUsage = len(inside(response, 7)) > 0
	c.isFinished = true
	c.isWrong = c.isWrong || !c.hasUsage
}

// Of the hop: text and nothing else.
func readHopMessage(c *call, message []byte) {
	c.text(message)
	c.hasUsage, c.isFinished = true, true
}

func openAIRequest(model string, streamed bool) []byte {
	rest := ""
	if streamed {
		rest = `,"stream":true,"stream_options":{"include_usage":true}`
	}
	return fmt.Appendf(nil, `{"model":%q,"messages":[{"role":"user","content":%q}]%s}`,
		model, prompt, rest)
}

func connectRequest(model string) []byte {
	return fmt.Appendf(nil, `{"request":{"model":%q,"contents":[{"role":"ROLE_USER",`+
		`"message":%q}]}}`, model, prompt)
}
