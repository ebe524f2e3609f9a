#!/usr/bin/env python3
"""opres serve, the way in: what is answered, limits of everything that comes in, HTTP that is none."""
import re
import threading
import time

from serve_scene import (Gone, Line, Serve, Session, act, begin_run, check, close, exchange, get, head, post, set_up, signed, wait_for, webhook)

NO_RUN = 4711
SECRETS = ("0123456789abcdef", "whsec_", "webhook-signature", "v1,")


def same(got, want, what):
    check(got == want, f"{what}: {got!r}, not {want!r}")


def status_of(reply):
    return reply.status if reply else None


def test_statuses(serve, session, run):
    reply = webhook(serve.port, "m1", "advance", run=run, step="A1.1", outcome="success")
    check(status_of(reply) == 200 and reply.json == {"result": "done"}, f"a step advanced: {reply}")
    check(reply.headers["content-type"] == "application/json" and reply.headers["cache-control"] == "no-store", f"headers of an answer {reply}")
    body = act("advance", run=run, step="A1.2", outcome="success")
    headers = signed(body, "m2")
    first, again = post(serve.port, body, headers), post(serve.port, body, headers)
    check(status_of(first) == 200 and first.body == again.body and again.status == 200, f"the same again {first} {again}")
    same(session.value(f"SELECT count(*) FROM opres.run_event WHERE run = {run} AND kind = 'success';"), "2", "two messages, two events")
    other = act("advance", run=run, step="A2.1", outcome="success")
    same(status_of(post(serve.port, other, signed(other, "m2"))), 409, "the id of another message")
    for kind, data, status, what in (
            ("advance", {"run": run, "step": "A1.1", "outcome": "success"}, 409, "a step that is done"),
            ("advance", {"run": run, "step": "A2.1"}, 400, "an argument is missing"),
            ("nothing", {}, 400, "an action there is not"),
            ("advance", {"run": NO_RUN, "step": "A2.1", "outcome": "success"}, 404, "a run there is not"),
            ("approve", {"run": run, "step": "A2.1"}, 403, "an action the sender may not do"),
            ("status", {"run": run}, 200, "status")):
        reply = webhook(serve.port, f"s-{what}".replace(" ", "-"), kind, **data)
        same(status_of(reply), status, what)
        check(reply.json is not None, f"{what}: {reply}")
    for body, what in ((b"", "empty"), (b"{", "no JSON"), (b"[1]", "no object"), (b"\xff\xfe", "no UTF-8"), (b"\0", "a zero byte")):
        same(status_of(post(serve.port, body, signed(body, "b-" + what.replace(" ", "-")))), 400, f"body: {what}")


def test_unsigned(serve):
    """One answer for all that is not signed as it should be."""
    body = act("status", run=NO_RUN)
    right = signed(body, "u1")
    now = int(time.time())
    cases = [("no signature", {}, "chat"), ("a wrong one", right | {"webhook-signature": "v1,AAAA"}, "chat"), ("of another body", signed(b"{}", "u1"), "chat"),
             ("another id", right | {"webhook-id": "u2"}, "chat"), ("too old", signed(body, "u1", now - 301), "chat"), ("too new", signed(body, "u1", now + 302), "chat"),
             ("another key", signed(body, "u1", key=b"x" * 32), "chat"), ("an unknown sender", right, "nobody"),
             ("a version we do not know", right | {"webhook-signature": right["webhook-signature"].replace("v1,", "v9,")}, "chat")]
    answers = set()
    for what, headers, sender in cases:
        reply = post(serve.port, body, headers, sender)
        same(status_of(reply), 401, what)
        answers.add(reply.body)
    same(len(answers), 1, "answers to what is not signed")
    bad = right["webhook-signature"] + " v1,nonsense v2," + right["webhook-signature"][3:]
    same(status_of(post(serve.port, body, right | {"webhook-signature": "v1,AAAA " + bad})), 404, "several signatures, one right (a run there is not)")
    for path in ("/webhook", "/webhook/"):
        reply = exchange(serve.port, head("POST", path, right, len(body)) + body)
        same(status_of(reply), 404, f"{path}: the sender found by its headers (a run there is not)")


def test_paths(serve):
    for method, path, status in (("GET", "/webhook/chat", 405), ("PUT", "/webhook/chat", 405), ("DELETE", "/webhook/chat", 405), ("OPTIONS", "/webhook", 405),
                                 ("PATCH", "/", 405), ("GET", "/", 404), ("GET", "/nothing", 404), ("HEAD", "/healthz", 200), ("GET", "/healthz", 200),
                                 ("GET", "/metrics", 200), ("POST", "/", 404), ("POST", "/healthz", 404), ("POST", "/webhook/a/b", 404),
                                 ("POST", "/webhookx", 404), ("POST", "/webhook/../metrics", 404), ("GET", "/healthz?full=1", 200)):
        with Line(serve.port) as line:
            line.send(head(method, path, length=0 if method == "POST" else None))
            reply = line.reply(head_only=method == "HEAD")
            same(reply.status, status, f"{method} {path}")
            check(status != 405 or "POST" in reply.headers.get("allow", ""), f"{method} {path}: {reply}")


def test_not_reflected(serve):
    """Nothing of a request is in an answer, whatever it is."""
    mark = "qWmarkEdx"
    for data in (head("GET", f"/{mark}"), head("POST", f"/webhook/{mark}", {"webhook-id": mark, "x-" + mark: mark}, 9) + mark.encode(),
                 head("POST", f"/{mark}", length=0), head(mark, "/"), f"{mark}\r\n\r\n".encode(), f"GET /{mark} HTTP/9.9\r\n\r\n".encode(),
                 f"GET / HTTP/1.1\r\n{mark}\r\n\r\n".encode(), head("POST", "/webhook/chat", {"Content-Length": mark}),
                 head("POST", "/webhook/chat", {"Transfer-Encoding": mark}), head("GET", "/" + mark * 5000),
                 head("POST", "/webhook/chat", {"webhook-id": mark, "webhook-ID": mark}, 0)):
        reply = exchange(serve.port, data)
        check(reply is None or mark.lower() not in (str(reply.headers) + reply.body.decode("latin-1")).lower(), f"reflected: {data[:80]!r} {reply}")
        check(reply is None or 400 <= reply.status < 600, f"taken: {data[:80]!r} {reply}")
    body = act("advance", run=mark, step=mark, outcome=mark, note=mark)
    reply = post(serve.port, body, signed(body, mark))
    check(reply.status == 400 and mark not in reply.body.decode(), f"reflected by the database: {reply}")
    check(mark not in serve.log.replace(f"sender={mark}", ""), "in the log")


def test_body_limits(serve, limit):
    for size, status in ((limit, 401), (limit + 1, 413), (10 * limit, 413), (1 << 62, 413), (1 << 70, None)):
        with Line(serve.port) as line:
            line.send(head("POST", "/webhook/chat", length=size))
            if size == limit:
                line.send(b"x" * size)
            try:
                reply = line.reply()
            except Gone:
                reply = None
            check(reply is None and status is None or status_of(reply) == (status or status_of(reply)) and reply.status >= 400, f"a body of {size}: {reply}")
    for size, status in ((limit, 401), (limit + 1, 413), (3 * limit, 413)):
        with Line(serve.port) as line:
            line.send(head("POST", "/webhook/chat", {"Transfer-Encoding": "chunked"}))
            try:
                for begin in range(0, size, 1000):
                    piece = b"x" * min(1000, size - begin)
                    line.send(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
                line.send(b"0\r\n\r\n")
            except ConnectionError:
                pass
            same(status_of(line.reply()), status, f"{size} bytes in chunks")
    body = act("status", run=NO_RUN)
    with Line(serve.port) as line:
        line.send(head("POST", "/webhook/chat", {**signed(body, "c1"), "Transfer-Encoding": "chunked"}))
        for byte in body:
            line.send(b"1;ext=1\r\n" + bytes([byte]) + b"\r\n")
        line.send(b"0\r\nTrailer: x\r\n\r\n")
        same(status_of(line.reply()), 404, "a signed body byte by byte in chunks (a run there is not)")


def test_continue(serve, limit):
    body = act("status", run=NO_RUN)
    with Line(serve.port) as line:
        line.send(head("POST", "/webhook/chat", {**signed(body, "e1"), "Expect": "100-continue"}, len(body)))
        same(line.reply().status, 100, "Expect: 100-continue")
        line.send(body)
        same(line.reply().status, 404, "... and then")
    with Line(serve.port) as line:
        line.send(head("POST", "/webhook/chat", {"Expect": "100-continue"}, limit + 1))
        same(line.reply().status, 413, "Expect: 100-continue of too much: refused before it is sent")


def test_header_limits(serve):
    body = act("status", run=NO_RUN)
    fine = {**signed(body, "h1"), **{f"x-{i}": "y" * 100 for i in range(80)}}
    same(status_of(post(serve.port, body, fine)), 404, "80 more headers")
    for headers, what in (({f"x-{i}": "y" for i in range(200)}, "200 headers"), ({"x-long": "y" * 20000}, "one of 20 kB"), ({"x-long": "y" * 100000}, "one of 100 kB"),
                          ({f"x-{i}": "y" * 1000 for i in range(100)}, "100 kB in 100")):
        reply = post(serve.port, body, {**signed(body, "h1"), **headers})
        check(status_of(reply) in (400, 431, 404) or reply is None, f"{what}: {reply}")
    check(status_of(post(serve.port, body, {**signed(body, "h1"), "x-long": "y" * 100000})) in (431, None), "one of 100 kB is refused")
    reply = exchange(serve.port, head("GET", "/" + "a" * 100000))
    check(reply is None or reply.status in (414, 431, 400), f"a path of 100 kB: {reply}")


def test_headers(serve):
    body = act("status", run=NO_RUN)
    right = list(signed(body, "d1").items())
    length = ("Content-Length", len(body))
    for pairs, status, what in (
            (right + [length], 404, "as it should be"), (right + right[:1] + [length], 400, "webhook-id twice"), (right + right[2:] + [length], 400, "the signature twice"),
            (right + [("x-hub-signature-256", "a"), ("X-Hub-Signature-256", "a"), length], 400, "GitHub's twice"),
            (right + [("Signature", "a"), ("signature", "b"), length], 400, "any other twice"),
            (right + [("X-Forwarded-For", "a"), ("X-Forwarded-For", "b"), ("Via", "a"), ("Via", "b"), length], 404, "a proxy's twice"),
            (right + [("Content-Length", len(body)), length], 400, "the length twice"), (right + [("Content-Length", len(body) + 5), length], 400, "two lengths"),
            (right + [("Transfer-Encoding", "chunked"), length], 400, "a length and chunks"), (right + [("Transfer-Encoding", "gzip, chunked")], 400, "another encoding"),
            (right + [("Transfer-Encoding", "xchunked"), length], 400, "chunked misspelt"),
            (right + [("Content-Length", f"+{len(body)}")], 400, "a length with a sign"), (right + [("Content-Length", f"{len(body)}, {len(body)}")], 400, "a list of lengths"),
            (right + [("Content-Length", "-1")], 400, "a negative length"), (right + [("Content-Length", f"0x{len(body):x}")], 400, "a hexadecimal length"),
            (right + [("x-name", "\xff\xfe"), length], 400, "no UTF-8"), (right + [("x-name", "\xc3\xa9\xe6\xbc\xa2"), length], 404, "UTF-8"),
            (right + [("x-\xff", "a"), length], 400, "a name that is no UTF-8"), (right + [("x-quotes", "\"\\\x7f\t'"), length], 404, "what JSON must escape")):
        reply = exchange(serve.port, head("POST", "/webhook/chat", pairs) + body)
        same(status_of(reply), status, f"headers: {what}")
    same(status_of(exchange(serve.port, head("POST", "/webhook/%ff", right + [length]) + body)), 400, "a path that is no UTF-8")
    check(status_of(exchange(serve.port, head("POST", "/webhook/chat%00x", right + [length]) + body)) in (400, 401, 404), "a path with a zero byte")
    same(status_of(exchange(serve.port, b"GET /healthz HTTP/1.1\r\n\r\n")), 400, "HTTP/1.1 without Host")
    same(status_of(exchange(serve.port, b"GET /healthz HTTP/1.0\r\n\r\n")), 200, "HTTP/1.0 without Host")


def test_pipelining(serve, run, length):
    bodies = [act("advance", run=run, step=f"A3.{n}", outcome="success") for n in range(1, length + 1)]
    with Line(serve.port) as line:
        line.send(b"".join(head("POST", "/webhook/chat", signed(body, f"p{n}"), len(body)) + body for n, body in enumerate(bodies)) + head("GET", "/healthz"))
        same([line.reply().status for _ in bodies], [200] * length, "pipelined, in their order")
        same(line.reply().json, {"status": "ok"}, "and what came after them")
    with Line(serve.port) as line:
        for n in range(200):
            line.send(head("GET", "/healthz") if n % 3 else head("POST", "/webhook/chat", length=2) + b"{}")
            reply = line.reply()
            if reply.status != (200 if n % 3 else 401) or reply.headers.get("connection", "") == "close":
                check(False, f"kept alive: {n} {reply}")
                return
    check(True, "kept alive")


def metrics(serve):
    """Every line by the grammar of the format."""
    types, values = {}, {}
    for line in get(serve.port, "/metrics").body.decode().splitlines():
        found = re.fullmatch(r"# (HELP|TYPE) ([a-z_]+) (.+)", line)
        if found:
            if found[1] == "TYPE":
                types[found[2]] = found[3]
            continue
        found = re.fullmatch(r"([a-z_]+)(\{[a-z]+=\"[^\"]+\"\})? (-?[0-9.e+-]+)", line)
        if not check_line(found, line):
            continue
        name = re.sub(r"_(bucket|sum|count)$", "", found[1]) if found[1] not in types else found[1]
        check(name in types and found[1] + (found[2] or "") not in values, f"a metric without TYPE or twice: {line}")
        values[found[1] + (found[2] or "")] = float(found[3])
    return types, values


def check_line(found, line):
    if not found:
        check(False, f"no line of metrics: {line!r}")
    return found


def test_metrics(serve):
    types, before = metrics(serve)
    same(types["opres_webhook_requests_total"], "counter", "type")
    same(types["opres_webhook_duration_seconds"], "histogram", "type")
    webhook(serve.port, "x", "status", run=NO_RUN)
    webhook(serve.port, "x", "status", run=NO_RUN)
    _, after = wait_for(lambda: grown(serve, before), 5)
    same(after['opres_webhook_requests_total{status="404"}'] - before['opres_webhook_requests_total{status="404"}'], 2, "requests counted")
    same(after["opres_webhook_duration_seconds_count"], after['opres_webhook_duration_seconds_bucket{le="+Inf"}'], "the last bucket is all")
    buckets = [value for name, value in after.items() if name.startswith("opres_webhook_duration_seconds_bucket")]
    check(buckets == sorted(buckets) and len(buckets) > 5, f"buckets {buckets}")
    same((after["opres_database_up"], after["opres_webhook_queue"]), (1, 0), "the database is up, nobody waits")
    same(sum(value for name, value in after.items() if name.startswith("opres_webhook_requests_total")), after["opres_webhook_duration_seconds_count"], "sums")


def grown(serve, before):
    types, after = metrics(serve)
    return (types, after) if after["opres_webhook_duration_seconds_count"] >= before["opres_webhook_duration_seconds_count"] + 2 else None


def test_slow():
    """Bytes that drip: every place is free again after a while, and nobody else notices."""
    with Serve("--request-timeout", 2, "--idle-timeout", 2, "--deliveries", 0, "--timer", 0) as serve:
        serve.ready()
        start = time.monotonic()
        lines = {}
        kept = Line(serve.port)
        kept.send(head("GET", "/healthz"))
        kept.reply()
        for what, line, first in (("the first line", Line(serve.port), b"POST /web"), ("headers", Line(serve.port), b"POST /webhook/chat HTTP/1.1\r\nHost: x\r\nx-a: "),
                                  ("a body", Line(serve.port), head("POST", "/webhook/chat", length=100000)),
                                  ("chunks", Line(serve.port), head("POST", "/webhook/chat", {"Transfer-Encoding": "chunked"}) + b"fff\r\n"),
                                  ("the next first line", kept, b"GET /hea"), ("nothing", Line(serve.port), b"")):
            line.send(first)
            lines[what] = line
        ended, worst = {}, 0
        while len(ended) < len(lines) and time.monotonic() - start < 12:
            began = time.monotonic()
            same(get(serve.port, "/healthz").status, 200, "others are served")
            worst = max(worst, time.monotonic() - began)
            for what, line in lines.items():
                if what not in ended and not drip(line, what):
                    ended[what] = time.monotonic() - start
            time.sleep(.3)
        for what in lines:
            check(what in ended and ended[what] < 7.5, f"{what} drips: ended after {ended.get(what)}")
        check(worst < 1, f"others waited for {worst} s")
        _, values = metrics(serve)
        check(values["opres_connections_cut_total"] >= 4, f"cut: {values['opres_connections_cut_total']}")
        for line in lines.values():
            line.close()


def drip(line, what):
    """A byte more; False if the connection is over."""
    line.socket.settimeout(.01)
    try:
        if what != "nothing":
            line.send(b"x")
        return line.socket.recv(1000) != b""
    except TimeoutError:
        return True
    except OSError:
        return False


def test_healthz_without_database():
    with Serve("--deliveries", 0, "--timer", 0, host="/nonexistent") as serve:
        reply = get(serve.port, "/healthz")
        same((reply.status, reply.json), (503, {"status": "unavailable"}), "healthz without a database")
        reply = webhook(serve.port, "x", "status", run=1)
        check(reply.status == 503 and int(reply.headers["retry-after"]) > 0, f"without a database: {reply}")


def test_queue(session, run):
    """More than the queue takes: 429 for a sender that has too much in it, 503 for all; those that were taken are done."""
    with Serve("--db-connections", 1, "--max-queue", 8, "--per-sender", 4, "--deliveries", 0, "--timer", 0) as serve:
        serve.ready()
        session.run(f"BEGIN; SELECT FROM opres.run WHERE id = {run} FOR UPDATE \\g /dev/null")
        replies = {}

        def send(n, sender):
            body = act("advance", run=run, step=f"A4.{n}", outcome="success")
            replies[n] = post(serve.port, body, signed(body, f"q{n}"), sender)

        threads = [threading.Thread(target=send, args=(n, "chat" if n < 20 else f"other{n}")) for n in range(1, 40)]
        for n, thread in enumerate(threads, 1):
            thread.start()
            time.sleep(.3 if n == 1 else .03)
        same(get(serve.port, "/healthz").status, 200, "healthz while the queue is full")
        session.run("COMMIT;")
        for thread in threads:
            thread.join()
        statuses = [replies[n].status for n in sorted(replies)]
        check(set(statuses[5:19]) == {429} and 503 in statuses[20:] and 401 in statuses, f"a full queue: {statuses}")
        check(all("retry-after" in reply.headers for reply in replies.values() if reply.status in (429, 503)), "Retry-After")
        check(statuses[0] == 200 and statuses[1] in (200, 409), f"those that were taken: {statuses}")


def test_log(serve):
    for line in serve.log.splitlines():
        if not re.fullmatch(r"time=\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z level=[a-z]+ event=[a-z_]+( [a-z_]+=[\w.:/-]*)+( error=.*)?", line):
            check(False, f"a line of the log: {line!r}")
    for secret in (*SECRETS, "?", "outcome", "A1.1"):
        check(secret not in serve.log, f"{secret!r} is in the log")
    check("status=200" in serve.log and "status=401" in serve.log and "sender=chat" in serve.log, "requests are in the log")


def main():
    length = 20
    with Session() as session:
        set_up(session)
        run = begin_run(session, 5, length)
        limit = 20000
        with Serve("--max-body", limit, "--deliveries", 0, "--timer", 0) as serve:
            check(serve.ready(), "it reaches the database")
            test_statuses(serve, session, run)
            test_unsigned(serve)
            test_paths(serve)
            test_not_reflected(serve)
            test_body_limits(serve, limit)
            test_continue(serve, limit)
            test_header_limits(serve)
            test_headers(serve)
            test_pipelining(serve, run, length)
            test_metrics(serve)
            exchange(serve.port, head("POST", "/webhook/chat?token=0123456789abcdef", length=2) + b"{}")
            same(get(serve.port, "/healthz").status, 200, "after all that")
            test_log(serve)
        test_slow()
        test_healthz_without_database()
        test_queue(session, run)
    close()


if __name__ == "__main__":
    main()
