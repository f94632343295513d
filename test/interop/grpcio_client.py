"""Makes each call of the interoperability check with grpcio and prints the answers as JSON.

Arguments: the server's address, and the file of its certificate authority where it speaks TLS.
Standard input: the requests by name, in proto JSON. The generated code is on PYTHONPATH.
"""

import json
import sys

import grpc
from google.protobuf.json_format import MessageToDict, ParseDict
from grpc_health.v1 import health_pb2, health_pb2_grpc
from nexen.connectors.v1 import (
    catalog_pb2,
    connector_service_pb2,
    connector_service_pb2_grpc,
)


def connect(address: str, authority: str | None) -> grpc.Channel:
    if authority is None:
        return grpc.insecure_channel(address)
    with open(authority, "rb") as file:
        return grpc.secure_channel(address, grpc.ssl_channel_credentials(file.read()))


def main(address: str, authority: str | None = None) -> None:
    requests = json.load(sys.stdin)
    with connect(address, authority) as channel:
        service = connector_service_pb2_grpc.ConnectorServiceStub(channel)
        health = health_pb2_grpc.HealthStub(channel)

        def call(name: str) -> connector_service_pb2.CallRequest:
            return ParseDict(requests[name], connector_service_pb2.CallRequest())

        resolve = ParseDict(requests["resolveModel"], catalog_pb2.ResolveModelRequest())
        stream = ParseDict(requests["streamCall"], connector_service_pb2.StreamCallRequest())
        answers = {
            "resolveModel": MessageToDict(service.ResolveModel(resolve, timeout=30)),
            "call": MessageToDict(service.Call(call("call"), timeout=30)),
            "streamCall": [
                MessageToDict(event) for event in service.StreamCall(stream, timeout=30)
            ],
            "health": MessageToDict(health.Check(health_pb2.HealthCheckRequest(), timeout=30)),
        }
        try:
            service.Call(call("unknownModel"), timeout=30)
        except grpc.RpcError as error:
            answers["unknownModel"] = error.code().value[0]
    print(json.dumps(answers))


main(*sys.argv[1:])
