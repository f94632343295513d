package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"sync"

	"golang.org/x/net/http2"
	"golang.org/x/net/http2/hpack"
)

type grpcConnection struct {
	client *grpcClient
	socket net.Conn
	framer *http2.Framer

	mutex      sync.Mutex
	writer     *bufio.Writer
	encoder    *hpack.Encoder
	header     bytes.Buffer
	streams    map[uint32]*grpcStream
	nextID     uint32
	isReading  bool
	gone       bool
	sendWindow int
	streamsMax int
	// Calls for which there is no room yet.
	waiting []*call
	// Bytes that came since the server was last told that there is room for more.
	unannounced int
}

type grpcStream struct {
	call *call
	// The beginning of a message whose end has not come.
	partial []byte
}

func (g *grpcConnection) isGone() bool {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	return g.gone || g.nextID > 1<<30
}

func (g *grpcConnection) start(call *call) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.waiting = append(g.waiting, call)
	g.startWaiting()
	if !g.isReading {
		g.writer.Flush()
	}
}

// With the mutex held.
func (g *grpcConnection) startWaiting() {
	size := len(g.client.request)
	for len(g.waiting) > 0 && g.sendWindow >= size && len(g.streams) < g.streamsMax {
		id := g.nextID
		g.nextID += 2
		g.sendWindow -= size
		g.streams[id] = &grpcStream{call: g.waiting[0]}
		g.waiting = g.waiting[1:]
		g.header.Reset()
		for _, field := range g.client.headers() {
			g.encoder.WriteField(field)
		}
		g.framer.WriteHeaders(http2.HeadersFrameParam{
			StreamID: id, BlockFragment: g.header.Bytes(), EndHeaders: true,
		})
		g.framer.WriteData(id, true, g.client.request)
	}
}

func (g *grpcConnection) readAll() {
	for {
		frame, err := g.framer.ReadFrame()
		if err != nil {
			g.lose("connection lost: " + err.Error())
			return
		}
		g.mutex.Lock()
		g.isReading = true
		g.mutex.Unlock()
		g.take(frame)
		g.mutex.Lock()
		g.isReading = false
		g.startWaiting()
		g.mutex.Unlock()
	}
}

func (g *grpcConnection) take(frame http2.Frame) {
	switch frame := frame.(type) {
	case *http2.DataFrame:
		g.takeData(frame)
	case *http2.MetaHeadersFrame:
		if frame.StreamEnded() {
			g.end(frame.StreamID, statusOf(frame.Fields))
		}
	case *http2.RSTStreamFrame:
		g.end(frame.StreamID, fmt.Errorf("stream reset: %s", frame.ErrCode))
	case *http2.SettingsFrame:
		g.takeSettings(frame)
	case *http2.PingFrame:
		if !frame.IsAck() {
			g.locked(func() { g.framer.WritePing(true, frame.Data) })
		}
	case *http2.WindowUpdateFrame:
		if frame.StreamID == 0 {
			g.locked(func() { g.sendWindow += int(frame.Increment) })
		}
	case *http2.GoAwayFrame:
		g.locked(func() { g.gone = true })
	}
}

func (g *grpcConnection) locked(work func()) {
	g.mutex.Lock()
	defer g.mutex.Unlock()
	work()
}

func (g *grpcConnection) takeSettings(frame *http2.SettingsFrame) {
	if frame.IsAck() {
		return
	}
	g.mutex.Lock()
	defer g.mutex.Unlock()
	g.streamsMax = 1 << 30
	if value, ok := frame.Value(http2.SettingMaxConcurrentStreams); ok {
		g.streamsMax = int(value)
	}
	if value, ok := frame.Value(http2.SettingHeaderTableSize); ok {
		g.encoder.SetMaxDynamicTableSizeLimit(value)
	}
	g.framer.WriteSettingsAck()
}

func (g *grpcConnection) takeData(frame *http2.DataFrame) {
	g.mutex.Lock()
	stream := g.streams[frame.StreamID]
	g.unannounced += int(frame.Length)
	if g.unannounced > window/2 {
		g.framer.WriteWindowUpdate(0, uint32(g.unannounced))
		g.unannounced = 0
	}
	g.mutex.Unlock()
	if stream == nil {
		return
	}
	data := frame.Data()
	if len(stream.partial) > 0 {
		stream.partial = append(stream.partial, data...)
		data = stream.partial
	}
	for len(data) >= 5 {
		end := 5 + int(binary.BigEndian.Uint32(data[1:5]))
		if len(data) < end {
			break
		}
		g.client.read(stream.call, data[5:end])
		data = data[end:]
	}
	stream.partial = append(stream.partial[:0], data...)
	if frame.StreamEnded() {
		g.end(frame.StreamID, fmt.Errorf("ended without trailers"))
	}
}

func (g *grpcConnection) end(id uint32, err error) {
	g.mutex.Lock()
	stream := g.streams[id]
	delete(g.streams, id)
	g.mutex.Unlock()
	switch {
	case stream == nil:
	case err != nil:
		stream.call.fail(err.Error())
	default:
		stream.call.succeed()
	}
}

func (g *grpcConnection) lose(message string) {
	g.mutex.Lock()
	g.gone = true
	lost := g.waiting
	for _, stream := range g.streams {
		lost = append(lost, stream.call)
	}
	g.streams, g.waiting = map[uint32]*grpcStream{}, nil
	g.mutex.Unlock()
	for _, call := range lost {
		call.fail(message)
	}
}
