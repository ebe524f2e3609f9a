"""`opres serve` with a server behind it and real HTTP around it: the program, senders, receivers. Signatures are made and checked by Python's
hmac. A test that imports this is run under test/with-cluster (it begins itself anew there)."""
import base64
import hashlib
import hmac
import http.server
import json
import os
import re
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent.parent
if "OPRES_CLUSTER" not in os.environ:
    os.environ.pop("OPRES_CRASHES", None)
    os.execv(TOP / "test/with-cluster", ["with-cluster", *sys.argv])
sys.path.insert(0, str(TOP / "test/server"))

import runs  # noqa: E402
from program import ENVIRONMENT, PROGRAM, check, close  # noqa: E402,F401
from sessions import Session, SqlError  # noqa: E402,F401

LONG = bool(os.environ.get("OPRES_LONG"))
KEY = b"0123456789abcdef0123456789abcdef"
SECRET = "whsec_" + base64.b64encode(KEY).decode()
OTHER_KEY = b"another secret of thirty-two byt"
OTHER_SECRET = "whsec_" + base64.b64encode(OTHER_KEY).decode()


def wait_for(question, seconds=20, step=.02):
    """The first answer that is true, else the last one."""
    end = time.monotonic() + seconds
    while True:
        answer = question()
        if answer or time.monotonic() > end:
            return answer
        time.sleep(step)


# The program

class Serve:
    """The program, listening on a port of its own choice."""

    def __init__(self, *options, host=None, environment=None, user="courier", wrapped=()):
        host = host or os.environ["PGHOST"]
        self.environment = {**ENVIRONMENT, "OPRES_DBNAME": f"host={host} dbname=postgres user={user}", "OPRES_PORT": "0", **(environment or {})}
        self.lines, self.listening = [], threading.Event()
        self.process = subprocess.Popen([*wrapped, PROGRAM, "serve", *map(str, options)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=self.environment)
        self.port = None
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()
        if not self.listening.wait(30) or self.port is None:
            raise RuntimeError(f"it does not listen: {self.log}")

    def read(self):
        for line in self.process.stderr:
            line = line.decode(errors="replace")
            self.lines.append(line)
            found = re.search(r"listening=true port=(\d+)", line)
            if found:
                self.port = int(found[1])
                self.listening.set()
        self.listening.set()

    @property
    def log(self):
        return "".join(self.lines)

    def stop(self, how=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(how)
        status = self.process.wait(90)
        self.reader.join(10)
        self.process.stdout.close()
        self.process.stderr.close()
        return status

    def __enter__(self):
        return self

    def __exit__(self, *_):
        status = self.stop()
        check(status == 0, f"the program ended with {status}: {self.log[-3000:]}")
        check("Sanitizer" not in self.log and "runtime error" not in self.log, f"a sanitizer's complaint: {self.log[-3000:]}")

    def ready(self):
        """Waits until it has reached the database."""
        return wait_for(lambda: get(self.port, "/healthz").status == 200)


# Requests

class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def json(self):
        return json.loads(self.body)

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:200]!r}"


class Gone(Exception):
    """The connection was closed, or cut, before an answer was through."""


class Line:
    """A connection to the program, byte by byte."""

    def __init__(self, port, tls=None, timeout=30):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self.rest = b""

    def send(self, data):
        self.socket.sendall(data)

    def more(self):
        try:
            data = self.socket.recv(65536)
        except ConnectionError as error:
            raise Gone from error
        if not data:
            raise Gone
        self.rest += data

    def until(self, end):
        while end not in self.rest:
            self.more()
        head, _, self.rest = self.rest.partition(end)
        return head

    def reply(self, head_only=False):
        """The next answer; those of 100 are answers too."""
        lines = self.until(b"\r\n\r\n").decode("latin-1").split("\r\n")
        status = int(lines[0].split()[1])
        headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        length = 0 if status == 100 or head_only else int(headers.get("content-length", 0))
        while len(self.rest) < length:
            self.more()
        body, self.rest = self.rest[:length], self.rest[length:]
        return Reply(status, headers, body)

    def closed(self):
        """Waits until the other side closes; whether it said anything more."""
        try:
            while True:
                self.more()
        except Gone:
            return True
        except TimeoutError:
            return False

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def head(method, path, headers=(), length=None):
    """The bytes of a request up to its body. headers: pairs or an object; those of Host and Content-Length are put in."""
    lines = [f"{method} {path} HTTP/1.1", "Host: localhost"]
    lines += [f"{name}: {value}" for name, value in (headers.items() if isinstance(headers, dict) else headers)]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def exchange(port, data, tls=None, timeout=30):
    """One connection, these bytes, one answer; None if it was closed without one."""
    with Line(port, tls, timeout) as line:
        try:
            line.send(data)
        except ConnectionError:
            pass
        try:
            return line.reply()
        except Gone:
            return None


def get(port, path, tls=None):
    return exchange(port, head("GET", path), tls)


def post(port, body, headers, sender="chat", tls=None):
    return exchange(port, head("POST", f"/webhook/{sender}", headers, len(body)) + body, tls)


# Signatures

def sign(key, name, at, body):
    return "v1," + base64.b64encode(hmac.new(key, f"{name}.{at}.".encode() + body, hashlib.sha256).digest()).decode()


def signed(body, name, at=None, key=KEY):
    at = int(time.time()) if at is None else at
    return {"webhook-id": name, "webhook-timestamp": str(at), "webhook-signature": sign(key, name, at, body)}


def verified(headers, body, key=KEY):
    """Whether one of the signatures is of this key, and the time is now."""
    name, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "0")
    return sign(key, name, at, body) in headers.get("webhook-signature", "").split(" ") and abs(int(at) - time.time()) < 300


def act(kind, at=None, **data):
    """The body of a webhook."""
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))
    return json.dumps({"type": kind, "timestamp": at, "data": data}).encode()


def webhook(port, name, kind, tls=None, **data):
    body = act(kind, **data)
    return post(port, body, signed(body, name), tls=tls)


# Receivers

class Receiver:
    """What other systems are: answer(handler, path, headers, body) says how it behaves; what came is kept."""

    def __init__(self, answer=None, tls=None):
        self.got, self.lock, self.answer = [], threading.Lock(), answer
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"] or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                with outer.lock:
                    outer.got.append((self.path, headers, body, time.time()))
                if not outer.answer or not outer.answer(self, self.path):
                    self.say(204)

            def do_GET(self):
                with outer.lock:
                    outer.got.append((self.path, {}, b"GET", time.time()))
                self.say(204)

            def say(self, status, *headers):
                self.send_response(status)
                for name, value in headers:
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 256

            def handle_error(self, *_):
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        if tls:
            self.server.socket = tls.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, args=(.05,), daemon=True).start()

    def url(self, path="/", scheme="http", host="127.0.0.1"):
        return f"{scheme}://{host}:{self.port}{path}"

    def at(self, path):
        with self.lock:
            return [one for one in self.got if one[0] == path]

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def certificate(folder, name, *subjects):
    """A self-signed one: the paths of certificate and key."""
    cert, key = os.path.join(folder, f"{name}.crt"), os.path.join(folder, f"{name}.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=" + ",".join(subjects or ("DNS:localhost", "IP:127.0.0.1")), "-keyout", key, "-out", cert],
                   check=True, stderr=subprocess.DEVNULL)
    return cert, key


def server_context(cert, key):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def client_context(cert):
    return ssl.create_default_context(cafile=cert)


# The database

SETUP = """
CREATE EXTENSION opres;
CREATE ROLE courier LOGIN;
SELECT opres.grant_access('courier', 'courier', 'a test') \\g /dev/null
SELECT opres.save_person('robot', 'Robot', reason => 'a test') \\g /dev/null
SELECT opres.save_role_holder('team', 'robot', reason => 'a test') \\g /dev/null
SELECT opres.save_webhook_sender('chat', 'standard', '{advance,annotate,open_incident,status}', 'robot', reason => 'a test') \\g /dev/null
SELECT opres.add_webhook_secret('chat', '%s', reason => 'a test') \\g /dev/null
""" % SECRET


def set_up(session):
    session.run(SETUP)


def begin_run(session, branches, length, name="parallel", **own):
    """A run of steps A1.1 ... that can be done side by side in branches."""
    return runs.begin(session, runs.parallel(branches, length, name, **own))


def add_endpoint(session, name, url, secret=SECRET, **settings):
    """settings: of save_webhook_endpoint, as SQL."""
    more = "".join(f", {key} => {value}" for key, value in {"allow_http": "true", "allow_private": "true", **settings}.items())
    session.run(f"SELECT opres.save_webhook_endpoint('{name}', '{url}', reason => 'a test'{more}) \\g /dev/null")
    if secret:
        session.run(f"SELECT opres.add_endpoint_secret('{name}', '{secret}', reason => 'a test') \\g /dev/null")


def temporary():
    return tempfile.TemporaryDirectory()
