#!/usr/bin/env python3
"""Serves the pages that WebTests wrote (HALCYON_PAGE_PREVIEW=FOLDER swift test --filter PreviewTests) as a small live server.

Usage: preview.py FOLDER [--port 8790] [--hosts 12|400]
Pausing a rollout moves the invented fleet on to a second state, and resuming moves it back; open pages hear of it by events.
"""
import argparse
import json
import pathlib
import queue
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, unquote, urlsplit


class Preview:
    def __init__(self, folder, hosts):
        self.folder = pathlib.Path(folder)
        self.pages = {}
        for page in json.loads((self.folder / "pages.json").read_text()):
            if page["crowd"] in (hosts, 12):
                key = (page["stage"], page["path"], frozenset(page["query"].items()))
                if key not in self.pages or page["crowd"] == hosts:
                    self.pages[key] = page
        self.stage = "now"
        self.listeners = []
        self.lock = threading.Lock()

    def page(self, path, query):
        """The page with exactly this query, or with what is known of it."""
        known = {name: value for name, value in query.items() if name in ("fragment", "done", "full", "q", "show", "do", "context")}
        for fields in (query, known, {name: value for name, value in known.items() if name == "fragment"}):
            page = self.pages.get((self.stage, path, frozenset(fields.items())))
            if page:
                return page
        return self.pages[(self.stage, "/nowhere", frozenset(known.items() & {("fragment", "main")}))]

    def act(self, verb):
        self.stage = {"pause": "later", "resume": "now"}.get(verb, self.stage)
        with self.lock:
            for listener in self.listeners:
                listener.put('event: rollout\ndata: {"id":"r-7f3k2"}\n\n')


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    preview = None

    def do_GET(self):
        address = urlsplit(self.path)
        if address.path == "/v1/events":
            return self.events()
        page = self.preview.page(unquote(address.path), dict(parse_qsl(address.query)))
        body = (self.preview.folder / page["file"]).read_bytes()
        self.send_response(page["status"])
        for name, value in page["headers"].items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        try:
            self.wfile.write(body)
        except OSError:
            self.close_connection = True

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        _, _, rollout, verb = urlsplit(self.path).path.split("/")
        self.preview.act(verb)
        self.send_response(303)
        self.send_header("Location", f"/rollouts/{rollout}?done={verb}")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def events(self):
        heard = queue.Queue()
        with self.preview.lock:
            self.preview.listeners.append(heard)
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        self.close_connection = True
        try:
            while True:
                try:
                    text = heard.get(timeout=5)
                except queue.Empty:
                    text = ": still here\n\n"
                self.wfile.write(text.encode())
                self.wfile.flush()
        except OSError:
            pass
        finally:
            with self.preview.lock:
                self.preview.listeners.remove(heard)

    def log_message(self, *_):
        pass


def serve(folder, port=0, hosts=12):
    """Starts a server in the background; answers it, with its address in `base_url`."""
    handler = type("PreviewHandler", (Handler,), {"preview": Preview(folder, hosts)})
    server = ThreadingHTTPServer(("127.0.0.1", port), handler)
    server.daemon_threads = True
    server.base_url = f"http://127.0.0.1:{server.server_address[1]}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("--port", type=int, default=8790)
    parser.add_argument("--hosts", type=int, default=12, choices=[12, 400])
    options = parser.parse_args()
    print(serve(options.folder, options.port, options.hosts).base_url, flush=True)
    threading.Event().wait()
