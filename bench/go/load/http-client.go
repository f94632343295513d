package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
)

// A client of HTTP/1.1: a connection for each call at once, kept alive.
type httpClient struct {
	target  string
	request []byte
	read    func(*call, *http.Response) error

	mutex sync.Mutex
	idle  []*httpConnection
	open  map[*httpConnection]struct{}
}

type httpConnection struct {
	client *httpClient
	socket net.Conn
	reader *bufio.Reader
	// The call to answer next.
	calls chan *call
}

func newHTTPClient(target, path, contentType string, headers []string, body []byte,
	read func(*call, *http.Response) error) *httpClient {
	head := fmt.Appendf(nil, "POST %s HTTP/1.1\r\nhost: %s\r\ncontent-type: %s\r\n"+
		"accept: */*\r\ncontent-length: %d\r\n", path, target, contentType, len(body))
	for _, header := range headers {
		head = fmt.Appendf(head, "%s\r\n", header)
	}
	head = append(head, "\r\n"...)
	return &httpClient{
		target: target, request: append(head, body...), read: read,
		open: map[*httpConnection]struct{}{},
	}
}

func (c *httpClient) start(call *call) {
	connection, err := c.take()
	if err != nil {
		call.fail("connect: " + err.Error())
		return
	}
	// A failure to write shows as a failure to read.
	_, _ = connection.socket.Write(c.request)
	connection.calls <- call
}

func (c *httpClient) close() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for connection := range c.open {
		connection.socket.Close()
	}
}

func (c *httpClient) take() (*httpConnection, error) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if last := len(c.idle) - 1; last >= 0 {
		connection := c.idle[last]
		c.idle = c.idle[:last]
		return connection, nil
	}
	socket, err := net.Dial("tcp", c.target)
	if err != nil {
		return nil, err
	}
	connection := &httpConnection{c, socket, bufio.NewReader(socket), make(chan *call, 1)}
	c.open[connection] = struct{}{}
	go connection.answerAll()
	return connection, nil
}

func (h *httpConnection) answerAll() {
	for call := range h.calls {
		isKept, err := h.answer(call)
		h.client.mutex.Lock()
		if isKept {
			h.client.idle = append(h.client.idle, h)
		} else {
			delete(h.client.open, h)
		}
		h.client.mutex.Unlock()
		if err != nil {
			call.fail(err.Error())
		} else {
			call.succeed()
		}
		if !isKept {
			h.socket.Close()
			return
		}
	}
}

func (h *httpConnection) answer(call *call) (bool, error) {
	response, err := http.ReadResponse(h.reader, nil)
	if err != nil {
		return false, fmt.Errorf("no answer: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		body, _ := io.ReadAll(io.LimitReader(response.Body, 1024))
		return false, fmt.Errorf("HTTP status %s: %s", response.Status, body)
	}
	if err := h.client.read(call, response); err != nil {
		return false, err
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return false, err
	}
	return !response.Close, nil
}

// A JSON answer whose text stands in it between quotes, and nowhere escaped.
func readJSON(c *call, response *http.Response) error {
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if bytes.Contains(body, []byte(`"`+c.want.Text+`"`)) {
		c.text([]byte(c.want.Text))
	}
	c.hasUsage = bytes.Contains(body, []byte(`"usage"`))
	c.isFinished = true
	return nil
}

// Events of chat completions up to [DONE].
func readEvents(c *call, response *http.Response) error {
	reader := bufio.NewReader(response.Body)
	for {
		line, err := reader.ReadSlice('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
		data, isData := bytes.CutPrefix(line, []byte("data:"))
		switch {
		case !isData:
		case bytes.HasPrefix(bytes.TrimLeft(data, " "), []byte("[DONE]")):
			c.isFinished = true
		default:
			c.text(stringAfter(data, `"content":`))
			usage := valueAfter(data, `"usage":`)
			c.hasUsage = c.hasUsage || bytes.HasPrefix(usage, []byte("{"))
		}
	}
}

// Messages of Connect's streaming protocol in JSON.
func readEnvelopes(c *call, response *http.Response) error {
	reader := bufio.NewReader(response.Body)
	var prefix [5]byte
	for {
		if _, err := io.ReadFull(reader, prefix[:]); err != nil {
			return fmt.Errorf("ended without an end: %w", err)
		}
		message := make([]byte, int(prefix[1])<<24|int(prefix[2])<<16|int(prefix[3])<<8|int(prefix[4]))
		if _, err := io.ReadFull(reader, message); err != nil {
			return err
		}
		if prefix[0]&2 != 0 {
			if bytes.Contains(message, []byte(`"error"`)) {
				return fmt.Errorf("ended with %s", message)
			}
			return nil
		}
		if bytes.HasPrefix(message, []byte(`{"textDelta"`)) {
			c.text(stringAfter(message, `"text":`))
		} else if bytes.HasPrefix(message, []byte(`{"finished"`)) {
			c.isFinished = bytes.Contains(message, []byte(`"`+c.want.Text+`"`))
			c.hasUsage = bytes.Contains(message, []byte(`"usage"`))
		}
	}
}

func valueAfter(json []byte, key string) []byte {
	_, after, _ := bytes.Cut(json, []byte(key))
	return bytes.TrimLeft(after, " ")
}

// A string without escapes; nil where there is none.
func stringAfter(json []byte, key string) []byte {
	value, isString := bytes.CutPrefix(valueAfter(json, key), []byte(`"`))
	end := bytes.IndexByte(value, '"')
	if !isString || end < 0 {
		return nil
	}
	return value[:end]
}
