"""What wraps a stack's data key, where users have a passphrase: to make a key of that takes the CLI a sixth of a run.

Pulumi's `hashivault://` asks a server of HashiCorp's to wrap the key; this one hands it back as it came. Secrets of a
stack are encrypted with the key by the same code either way. Stacks that run cold keep it: what they were made with
stands in their state.
"""

import functools
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PROVIDER = "hashivault://tests"
PREFIX = "vault:v1:"


class Transit(BaseHTTPRequestHandler):
    """The two calls of Vault's transit engine that Pulumi makes."""

    def do_PUT(self) -> None:  # http.server's
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/v1/transit/encrypt/"):
            data = {"ciphertext": PREFIX + asked["plaintext"]}
        else:
            data = {"plaintext": asked["ciphertext"].removeprefix(PREFIX)}
        body = json.dumps({"data": data}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


@functools.cache
def variables() -> dict[str, str]:
    """The environment in which the CLI finds the server, one for each process of tests."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Transit)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return {"VAULT_ADDR": f"http://127.0.0.1:{server.server_port}", "VAULT_TOKEN": "of the tests"}
