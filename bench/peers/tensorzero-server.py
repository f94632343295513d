# Serves TensorZero's embedded gateway until standard input ends: tensorzero-server.py CONFIGURATION
import sys

from openai import OpenAI
from tensorzero import patch_openai_client

client = patch_openai_client(OpenAI(api_key="none"), config_file=sys.argv[1], async_setup=False)
print(f"listening on {client.base_url.port}", flush=True)
sys.stdin.read()
