// Command mock is a provider of OpenAI's chat completions on loopback, as light as it can be: it
// reads HTTP/1.1 by itself and writes answers that were made once.
package main

import (
	"bufio"
	"bytes"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"nexen/connectors/bench/answers"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9800", "address to listen on, HOST:PORT")
	flag.Parse()
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	log.Printf("mock listening on http://%s", listener.Addr())
	for {
		connection, err := listener.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(connection)
	}
}

func serve(connection net.Conn) {
	defer connection.Close()
	reader := bufio.NewReader(connection)
	var body bytes.Buffer
	for {
		request, err := http.ReadRequest(reader)
		if err != nil {
			return
		}
		if request.Header.Get("Expect") != "" {
			io.WriteString(connection, "HTTP/1.1 100 Continue\r\n\r\n")
		}
		body.Reset()
		if _, err := body.ReadFrom(request.Body); err != nil {
			return
		}
		if !answer(connection, request, body.Bytes()) || request.Close {
			return
		}
	}
}

// Whether the connection can go on.
func answer(connection net.Conn, request *http.Request, body []byte) bool {
	if strings.HasSuffix(request.URL.Path, "/models") {
		return write(connection, modelList)
	}
	said := answers.In(body)
	if said == nil || !strings.HasSuffix(request.URL.Path, "/chat/completions") {
		return write(connection, notFound)
	}
	prepared := preparedFor(said)
	if !isStreamed(body) {
		time.Sleep(said.Pace)
		return write(connection, prepared.whole)
	}
	if !request.ProtoAtLeast(1, 1) {
		write(connection, prepared.plainStream)
		return false
	}
	if said.Pace == 0 {
		return flood(connection, prepared.events)
	}
	return paced(connection, prepared.events, said.Pace)
}

func write(connection net.Conn, bytes []byte) bool {
	_, err := connection.Write(bytes)
	return err == nil
}

// As fast as it goes, in writes of about 4 KiB, the first event of text on its own: what a busy
// provider's events look like to who reads them.
func flood(connection net.Conn, events [][]byte) bool {
	if !write(connection, events[0]) {
		return false
	}
	var pending []byte
	for _, event := range events[1:] {
		if len(pending)+len(event) > 4096 {
			if !write(connection, pending) {
				return false
			}
			pending = pending[:0]
		}
		pending = append(pending, event...)
	}
	return write(connection, pending)
}

func paced(connection net.Conn, events [][]byte, pace time.Duration) bool {
	start := time.Now()
	for index, event := range events {
		time.Sleep(time.Until(start.Add(time.Duration(index) * pace)))
		if !write(connection, event) {
			return false
		}
	}
	return true
}

func isStreamed(body []byte) bool {
	_, after, found := bytes.Cut(body, []byte(`"stream"`))
	if !found {
		return false
	}
	return bytes.HasPrefix(bytes.TrimLeft(after, ": \t\r\n"), []byte("true"))
}

var prepared sync.Map

func preparedFor(said *answers.Answer) *preparedAnswer {
	if found, ok := prepared.Load(said.Model); ok {
		return found.(*preparedAnswer)
	}
	made := prepare(said)
	prepared.Store(said.Model, made)
	return made
}
