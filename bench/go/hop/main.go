// Command hop is the floor for a gRPC gateway: it knows no schema, takes the bytes of any request,
// posts a fixed body of OpenAI's chat completions upstream and returns the text. A method whose name
// ends with StreamCall is answered with one message for each event, written as it is read.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"

	"nexen/connectors/bench/answers"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9801", "address to listen on, HOST:PORT")
	upstream := flag.String("upstream", "http://127.0.0.1:9800/v1", "base URL of the provider")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	hop := &hop{
		url: strings.TrimSuffix(*upstream, "/") + "/chat/completions",
		client: &http.Client{Transport: &http.Transport{
			MaxIdleConnsPerHost: 10_000,
			DisableCompression:  true,
		}},
	}
	server := grpc.NewServer(
		grpc.ForceServerCodecV2(rawCodec{}),
		grpc.UnknownServiceHandler(hop.handle),
	)
	log.Printf("hop listening on http://%s", listener.Addr())
	log.Fatal(server.Serve(listener))
}

type hop struct {
	url    string
	client *http.Client
	bodies sync.Map
}

func (h *hop) handle(_ any, stream grpc.ServerStream) error {
	var request []byte
	if err := stream.RecvMsg(&request); err != nil {
		return err
	}
	method, _ := grpc.MethodFromServerStream(stream)
	streamed := strings.HasSuffix(method, "StreamCall")
	said := answers.In(request)
	if said == nil {
		return status.Error(codes.NotFound, "no model bench-… in the request")
	}
	post, err := http.NewRequestWithContext(stream.Context(), http.MethodPost, h.url,
		bytes.NewReader(h.body(said, streamed)))
	if err != nil {
		return err
	}
	post.Header.Set("Content-Type", "application/json")
	post.Header.Set("Authorization", "Bearer none")
	answer, err := h.client.Do(post)
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return status.Error(codes.Unavailable, answer.Status)
	}
	if streamed {
		return pass(answer.Body, stream)
	}
	whole, err := io.ReadAll(answer.Body)
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	text := textOf(whole)
	return stream.SendMsg(&text)
}

func pass(body io.Reader, stream grpc.ServerStream) error {
	reader := bufio.NewReader(body)
	for {
		line, err := reader.ReadSlice('\n')
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return status.Error(codes.Unavailable, err.Error())
		}
		if !bytes.HasPrefix(line, []byte("data: ")) {
			continue
		}
		text := bytes.Clone(textOf(line))
		if err := stream.SendMsg(&text); err != nil {
			return err
		}
	}
}

func (h *hop) body(said *answers.Answer, streamed bool) []byte {
	key := fmt.Sprint(said.Model, streamed)
	if found, ok := h.bodies.Load(key); ok {
		return found.([]byte)
	}
	body := fmt.Appendf(nil, `{"model":%q,"messages":[{"role":"user","content":`+
		`"How is the weather today, in one sentence?"}],"stream":%t}`, said.Model, streamed)
	h.bodies.Store(key, body)
	return body
}

var contentKey = []byte(`"content":"`)

// The text of an answer or event, without looking at the rest of it. The mock escapes nothing.
func textOf(answer []byte) []byte {
	at := bytes.Index(answer, contentKey)
	if at < 0 {
		return nil
	}
	text := answer[at+len(contentKey):]
	return text[:bytes.IndexByte(text, '"')]
}

type rawCodec struct{}

func (rawCodec) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(*message.(*[]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, message any) error {
	*message.(*[]byte) = data.Materialize()
	return nil
}

func (rawCodec) Name() string { return "raw" }
