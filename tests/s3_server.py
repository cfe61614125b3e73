"""A small S3 server for tests: one process, objects in memory, its core and no more.

It knows PUT, GET (a part, too), HEAD and DELETE of objects, uploads in parts, and lists with a
delimiter. It holds nobody to a signature, and shows what it was asked.
"""

import hashlib
import re
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import MappingProxyType
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape


class S3Server(ThreadingHTTPServer):
    """Objects by `/BUCKET/KEY`. `asked` are methods and paths. One that `refuses` says 403."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.asked: list[tuple[str, str]] = []
        self.lock = threading.Lock()
        self.refuses = False

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: S3Server
    protocol_version = "HTTP/1.1"

    def parse_request(self) -> bool:
        if not super().parse_request():
            return False
        if self.server.refuses:
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self._reply(403, b"<Error><Code>AccessDenied</Code></Error>")
        return not self.server.refuses

    def do_GET(self) -> None:
        path, query = self._ask()
        if path.count("/") == 1:
            self._list(path, query)
        elif path not in self.server.objects:
            self._missing()
        elif asked := re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", "")):
            whole = self.server.objects[path]
            first, last = int(asked[1]), min(int(asked[2] or len(whole)), len(whole) - 1)
            part = whole[first : last + 1]
            self._reply(206, part, {"Content-Range": f"bytes {first}-{last}/{len(whole)}"})
        else:
            self._reply(200, self.server.objects[path])

    def do_HEAD(self) -> None:
        path, _ = self._ask()
        found = self.server.objects.get(path)
        if found is None:
            self._reply(404, b"")
        else:
            self._reply(200, found, send_body=False)

    def do_PUT(self) -> None:
        path, query = self._ask()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with self.server.lock:
            if "uploadId" in query:
                self.server.parts[query["uploadId"]][int(query["partNumber"])] = body
            else:
                self.server.objects[path] = body
        self._reply(200, b"", {"ETag": hashlib.md5(body).hexdigest()})

    def do_POST(self) -> None:
        path, query = self._ask()
        self.rfile.read(int(self.headers["Content-Length"] or 0))
        with self.server.lock:
            if "uploads" in query:
                upload = f"upload-{len(self.server.parts)}"
                self.server.parts[upload] = {}
                self._xml("InitiateMultipartUploadResult", f"<UploadId>{upload}</UploadId>")
            else:
                parts = self.server.parts[query["uploadId"]]
                self.server.objects[path] = b"".join(parts[number] for number in sorted(parts))
                self._xml("CompleteMultipartUploadResult", '<ETag>"whole"</ETag>')

    def do_DELETE(self) -> None:
        path, _ = self._ask()
        with self.server.lock:
            self.server.objects.pop(path, None)
        self._reply(204, b"")

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""

    def _ask(self) -> tuple[str, dict[str, str]]:
        parts = urlsplit(self.path)
        path = unquote(parts.path)
        self.server.asked.append((self.command, path))
        query = parse_qs(parts.query, keep_blank_values=True)
        return path, {name: values[0] for name, values in query.items()}

    def _list(self, bucket: str, query: dict[str, str]) -> None:
        begins = f"{bucket}/{query.get('prefix', '')}"
        keys = [key for key in sorted(self.server.objects) if key.startswith(begins)]
        found = "".join(
            f"<Contents><Key>{escape(key[len(bucket) + 1 :])}</Key></Contents>"
            for key in keys
            if "/" not in key[len(begins) :]
        )
        self._xml("ListBucketResult", f"<IsTruncated>false</IsTruncated>{found}")

    def _missing(self) -> None:
        self._reply(404, b"<Error><Code>NoSuchKey</Code></Error>")

    def _xml(self, name: str, inner: str) -> None:
        self._reply(200, f"<{name}>{inner}</{name}>".encode())

    def _reply(
        self,
        status: int,
        body: bytes,
        headers: Mapping[str, str] = MappingProxyType({}),
        send_body: bool = True,
    ) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if send_body and self.command != "HEAD":
            self.wfile.write(body)


@contextmanager
def serve_s3() -> Iterator[S3Server]:
    with S3Server() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
