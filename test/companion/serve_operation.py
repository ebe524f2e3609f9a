#!/usr/bin/env python3
"""opres serve in operation: settings and what is wrong with them, TLS, starts and stops, a database that goes away, thousands of connections
that do nothing, requests broken at random."""
import os
import random
import resource
import signal
import socket
import ssl
import sys
import threading
import time
import warnings

from program import run
from serve_scene import (LONG, Gone, Line, Receiver, Serve, Session, act, add_endpoint, begin_run, certificate, check, client_context, close, exchange, get, head,
                         post, set_up, signed, temporary, wait_for, webhook)

from clusters import Cluster

SEED = random.randrange(2 ** 32)
NO_RUN = 4711


def same(got, want, what):
    check(got == want, f"{what}: {got!r}, not {want!r}")


def put(folder, name, content):
    path = os.path.join(folder, name)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())
    return path


def limit_of(serve):
    """The largest body that is not refused as too large, of those asked."""
    return max((size for size in (2000, 3000, 4000, 5000) if exchange(serve.port, head("POST", "/webhook/chat", length=size) + b"x" * size).status != 413), default=0)


def test_settings(folder):
    file = put(folder, "serve.conf", "# a comment\n\n  max-body = 2000   # another\ndeliveries=0\r\ntimer =0\n")
    for options, environment, want, what in (
            ((), {}, 5000, "the default"), (("--config", file), {}, 2000, "the file"), ((f"--config={file}",), {}, 2000, "the file, with ="), ((), {"OPRES_CONFIG": file}, 2000, "the file by the environment"),
            (("--config", file), {"OPRES_MAX_BODY": "3000"}, 3000, "the environment before the file"),
            (("--config", file, "--max-body", 4000), {"OPRES_MAX_BODY": "3000"}, 4000, "the option before all"), (("--max-body=4000", "--config", file), {}, 4000, "in any order")):
        with Serve("--http-threads", 1, *options, environment=environment) as serve:
            same(limit_of(serve), want, what)


def test_wrong_settings(folder):
    taken = socket.create_server(("127.0.0.1", 0))
    cert, key = certificate(folder, "serve")
    files = {name: put(folder, name, content) for name, content in (("nothing", "nothing = 1\n"), ("noequals", "\nport 5\n"), ("number", "port = x\n"),
                                                                    ("range", "port=65536\n"), ("empty", "port =\n"), ("binary", b"\xff\x00\n"), ("pem", "x"))}
    for options, environment, want in (
            (("--config", files["nothing"]), {}, "there is no setting nothing"), (("--config", files["noequals"]), {}, "line 2: expected NAME = VALUE"),
            (("--config", files["number"]), {}, "line 1: port takes a number from 0 to 65535"), (("--config", files["range"]), {}, "port takes a number"),
            (("--config", files["empty"]), {}, "port takes a number"), (("--config", files["binary"]), {}, "expected NAME = VALUE"), (("--config", folder), {}, "cannot read"),
            (("--config", "/nonexistent/x"), {}, "cannot read"), (("--config",), {}, "opres serve --help"), (("--nothing", "1"), {}, "--help"), (("nothing",), {}, "--help"),
            (("--",), {}, "--help"), (("-x",), {}, "--help"), (("",), {}, "--help"), (("--=x",), {}, "--help"), (("--port",), {}, "--help"), (("--port", "-1"), {}, "port takes"),
            (("--port", "8480x"), {}, "port takes"), (("--port", "99999999999999999999"), {}, "port takes"), (("--max-body", "1"), {}, "max-body takes"),
            ((), {"OPRES_TIMER": "soon"}, "OPRES_TIMER: timer takes"), (("--tls-cert", cert), {}, "go together"), (("--tls-key", key), {}, "go together"),
            (("--dbname", "host=x password=y"), {}, "password"), (("--dbname", "nothing=x"), {}, "--dbname"),
            (("--tls-cert", "/nonexistent", "--tls-key", key), {}, "tls_file"), (("--tls-cert", files["pem"], "--tls-key", files["pem"]), {}, "listening=false"),
            (("--listen", "localhost"), {}, "listen=no_address"), (("--listen", "192.0.2.1"), {}, "listening=false"),
            (("--port", taken.getsockname()[1]), {}, "listening=false")):
        answer = run("serve", *options, environment={"OPRES_PORT": "0", "OPRES_DBNAME": "host=/nonexistent", **environment})
        check(answer.status == 2 and want in answer.err and "Sanitizer" not in answer.err and not answer.out, f"{options} {environment}: not {want!r}", answer)
    taken.close()
    for lang, word in (("en", "SIGTERM ends it"), ("ja", "使い方")):
        answer = run("serve", "--help", "--lang", lang)
        check(answer.status == 0 and word in answer.out, f"--help in {lang}", answer)


def test_tls(folder):
    cert, key = certificate(folder, "serve")
    context = client_context(cert)
    with Serve("--tls-cert", cert, "--tls-key", key, "--deliveries", 0, "--timer", 0) as serve:
        same(wait_for(lambda: get(serve.port, "/healthz", context).status == 200 and 200), 200, "healthz over TLS")
        body = act("status", run=NO_RUN)
        same(post(serve.port, body, signed(body, "t1"), tls=context).status, 404, "a webhook over TLS (a run there is not)")
        reply = exchange(serve.port, head("GET", "/healthz"))
        check(reply is None or reply.status >= 400, f"no plain HTTP there: {reply}")
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        warnings.simplefilter("ignore")
        try:
            old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
            got = get(serve.port, "/healthz", old)
        except (ssl.SSLError, ConnectionError, OSError):
            got = None
        check(got is None, "TLS 1.1 is refused")
        # One that begins a handshake and does not go on holds nobody up.
        silent = [socket.create_connection(("127.0.0.1", serve.port)) for _ in range(20)]
        for one in silent[:10]:
            one.sendall(b"\x16\x03\x01")
        same(get(serve.port, "/healthz", context).status, 200, "others meanwhile")
        for one in silent:
            one.close()


def held(session, run):
    """Holds a run: who advances it waits."""
    session.run(f"BEGIN; SELECT FROM opres.run WHERE id = {run} FOR UPDATE \\g /dev/null")


def test_stop(session, run):
    for how in (signal.SIGTERM, signal.SIGINT):
        name = how.name.lower()
        serve = Serve("--deliveries", 0, "--timer", 0)
        serve.ready()
        idle, late = Line(serve.port), Line(serve.port)
        idle.send(head("GET", "/healthz"))
        idle.reply()
        held(session, run)
        step = f"A1.{1 if how == signal.SIGTERM else 2}"
        body = act("advance", run=run, step=step, outcome="success")
        waits = Line(serve.port)
        waits.send(head("POST", "/webhook/chat", signed(body, f"stop-{name}"), len(body)) + body)
        other = act("status", run=NO_RUN)
        late.send(head("POST", "/webhook/chat", signed(other, f"late-{name}"), len(other)) + other[:10])
        time.sleep(.4)
        serve.process.send_signal(how)
        check(wait_for(lambda serve=serve: refused(serve.port), 5), f"{name}: nobody new comes in")
        check(serve.process.poll() is None, f"{name}: it waits for what is under way")
        late.send(other[10:])
        same(late.reply().status, 404, f"{name}: what was coming in is answered")
        session.run("COMMIT;")
        reply = waits.reply()
        same((reply.status, reply.headers.get("connection", "").lower()), (200, "close"), f"{name}: what was under way is answered")
        began = time.monotonic()
        same(serve.stop(), 0, f"{name}: then it ends")
        check(time.monotonic() - began < 3, f"{name}: soon")
        check(idle.closed(), f"{name}: idle connections are closed")
        check("event=stopped" in serve.log and "Sanitizer" not in serve.log, f"{name}: {serve.log[-500:]}")
        for line in (idle, late, waits):
            line.close()
    serve = Serve()
    serve.ready()
    began = time.monotonic()
    same(serve.stop(), 0, "with nothing to do it ends")
    check(time.monotonic() - began < 2.5, "at once")


def refused(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
        return False
    except OSError:
        return True


def test_stop_delivery(session):
    def slow(handler, path):
        time.sleep(1.5)
        handler.say(204)
        return True

    receiver = Receiver(slow)
    add_endpoint(session, "slow", receiver.url("/slow"), events="'{slow.*}'")
    with Serve("--timer", 0) as serve:
        serve.ready()
        incident = session.value("SELECT opres.open_incident('A test', 'ddos', 50);")
        session.run(f"SELECT opres.publish('slow.event', {incident}, '{{}}') \\g /dev/null")
        wait_for(lambda: receiver.got, 5)
    same(session.value("SELECT state FROM opres.outbox WHERE endpoint = 'slow';"), "delivered", "a message under way is recorded before the end")
    session.run("SELECT opres.remove_webhook_endpoint('slow', 'a test') \\g /dev/null")
    receiver.close()


def test_away():
    """The database stops, is away, comes back: 503 with Retry-After meanwhile, and 200 without anybody's help."""
    cluster = Cluster("away").create().start()
    receiver = Receiver()
    with cluster.session() as session:
        set_up(session)
        run_id = begin_run(session, 2, 30)
        add_endpoint(session, "there", receiver.url("/there"), events="'{run.*}'")
    with Serve("--timer", 1, "--poll", 1, host=cluster.host) as serve:
        serve.ready()

        def advance(step):
            return webhook(serve.port, f"away{step}", "advance", run=run_id, step=f"A1.{step}", outcome="success")

        for step in range(1, 9):
            same(advance(step).status, 200, "before")
        cluster.stop()
        cluster.start()
        for step in range(9, 17):
            same(advance(step).status, 200, "a restart between two requests is nobody's business")
        cluster.stop()
        replies = [advance(17) for _ in range(8)]
        check(all(reply.status == 503 and 1 <= int(reply.headers["retry-after"]) <= 60 for reply in replies), f"away: {replies}")
        same(get(serve.port, "/healthz").status, 503, "healthz while it is away")
        cluster.start()
        check(wait_for(lambda: get(serve.port, "/healthz").status == 200, 12), "healthz when it is back")
        reply = wait_for(lambda: (lambda r: r if r.status == 200 else None)(advance(17)), 12)
        same(reply and reply.json, {"result": "done"}, "back")
        same([advance(step).status for step in range(18, 25)], [200] * 7, "by all workers")
        with cluster.session() as session:
            events = int(session.value(f"SELECT count(*) FROM opres.run_event WHERE run = {run_id} AND kind = 'success';"))
            same(events, 24, "each once")
        check(wait_for(lambda: len(receiver.at("/there")) >= 24, 12), f"told of: {len(receiver.at('/there'))}")
        # A server that has become read-only: another may be the primary now.
        with cluster.session() as session:
            session.run("ALTER SYSTEM SET default_transaction_read_only = on;")
            session.run("SELECT pg_reload_conf() \\g /dev/null")
            time.sleep(.3)
            replies = [advance(25) for _ in range(6)]
            check(all(reply.status == 503 for reply in replies), f"read-only: {replies}")
            check(1 <= serve.log.count("sqlstate=25006") <= 4, f"each connection was told so once: {serve.log.count('sqlstate=25006')}")
            session.run("SET transaction_read_only = off; ALTER SYSTEM RESET default_transaction_read_only;")
            session.run("SELECT pg_reload_conf() \\g /dev/null")
        check(wait_for(lambda: advance(25).status == 200, 12), "writable again")
    cluster.stop()
    receiver.close()


def test_hung():
    """A server that is there and says nothing: 503 after a while, and 200 when it goes on."""
    cluster = Cluster("hung").create().start()
    with cluster.session() as session:
        set_up(session)
        run_id = begin_run(session, 2, 5)
    with Serve("--timer", 0, "--request-timeout", 1, "--db-connections", 2, host=cluster.host) as serve:
        serve.ready()
        body = act("advance", run=run_id, step="A1.1", outcome="success")
        headers = signed(body, "hung")
        stopped = cluster.processes()
        for process in stopped:
            os.kill(process, signal.SIGSTOP)
        try:
            began = time.monotonic()
            reply = post(serve.port, body, headers)
            check(reply.status == 503 and "retry-after" in reply.headers and time.monotonic() - began < 15, f"hung: {reply} after {time.monotonic() - began:.1f} s")
            check(get(serve.port, "/healthz").status == 503, "healthz while it is hung")
        finally:
            for process in stopped:
                os.kill(process, signal.SIGCONT)
        # The same message, as senders do: the server may have done what it was asked and told nobody.
        check(wait_for(lambda: post(serve.port, body, headers).status == 200, 12), "it goes on")
        with cluster.session() as session:
            same(session.value(f"SELECT count(*) FROM opres.run_event WHERE run = {run_id} AND kind = 'success';"), "1", "done once")
    cluster.stop()


def memory(process):
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return next(int(line.split()[1]) // 1024 for line in file if line.startswith("VmRSS"))


def test_idle(run):
    """10,000 connections that do nothing, and requests that go on meanwhile."""
    with Serve("--deliveries", 0, "--timer", 0, "--max-connections", 10100) as serve:
        serve.ready()
        before = memory(serve.process)
        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        with open(f"/proc/{serve.process.pid}/limits", encoding="ascii") as file:
            theirs = next(int(line.split()[3]) for line in file if line.startswith("Max open files"))
        count = min(10000, hard - 200, theirs - 200)
        if count < 10000:
            print(f"this machine lets a process have {hard} files: {count} connections instead of 10000")
        began = time.monotonic()
        lines = [socket.create_connection(("127.0.0.1", serve.port), 10) for _ in range(count)]
        check(wait_for(lambda: f"\nopres_connections {count + 1}\n" in get(serve.port, "/metrics").body.decode(), 10), "all are open")
        opened, took = time.monotonic() - began, []
        for number in range(1, 41):
            began = time.monotonic()
            reply = webhook(serve.port, f"idle{number}", "advance", run=run, step=f"A2.{number}", outcome="success")
            took.append(time.monotonic() - began)
            if reply.status != 200:
                check(False, f"while {count} are idle: {reply}")
                break
        check(sorted(took)[20] < .1, f"median {sorted(took)[20] * 1000:.1f} ms while {count} are idle")
        # They were only idle: each can still ask.
        for one in random.Random(SEED).sample(lines, 50):
            one.sendall(head("GET", "/healthz"))
            if b"200 OK" not in one.recv(1000):
                check(False, "an idle connection is served when it asks")
        more = [socket.create_connection(("127.0.0.1", serve.port), 10) for _ in range(200)]
        for one in more:
            one.sendall(head("GET", "/healthz"))
        time.sleep(1)
        open_ones = sum(answered(one) for one in more)
        check(0 < open_ones < 200 or count < 10000, f"above --max-connections they are refused: {open_ones} of 200 more are open")
        print(f"{count} idle connections: opened in {opened:.1f} s, {before} MB -> {memory(serve.process)} MB, requests {sorted(took)[20] * 1000:.1f} ms (median), {max(took) * 1000:.1f} ms (most)")
        for one in lines + more:
            one.close()
        check(wait_for(lambda: "\nopres_connections 1\n" in get(serve.port, "/metrics").body.decode(), 10), "all are closed")


def answered(connection):
    connection.setblocking(False)
    try:
        return b"200 OK" in connection.recv(1000)
    except OSError:
        return False


MATERIAL = [b"\r\n", b"\n", b"\r", b"\0", b"\xff", b": ", b" ", b"HTTP/1.1", b"HTTP/1.0", b"Content-Length: 5\r\n", b"Content-Length: 99999999999999999999\r\n",
            b"Transfer-Encoding: chunked\r\n", b"Expect: 100-continue\r\n", b"Connection: close\r\n", b"Connection: keep-alive, upgrade\r\n", b"0\r\n\r\n", b"ffffffffffffffff\r\n",
            b"%00", b"%", b"%ff", b"?", b"#", b"/../", b"POST ", b"GET ", b"a" * 3000, b"X: " + b"y" * 9000 + b"\r\n", b"\x16\x03\x01\x02\x00", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]


def broken(rng, seeds):
    """A request with some changes."""
    data = bytearray(rng.choice(seeds))
    for _ in range(rng.choice((1, 1, 2, 3, 8))):
        at, kind = rng.randrange(len(data) + 1), rng.randrange(6)
        if kind == 0:
            data[at:at + 1] = bytes([rng.randrange(256)])
        elif kind == 1:
            data[at:at] = rng.choice(MATERIAL)
        elif kind == 2:
            del data[at:at + rng.choice((1, 2, 10, 100))]
        elif kind == 3:
            end = rng.randrange(at, len(data) + 1)
            data[at:at] = data[at:end]
        elif kind == 4:
            del data[at:]
        else:
            line = data.rfind(b"\r\n", 0, at) + 2
            data[line:line] = rng.choice(MATERIAL)
    return bytes(data[:200000])


def test_broken(serve, session, run, seconds):
    body = act("advance", run=run, step="A3.1", outcome="success")
    unsigned = signed(body, "f1", key=b"not the key that it should be at")
    chunks = b"".join(b"%x\r\n" % len(body[at:at + 9]) + body[at:at + 9] + b"\r\n" for at in range(0, len(body), 9)) + b"0\r\n\r\n"
    seeds = [head("POST", "/webhook/chat", unsigned, len(body)) + body, head("POST", "/webhook/chat", {**unsigned, "Transfer-Encoding": "chunked"}) + chunks,
             head("GET", "/healthz") * 3, head("GET", "/metrics"), (head("POST", "/webhook/chat", unsigned, len(body)) + body) * 4,
             head("POST", "/webhook", {**unsigned, "Expect": "100-continue"}, len(body)) + body]
    before = session.value(f"SELECT count(*) FROM opres.run_event WHERE run = {run};")
    end, counts, odd = time.monotonic() + seconds, {}, []

    def send(number):
        rng = random.Random(f"{SEED} {number}")
        while time.monotonic() < end and not odd:
            data = broken(rng, seeds)
            try:
                with Line(serve.port, timeout=.02) as line:
                    line.send(data)
                    while True:
                        reply = line.reply()
                        counts[reply.status] = counts.get(reply.status, 0) + 1
                        if reply.status >= 500 and reply.status not in (501, 505) or reply.status == 200 and b"result" in reply.body:
                            odd.append((data, reply))
            except (Gone, OSError):
                counts["none"] = counts.get("none", 0) + 1
            except (ValueError, IndexError) as error:
                odd.append((data, error))

    threads = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check(not odd, f"seed {SEED}: {odd[:1]}")
    same(get(serve.port, "/healthz").status, 200, "after broken requests")
    same(session.value(f"SELECT count(*) FROM opres.run_event WHERE run = {run};"), before, "nothing unsigned was done")
    same(webhook(serve.port, "after", "status", run=run).status, 200, "what is whole is done")
    check(sum(counts.values()) > 300 and len(counts) > 4, f"broken requests {counts}")
    print(f"seed {SEED}: {sum(counts.values())} broken requests, answers {dict(sorted(counts.items(), key=str))}")
    check(wait_for(lambda: "\nopres_connections 1\n" in get(serve.port, "/metrics").body.decode(), 10), "no connection is left")


def main():
    with Session() as session, temporary() as folder:
        set_up(session)
        run_id = begin_run(session, 4, 60)
        test_wrong_settings(folder)
        test_settings(folder)
        test_tls(folder)
        test_stop(session, run_id)
        test_stop_delivery(session)
        with Serve("--deliveries", 0, "--timer", 0, "--idle-timeout", 3, "--request-timeout", 3) as serve:
            serve.ready()
            test_broken(serve, session, run_id, 300 if LONG else 6)
        test_away()
        test_hung()
        test_idle(run_id)
    close()


if __name__ == "__main__":
    sys.exit(main())
