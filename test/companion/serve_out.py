#!/usr/bin/env python3
"""opres serve, the way out: real receivers that behave and that do not; where messages may go; who waits for whom."""
import json
import os
import re
import subprocess
import time

from serve_scene import (ENVIRONMENT, KEY, OTHER_KEY, OTHER_SECRET, Receiver, Serve, Session, add_endpoint, begin_run, certificate, check, close, get, server_context, set_up, temporary,
                         verified, wait_for)

BIG = 10 << 20


def same(got, want, what):
    check(got == want, f"{what}: {got!r}, not {want!r}")


class Behaviour:
    """How receivers answer, by path. True: it has."""

    def __init__(self):
        self.fails, self.hang = {}, True

    def __call__(self, handler, path):
        name = path.strip("/").partition("?")[0]
        return getattr(self, "do_" + name, lambda _: False)(handler)

    def do_fails(self, handler):
        left = self.fails["fails"] = self.fails.get("fails", 3) - 1
        handler.say(500 if left >= 0 else 200)
        return True

    def do_hang(self, handler):
        while self.hang:
            time.sleep(.05)
        handler.close_connection = True
        return True

    def do_linklocal(self, handler):
        handler.say(302, ("Location", "http://169.254.169.254/latest/meta-data/"))
        return True

    def do_elsewhere(self, handler):
        handler.say(307, ("Location", "/there"))
        return True

    def big(self, handler, status):
        handler.send_response(status)
        handler.send_header("Content-Length", str(BIG))
        handler.end_headers()
        try:
            for _ in range(BIG // 65536):
                handler.wfile.write(b"x" * 65536)
                self.fails["written"] = self.fails.get("written", 0) + 65536
        except OSError:
            pass
        handler.close_connection = True
        return True

    def do_big(self, handler):
        return self.big(handler, 200)

    def do_bigerror(self, handler):
        return self.big(handler, 500)

    def do_headers(self, handler):
        handler.send_response(200)
        try:
            for number in range(100000):
                handler.wfile.write(f"x-{number}: {'y' * 1000}\r\n".encode())
        except OSError:
            pass
        handler.close_connection = True
        return True

    def do_early(self, handler):
        handler.close_connection = True
        return True

    def do_half(self, handler):
        handler.send_response(200)
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        handler.wfile.write(b"half")
        handler.close_connection = True
        return True

    def do_nonsense(self, handler):
        handler.wfile.write(b"\x00\xff nonsense\r\n\r\n")
        handler.close_connection = True
        return True

    def do_gone(self, handler):
        handler.say(410)
        return True

    def do_later(self, handler):
        handler.say(503, ("Retry-After", "120"))
        return True

    def do_never(self, handler):
        handler.say(429, ("Retry-After", "99999999999999999"))
        return True


class World:
    """The database with endpoints; messages are published as events are."""

    def __init__(self, session, receiver, behaviour):
        self.session, self.receiver, self.behaviour = session, receiver, behaviour
        self.incident = int(session.value("SELECT opres.open_incident('A test', 'ddos', 50);"))

    def endpoint(self, name, url=None, **settings):
        add_endpoint(self.session, name, url or self.receiver.url(f"/{name}"), **{"events": f"'{{{name}.*}}'", **settings})

    def publish(self, name, count=1, incident=None):
        self.session.run(f"SELECT opres.publish('{name}.event', {incident or self.incident}, jsonb_build_object('number', n)) FROM generate_series(1, {count}) AS n \\g /dev/null")

    def outbox(self, name):
        """State, last status, last error, attempts of an endpoint's messages."""
        return [(state, int(status or -1), error, int(attempts)) for state, status, error, attempts in self.session.run(
            f"SELECT state, last_status, last_error, attempts FROM opres.outbox WHERE endpoint = '{name}' ORDER BY id;")]

    def tried(self, name, attempts=1):
        """Waits until a message has been tried so often; what came of it."""
        def done():
            rows = self.outbox(name)
            return rows and rows[0] if rows and rows[0][0] != "claimed" and rows[0][3] >= attempts and rows[0][1] >= 0 else None
        return wait_for(done) or (None, None, None, None)

    def hurry(self, name):
        """Makes the next attempt due now."""
        self.session.run(f"UPDATE opres.outbox SET next_attempt_at = clock_timestamp() WHERE endpoint = '{name}' AND state = 'pending'; NOTIFY opres_outbox;")


def test_delivered(world):
    world.endpoint("good")
    began = time.time()
    world.publish("good", 3)
    check(wait_for(lambda: len(world.receiver.at("/good")) == 3, 5), "three messages arrive")
    check(world.receiver.at("/good")[-1][3] - began < 1, "woken at once, though the poll is an hour away")
    ids = set()
    for _, headers, body, _ in world.receiver.at("/good"):
        check(verified(headers, body), f"signed: {headers}")
        check(not verified(headers, body + b" ") and not verified(headers, body, OTHER_KEY), "by nothing else")
        content = json.loads(body)
        same((content["type"], content["data"]["incident"], headers["content-type"]), ("good.event", world.incident, "application/json"), "a message")
        check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", content["timestamp"]), f"its time {content['timestamp']}")
        check(not {"expect", "authorization", "cookie"} & set(headers), f"no more than that: {headers}")
        ids.add(headers["webhook-id"])
    same(len(ids), 3, "an id each")
    check(wait_for(lambda: {row[0] for row in world.outbox("good")} == {"delivered"}), f"recorded {world.outbox('good')}")


def test_stable_id(world):
    world.endpoint("fails")
    world.publish("fails")
    for attempt in range(1, 4):
        same(world.tried("fails", attempt)[:2], ("pending", 500), f"attempt {attempt} failed")
        world.hurry("fails")
    same(world.tried("fails", 4)[:2], ("delivered", 200), "then it is taken")
    got = world.receiver.at("/fails")
    same((len(got), len({headers["webhook-id"] for _, headers, _, _ in got}), len({body for _, _, body, _ in got})), (4, 1, 1), "one id, one body")
    check(all(verified(headers, body) for _, headers, body, _ in got), "each attempt is signed anew")


def test_misbehaved(world):
    written = world.behaviour.fails
    for name, want in (("linklocal", ("pending", 302, "redirect not followed")), ("elsewhere", ("pending", 307, "redirect not followed")),
                       ("big", ("delivered", 200, "")), ("bigerror", ("pending", 500, "")), ("gone", ("dead", 410, "")), ("later", ("pending", 503, "")),
                       ("never", ("pending", 429, "")), ("early", ("pending", 0, None)), ("half", ("pending", 0, None)), ("nonsense", ("pending", 0, None)),
                       ("headers", ("pending", 0, None))):
        world.endpoint(name)
        world.publish(name)
        got = world.tried(name)[:3]
        same(got[:2], want[:2], name)
        check(got[2] == want[2] if want[2] is not None else got[2], f"{name}: {got[2]!r}")
    same(world.receiver.at("/there"), [], "nothing was followed")
    check(written["written"] < BIG, f"of twice 10 MB {written['written']} were taken")
    rows = dict(world.session.run("SELECT endpoint, extract(epoch FROM next_attempt_at - clock_timestamp())::int FROM opres.outbox WHERE state = 'pending';"))
    check(110 <= int(rows["later"]) <= 120, f"Retry-After: {rows['later']} s")
    check(86000 < int(rows["never"]) <= 86400, f"a Retry-After of a million years: {rows['never']} s")
    check(int(rows["early"]) <= 8, f"else soon: {rows['early']} s")


def test_slow(world):
    """Three endpoints that hang take their places and no others."""
    for number in range(3):
        world.endpoint(f"slow{number}".replace("0", "a").replace("1", "b").replace("2", "c"), world.receiver.url("/hang"))
    for letter in "abc":
        world.publish(f"slow{letter}", 20)
    check(wait_for(lambda: len(world.receiver.at("/hang")) == 12, 5), f"four of each are under way: {len(world.receiver.at('/hang'))}")
    began = time.time()
    world.publish("good", 50)
    check(wait_for(lambda: len(world.receiver.at("/good")) == 53, 5), "fifty others meanwhile")
    check(world.receiver.at("/good")[-1][3] - began < 2, f"without delay: {world.receiver.at('/good')[-1][3] - began:.1f} s")
    check(wait_for(lambda: "Timeout was reached" in str(world.tried("slowa")[2]), 8), f"the slow ones time out {world.outbox('slowa')[:4]}")
    check(len(world.receiver.at("/hang")) <= 24, "never more than four of each at a time")
    world.session.run("SELECT opres.save_webhook_endpoint('slow' || x, 'https://nowhere.invalid/', enabled => false, reason => 'a test') FROM regexp_split_to_table('abc', '') AS x \\g /dev/null")
    world.behaviour.hang = False


SLOW_NAMES = """
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int getaddrinfo(const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **result)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) = dlsym(RTLD_NEXT, "getaddrinfo");

	if (name == NULL || strcmp(name, "hangs.invalid") != 0)
		return real(name, service, hints, result);
	sleep(12);
	return EAI_AGAIN;
}
"""


def test_names(world, folder):
    """A name server that does not answer delays nobody but those whose name it is."""
    library = os.path.join(folder, "names.so")
    subprocess.run([os.environ.get("CC", "cc"), "-shared", "-fPIC", "-x", "c", "-", "-o", library, "-ldl"], input=SLOW_NAMES.encode(), check=True)
    world.endpoint("hangs", "http://hangs.invalid/")
    world.endpoint("prompt", world.receiver.url("/prompt"))
    environment = {"LD_PRELOAD": library, "ASAN_OPTIONS": ENVIRONMENT["ASAN_OPTIONS"] + ":verify_asan_link_order=0"}
    with Serve("--delivery-timeout", 1, environment=environment) as serve:
        check(serve.ready(), "it reaches the database")
        world.publish("hangs", 4)
        waits = []
        for number in range(1, 26):
            began = time.time()
            world.publish("prompt")
            check(wait_for(lambda: len(world.receiver.at("/prompt")) >= number, 15), "told while a name is looked up")  # noqa: B023
            waits.append(time.time() - began)
            time.sleep(.1)
        check(max(waits) < 1, f"at once: {max(waits):.1f} s")
        check(wait_for(lambda: world.tried("hangs")[:3] == ("pending", 0, "Timeout was reached"), 5), f"the others time out: {world.tried('hangs')}")


def test_addresses(world):
    """What a name resolves to decides, and what the connection really goes to."""
    port = world.receiver.port
    hosts = {"name": f"localhost:{port}", "address": f"127.0.0.1:{port}", "decimal": f"2130706433:{port}", "short": f"127.1:{port}", "hex": f"0x7f000001:{port}",
             "six": f"[::1]:{port}", "mapped": f"[::ffff:127.0.0.1]:{port}", "zero": f"0.0.0.0:{port}", "metadata": "169.254.169.254", "ten": "10.0.0.1"}
    for name, host in hosts.items():
        world.endpoint(name, f"http://{host}/private", allow_private="false")
        world.publish(name)
    for name in hosts:
        same(world.tried(name)[:3], ("pending", 0, "address is not allowed"), f"{hosts[name]} is private")
    same(world.receiver.at("/private"), [], "no private address was reached")
    same(world.receiver.at("/private"), [], "nothing was reached")


def test_lent(world):
    """A connection that is open for an endpoint that is allowed to is not lent to one that is not."""
    world.endpoint("lent", world.receiver.url("/private"), allow_private="false")
    with Serve("--timer", 0) as serve:
        serve.ready()
        for _ in range(3):
            count = len(world.receiver.at("/good"))
            world.publish("good")
            check(wait_for(lambda count=count: len(world.receiver.at("/good")) > count, 5), "one that is allowed, over a connection that stays open")
            time.sleep(.2)
        world.publish("lent")
        same(world.tried("lent")[:3], ("pending", 0, "address is not allowed"), "with a connection open to there")
    same(world.receiver.at("/private"), [], "nothing was reached")


def test_rotation(world):
    world.session.run(f"SELECT opres.add_endpoint_secret('good', '{OTHER_SECRET}', reason => 'a test'), opres.add_endpoint_secret('good', 'an old secret, over since', '2020-01-01', 'a test') \\g /dev/null")
    for what, keys, before in (("both", (KEY, OTHER_KEY), ""), ("the new one", (OTHER_KEY,), "SELECT opres.remove_endpoint_secret('good', 1, 'a test') \\g /dev/null")):
        if before:
            world.session.run(before)
        count = len(world.receiver.at("/good"))
        world.publish("good")
        wait_for(lambda count=count: len(world.receiver.at("/good")) > count, 5)
        _, headers, body, _ = world.receiver.at("/good")[-1]
        same([key for key in (KEY, OTHER_KEY) if verified(headers, body, key)], list(keys), f"signed by {what}")
        same(len(headers["webhook-signature"].split(" ")), len(keys), f"as many signatures: {what}")


def test_confidential(world):
    world.endpoint("secret", confidential="true")
    world.endpoint("public", events="'{secret.*}'")
    secret = int(world.session.value("SELECT opres.open_incident('A secret', 'ddos', 50, confidential => true);"))
    world.publish("secret", incident=secret)
    world.publish("secret")
    check(wait_for(lambda: len(world.receiver.at("/secret")) == 2 and len(world.receiver.at("/public")) == 1, 5), "who may know of confidential incidents")
    time.sleep(.3)
    same([json.loads(body)["data"]["incident"] for _, _, body, _ in world.receiver.at("/public")], [world.incident], "and nobody else")


def test_no_secret(world):
    """Nothing goes out unsigned."""
    add_endpoint(world.session, "unsigned", world.receiver.url("/unsigned"), secret=None, events="'{unsigned.*}'")
    world.publish("unsigned")
    time.sleep(.5)
    same((world.receiver.at("/unsigned"), world.outbox("unsigned")[0][0]), ([], "pending"), "an endpoint without a secret")


def test_poll(world):
    """Messages nobody notifies of: the poll finds them."""
    with Serve("--poll", 1, "--timer", 0, "--worker", "second") as serve:
        serve.ready()
        time.sleep(.3)
        world.session.run("INSERT INTO opres.outbox (endpoint, message_id, type, body, created_at, next_attempt_at) VALUES ('good', 'msg_quiet', 'x', '{\"quiet\": 1}', now(), now());")
        check(wait_for(lambda: any(headers["webhook-id"] == "msg_quiet" for _, headers, _, _ in world.receiver.at("/good")), 3), "found by the poll")


def test_hosts(world):
    world.endpoint("named", world.receiver.url("/named", host="localhost"))
    with Serve("--allow-hosts", "hooks.example.com, localhost", "--timer", 0) as serve:
        serve.ready()
        world.publish("named")
        check(wait_for(lambda: world.receiver.at("/named"), 5), "a host of the list")
        world.endpoint("unnamed")
        world.publish("unnamed")
        same(world.tried("unnamed")[:3], ("pending", 0, "host is not allowed"), "a host that is not in the list")
        same(world.receiver.at("/unnamed"), [], "... is not reached")


def test_tls(world, folder):
    cert, key = certificate(folder, "receiver", "DNS:localhost")
    other, _ = certificate(folder, "other")
    receiver = Receiver(tls=server_context(cert, key))
    world.endpoint("tls", receiver.url("/tls", "https", "localhost"), allow_http="false")
    world.endpoint("wrong", receiver.url("/wrong", "https", "127.0.0.1"), allow_http="false")
    for options, what in (((), "the system's authorities"), (("--ca-file", other), "another authority")):
        with Serve("--timer", 0, *options) as serve:
            serve.ready()
            attempts = world.outbox("tls")[0][3] if world.outbox("tls") else 0
            world.hurry("tls") if attempts else world.publish("tls")
            state, status, error, _ = world.tried("tls", attempts + 1)
            check((state, status) == ("pending", 0) and "certificate" in error, f"{what}: {state} {status} {error}")
    same(receiver.got, [], "nothing is sent to whom nobody vouches for")
    with Serve("--timer", 0, "--ca-file", cert) as serve:
        serve.ready()
        world.hurry("tls")
        same(world.tried("tls", 3)[:2], ("delivered", 204), "its own authority")
        _, headers, body, _ = receiver.at("/tls")[0]
        check(verified(headers, body), "signed over TLS too")
        world.publish("wrong")
        state, status, error, _ = world.tried("wrong")
        check((state, status) == ("pending", 0) and error and not receiver.at("/wrong"), f"a certificate of another name: {state} {status} {error}")
    receiver.close()


def test_together(world):
    """Three programs side by side: each message once, as nobody fails."""
    count = 200
    world.endpoint("many", concurrency="32")
    serves = [Serve("--timer", 0, "--worker", f"worker{n}", "--poll", 1) for n in range(3)]
    for serve in serves:
        serve.ready()
    world.publish("many", count)
    check(wait_for(lambda: len(world.receiver.at("/many")) >= count), f"all arrive: {len(world.receiver.at('/many'))}")
    check(wait_for(lambda: {row[0] for row in world.outbox("many")} == {"delivered"}), "all are recorded")
    same(len({headers["webhook-id"] for _, headers, _, _ in world.receiver.at("/many")}), count, "each")
    same(len(world.receiver.at("/many")), count, "once")
    told = [serve.log.count("became=delivered") for serve in serves]
    same([serve.stop() for serve in serves], [0, 0, 0], "they end")
    same(sum(told), count, f"by whom: {told}")


def test_timer(world):
    """What time brings about is told once, by whichever program asks first, also what it brought while none was there."""
    add_endpoint(world.session, "late", world.receiver.url("/late"), events="'{step.overdue}'")
    runs = [begin_run(world.session, 2, 1, name, deadlines=[{"anchor": "start", "after": after}]) for name, after in (("was", "PT1S"), ("is", "PT4S"))]
    time.sleep(1.2)
    serves = [Serve("--timer", 1, "--poll", 1) for _ in range(3)]
    check(wait_for(lambda: len(world.receiver.at("/late")) >= 4), f"four steps of two runs are overdue: {len(world.receiver.at('/late'))}")
    time.sleep(1.5)
    told = [json.loads(body) for _, _, body, _ in world.receiver.at("/late")]
    same(sorted((one["type"], one["data"]["run"]) for one in told), sorted(("step.overdue", run) for run in runs for _ in range(2)), "each once")
    check(all("event=raise_events" not in serve.log for serve in serves), "without errors")
    for serve in serves:
        same(serve.stop(), 0, "it ends")


def test_log(serve):
    for text in ("whsec_", "v1,", "token", "?", "number", "http:"):
        check(text not in serve.log, f"{text!r} is in the log")
    check("became=delivered" in serve.log and "became=dead" in serve.log and "error=address is not allowed" in serve.log, "what came of messages is in the log")


def test_metrics(world, serve):
    counts = dict(world.session.run("SELECT state, count(*) FROM opres.outbox GROUP BY state;"))

    def seen():
        text = get(serve.port, "/metrics").body.decode()
        values = dict(re.findall(r"^(opres_\w+) (\d+)$", text, re.M))
        return values if values["opres_outbox_dead"] == counts["dead"] else None

    values = wait_for(seen, 5)
    check(values and int(values["opres_deliveries_total"]) >= 50 and int(values["opres_delivery_failures_total"]) >= 10 and values["opres_deliveries_dead_total"] == "1",
          f"metrics of the way out: {values}")


def main():
    behaviour = Behaviour()
    receiver = Receiver(behaviour)
    with Session() as session, temporary() as folder:
        set_up(session)
        world = World(session, receiver, behaviour)
        with Serve("--poll", 3600, "--timer", 1, "--delivery-timeout", 3) as serve:
            check(serve.ready(), "it reaches the database")
            test_delivered(world)
            test_stable_id(world)
            test_misbehaved(world)
            test_slow(world)
            test_addresses(world)
            test_rotation(world)
            test_confidential(world)
            test_no_secret(world)
            test_metrics(world, serve)
            test_log(serve)
        test_poll(world)
        test_lent(world)
        test_hosts(world)
        test_tls(world, folder)
        test_together(world)
        test_names(world, folder)
        test_timer(world)
    receiver.close()
    close()


if __name__ == "__main__":
    main()
