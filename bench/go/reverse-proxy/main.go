// Command reverse-proxy is the floor for an HTTP gateway: Go's own httputil.ReverseProxy.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:9802", "address to listen on, HOST:PORT")
	upstream := flag.String("upstream", "http://127.0.0.1:9800", "URL of the provider")
	flag.Parse()
	target, err := url.Parse(*upstream)
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *listen)
	if err != nil {
		log.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{
		Rewrite:       func(request *httputil.ProxyRequest) { request.SetURL(target) },
		FlushInterval: -1,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 10_000, DisableCompression: true},
	}
	log.Printf("reverse-proxy listening on http://%s", listener.Addr())
	log.Fatal(http.Serve(listener, proxy))
}
