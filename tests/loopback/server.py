"""The loopback server: an origin (header X-Orig-Host), a forward proxy and a proxy that ends TLS with a test CA."""

from __future__ import annotations

import os
import socket
import ssl
import struct
import subprocess
import threading
import urllib.parse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter

from tests.loopback.formats import answer
from tests.loopback.modes import sent
from tests.loopback.world import World

Mode = Callable[[str], str]  # address (host + path) → mode
HOSTS = (
    "push2his.eastmoney.com",
    "datacenter.eastmoney.com",
    "np-anotice-stock.eastmoney.com",
    "reportapi.eastmoney.com",
    "www.cninfo.com.cn",
    "static.cninfo.com.cn",
    "emweb.securities.eastmoney.com",
    "webapi.cninfo.com.cn",
    "finance.sina.com.cn",
    "hq.sinajs.cn",
    "stock.finance.sina.com.cn",
    "proxy.finance.qq.com",
    "web.ifzq.gtimg.cn",
    "www.csindex.com.cn",
    "www.szse.cn",
    "query.sse.com.cn",
    "www.swsresearch.com",
)


class Handler(BaseHTTPRequestHandler):
    """Answers every method for every host."""

    protocol_version = "HTTP/1.1"
    tunnel = ""
    server: Loopback

    def log_message(self, format: str, *args: object) -> None:
        """Quiet."""

    def finish(self) -> None:
        """Closes the tunnel too: the server knows only the socket below it."""
        super().finish()
        self.connection.close()

    def do_CONNECT(self) -> None:
        self.tunnel = self.path.rsplit(":", 1)[0]
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        try:
            assert self.server.tls
            self.connection = self.server.tls.wrap_socket(self.connection, server_side=True)
        except (ssl.SSLError, OSError):
            self.close_connection = True
            return
        self.rfile, self.wfile = self.connection.makefile("rb", -1), self.connection.makefile("wb", 0)
        self.close_connection = False

    def _answer(self) -> None:
        parts = urllib.parse.urlsplit(self.path)
        host = self.tunnel or parts.hostname or self.headers.get("X-Orig-Host") or ""
        form = dict(urllib.parse.parse_qsl(self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()))
        query = dict(urllib.parse.parse_qsl(parts.query, keep_blank_values=True))
        address = host + parts.path
        self.server.seen.append(address)
        mode = self.server.mode(address)
        healthy = answer(self.server.world, host, parts.path, query, form)
        if healthy is None:
            return self._send(404, "text/html", b"<html>404 Not Found</html>")
        if mode == "slow":
            self.server.stopping.wait(self.server.delay)
        made = sent(mode, address, healthy, form)
        return self._send(*made) if made else self._cut()

    def _send(self, status: int, kind: str, body: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def _cut(self) -> None:
        if not self.tunnel:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    do_GET = do_POST = _answer


class Loopback(ThreadingHTTPServer):
    """One world behind all providers; `mode` may change while it runs."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self, world: World, mode: Mode | None = None, delay: float = 2.0) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.world, self.mode, self.delay = world, mode or (lambda address: "ok"), delay
        self.seen: list[str] = []
        self.tls: ssl.SSLContext | None = None
        self.stopping = threading.Event()
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Quiet: clients of these tests are killed and cut off."""

    def stop(self) -> None:
        self.stopping.set()
        self.shutdown()
        self.server_close()

    def environment(self, folder: Path) -> dict[str, str]:
        """Variables that send any subprocess here; makes the test CA on the way."""
        ca = self._make_ca(folder)
        proxy = f"http://127.0.0.1:{self.server_address[1]}"
        names = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), proxy)
        return {**os.environ, **names, "NO_PROXY": "", "no_proxy": "", "REQUESTS_CA_BUNDLE": str(ca)}

    def _make_ca(self, folder: Path) -> Path:
        def openssl(*arguments: str) -> None:
            subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
        rights = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign,cRLSign")
        openssl("req", "-x509", *key, "-days", "2", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test", *rights)
        openssl("req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=loopback")
        (folder / "names").write_text("subjectAltName=" + ",".join(f"DNS:{host}" for host in HOSTS) + "\n")
        signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
        openssl("x509", "-req", "-in", "leaf.csr", *signed, "-out", "leaf.pem")
        self.tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.tls.load_cert_chain(folder / "leaf.pem", folder / "leaf.key")
        return folder / "ca.pem"


@contextmanager
def redirected(port: int) -> Iterator[None]:
    """Every `requests` call of this process goes to the loopback; faults look as they do in production."""
    original = HTTPAdapter.send

    def send(self: HTTPAdapter, request: requests.PreparedRequest, *args: Any, **kw: Any) -> requests.Response:
        parts = urllib.parse.urlsplit(request.url or "")
        request.headers["X-Orig-Host"] = parts.hostname or ""
        request.headers.pop("Host", None)
        request.url = urllib.parse.urlunsplit(("http", f"127.0.0.1:{port}", parts.path or "/", parts.query, ""))
        return original(self, request, *args, **{**kw, "proxies": {}})

    HTTPAdapter.send = send  # type: ignore[method-assign]
    try:
        yield
    finally:
        HTTPAdapter.send = original  # type: ignore[method-assign]
