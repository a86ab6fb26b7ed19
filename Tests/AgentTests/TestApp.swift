import Crypto
import Glibc
import Specs
import Values
import Wire

/// A service for tests: a Python program that does everything that a good service does, and can be told to misbehave.
enum TestApp {
    /// - Parameter faults: words out of `crash`, `deaf`, `dies`, `child`, `chatty`, `prefork`. A running one is `sick` (503) or `mute`
    ///   (no answer) while the file `$STATE` says so.
    static func source(version: String, faults: [String] = []) -> [UInt8] {
        Array(
            """
            #!/usr/bin/env python3
            import os, select, signal, socket, subprocess, sys, threading, time
            VERSION, FAULTS = "\(version)", "\(faults.joined(separator: " "))".split()
            print("hello from", VERSION, flush=True)
            if "crash" in FAULTS: sys.exit(3)
            listeners = []
            if os.environ.get("LISTEN_PID") == str(os.getpid()): listeners.append(socket.socket(fileno=3))
            else:
                s = socket.socket(); s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                s.bind((os.environ["ADDRESS"], int(os.environ["PORT"]))); s.listen(128); listeners.append(s)
            if "HALCYON_PROBE_FD" in os.environ and "noprobe" not in FAULTS:
                listeners.append(socket.socket(fileno=int(os.environ["HALCYON_PROBE_FD"])))
            # Only a child accepts, as with servers that keep their workers ready.
            if "prefork" in FAULTS and os.fork():
                os.wait(); sys.exit(1)
            if "child" in FAULTS: subprocess.Popen(["sleep", "1000"])
            lame = active = requests = 0
            lock = threading.Lock()
            def serve(c):
                global active, requests
                c.settimeout(5)
                try:
                    data = b""
                    while True:
                        while b"\\r\\n\\r\\n" not in data:
                            more = c.recv(65536)
                            if not more: return
                            data += more
                        head, data = data.split(b"\\r\\n\\r\\n", 1)
                        path = head.split(b" ")[1].decode()
                        with lock: requests += 1
                        code, body = "200 OK", VERSION
                        if path == "/healthz" and "deaf" in FAULTS: code = "503 No"
                        if path == "/metrics": body = "# HELP x\\n# TYPE x counter\\nrequests_total{v=\\"%s\\"} %d\\n" % (VERSION, requests)
                        try: state = open(os.environ["STATE"]).read()
                        except (KeyError, OSError): state = ""
                        if path == "/healthz" and state == "sick": code = "503 No"
                        if path == "/healthz" and state == "mute": time.sleep(5)
                        close = lame or b"Connection: close" in head
                        c.sendall(("HTTP/1.1 %s\\r\\nContent-Length: %d\\r\\n%s\\r\\n%s" % (code, len(body), "Connection: close\\r\\n" if close else "", body)).encode())
                        if close: return
                except OSError: pass
                finally:
                    c.close()
                    with lock: active -= 1
            def accept():
                global active
                for l in listeners: l.setblocking(False)
                while lame < 2:
                    for l in select.select(listeners, [], [], 0.05)[0]:
                        try: c, _ = l.accept()
                        except OSError: continue
                        c.setblocking(True)
                        with lock: active += 1
                        threading.Thread(target=serve, args=(c,), daemon=True).start()
            def leave(*_):
                def go():
                    global lame
                    lame = 1; time.sleep(0.5); lame = 2; time.sleep(0.3)
                    while active > 0: time.sleep(0.02)
                    os._exit(0)
                threading.Thread(target=go).start()
            signal.signal(signal.SIGTERM, leave)
            if "dies" in FAULTS: threading.Timer(0.3, lambda: os._exit(4)).start()
            path = os.environ.get("NOTIFY_SOCKET")
            if path:
                n = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
                try: n.sendto(b"READY=1", "\\0" + path[1:] if path[0] == "@" else path)
                except OSError: pass
            if "chatty" in FAULTS:
                def chat():
                    i = 0
                    while True:
                        i += 1; print("line %09d %s" % (i, "x" * 100), flush=True)
                        if i % 200 == 0: time.sleep(0.01)
                threading.Thread(target=chat, daemon=True).start()
            threading.Thread(target=accept, daemon=True).start()
            while True: time.sleep(1)
            """.utf8)
    }

    static func digest(_ bytes: [UInt8]) -> String {
        "sha256:" + SHA256.hash(data: bytes).map { String(UInt16($0) + 0x100, radix: 16).dropFirst() }.joined()
    }

    static func run(
        port: Int, handover: Handover = .socket, ready: ReadinessProbe.Method = .http(path: "/healthz"),
        within: Period = .seconds(15)
    ) -> RunSpec {
        RunSpec(
            command: ["./app"], listen: "${ADDRESS}:\(port)", handover: handover,
            ready: ReadinessProbe(method: ready, within: within, every: .milliseconds(50)), drain: .seconds(3),
            metrics: MetricsSource(path: "/metrics", every: .milliseconds(200)))
    }
}
