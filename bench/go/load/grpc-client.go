package main

import (
	"bufio"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

const (
	window     = 1 << 30
	bufferSize = 64 << 10
)

// A client of gRPC on few connections, each as a channel of gRPC uses one, without a schema and
// without a goroutine for each call: what a connection has read starts the next calls, and they are
// written together.
type grpcClient struct {
	target, path string
	request      []byte
	read         func(*call, []byte)

	mutex       sync.Mutex
	connections []*grpcConnection
	next        int
}

func newGRPCClient(target, path string, size int, message []byte, read func(*call, []byte)) *grpcClient {
	return &grpcClient{
		target: target, path: path,
		request:     append(lengthPrefix(0, len(message)), message...),
		read:        read,
		connections: make([]*grpcConnection, size),
	}
}

func (c *grpcClient) start(call *call) {
	c.mutex.Lock()
	at := c.next % len(c.connections)
	c.next++
	connection := c.connections[at]
	if connection == nil || connection.isGone() {
		var err error
		if connection, err = c.dial(); err != nil {
			c.mutex.Unlock()
			call.fail("connect: " + err.Error())
			return
		}
		c.connections[at] = connection
	}
	c.mutex.Unlock()
	connection.start(call)
}

func (c *grpcClient) close() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, connection := range c.connections {
		if connection != nil {
			connection.socket.Close()
		}
	}
}

func (c *grpcClient) dial() (*grpcConnection, error) {
	socket, err := net.Dial("tcp", c.target)
	if err != nil {
		return nil, err
	}
	connection := &grpcConnection{
		client: c, socket: socket,
		writer:     bufio.NewWriterSize(socket, bufferSize),
		streams:    map[uint32]*grpcStream{},
		nextID:     1,
		sendWindow: 65535, streamsMax: 100,
	}
	connection.encoder = hpack.NewEncoder(&connection.header)
	connection.framer = http2.NewFramer(connection.writer,
		bufio.NewReaderSize(flushBefore{connection}, bufferSize))
	connection.framer.SetReuseFrames()
	connection.framer.ReadMetaHeaders = hpack.NewDecoder(4096, nil)
	connection.writer.WriteString(http2.ClientPreface)
	err = errors.Join(
		connection.framer.WriteSettings(
			http2.Setting{ID: http2.SettingEnablePush, Val: 0},
			http2.Setting{ID: http2.SettingInitialWindowSize, Val: window}),
		connection.framer.WriteWindowUpdate(0, window),
		connection.writer.Flush())
	if err != nil {
		return nil, err
	}
	go connection.readAll()
	return connection, nil
}

func (c *grpcClient) headers() []hpack.HeaderField {
	return []hpack.HeaderField{
		{Name: ":method", Value: "POST"}, {Name: ":scheme", Value: "http"},
		{Name: ":path", Value: c.path}, {Name: ":authority", Value: c.target},
		{Name: "content-type", Value: "application/grpc"},
		{Name: "user-agent", Value: "grpc-go/1.85.0"},
		{Name: "te", Value: "trailers"},
		{Name: "grpc-timeout", Value: "120S"},
	}
}

// Writes what is pending each time when there is nothing more to read: all calls that one read has
// brought about leave in one write.
type flushBefore struct{ connection *grpcConnection }

func (f flushBefore) Read(into []byte) (int, error) {
	f.connection.mutex.Lock()
	err := f.connection.writer.Flush()
	f.connection.mutex.Unlock()
	if err != nil {
		return 0, err
	}
	return f.connection.socket.Read(into)
}

func lengthPrefix(flags byte, length int) []byte {
	return []byte{flags, byte(length >> 24), byte(length >> 16), byte(length >> 8), byte(length)}
}

func statusOf(fields []hpack.HeaderField) error {
	status, message := "", ""
	for _, field := range fields {
		switch field.Name {
		case "grpc-status":
			status = field.Value
		case "grpc-message":
			message = field.Value
		case ":status":
			if field.Value != "200" {
				return errors.New("HTTP status " + field.Value)
			}
		}
	}
	if status != "0" {
		return fmt.Errorf("grpc-status %q: %s", status, strings.ReplaceAll(message, "%20", " "))
	}
	return nil
}
