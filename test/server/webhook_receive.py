#!/usr/bin/env python3
"""receive_webhook: every way of signing, made by Python and openssl; messages that are wrong in one way each; replays; what senders may
do and for whom; what is refused is judged anew, what is done is done once, also when it comes twice at the same time."""
import base64
import json
import sys
import threading
import time

from sessions import Session, SqlError, Tally
from webhook_receive_signer import Ed25519, answer, as_bytes, call, deliver, github, mac, playbook, press, quoted, slack, standard

tally = Tally()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
KEY = base64.b64decode(SECRET[6:])
OTHER = b"another secret of this sender"
TEXT = "a text as secret, long enough"
CANARY = "canary7391"
UNSIGNED = (401, {"error": "not signed as expected"})
LINE = {"signature_header": "x-works-signature", "encoding": "base64"}
RELAY = {"signature_header": "X-Relay-Signature", "prefix": "sha256=", "content": "{id}|{timestamp}:{body}", "id_header": "x-relay-id", "timestamp_header": "x-relay-time",
         "timestamp_unit": "ms"}
responses = []
numbers = iter(range(1, 1000000))


def fresh():
    return f"msg_{next(numbers)}"


def note(target, text="x", **more):
    return {"type": "annotate", "data": {"note": f"{text} {CANARY}"} | target} | more


class Court:
    """A courier's session, and what is there to be told of."""

    def __init__(self, admin, session):
        self.admin, self.session, self.before = admin, session, 0

    def get(self, headers, body, sender=None):
        self.before = self.events()
        got = deliver(self.session, headers, body, sender)
        responses.append(json.dumps(got[1]))
        return got

    def send(self, body, sender="chat", name=None, key=KEY, **more):
        return self.get(standard(key, body, name or fresh(), **more), body, sender)

    def events(self):
        return int(self.admin.value("SELECT (SELECT count(*) FROM opres.incident_event) + (SELECT count(*) FROM opres.run_event);"))

    def expect(self, got, status, what, done=None, before=None):
        tally.equal(got[0], status, what)
        if done is not None:
            tally.equal(self.events() - (self.before if before is None else before), done, f"{what}: events")


def set_up(admin):
    admin.run("CREATE EXTENSION opres; SET opres.reason = 'a test'; CREATE ROLE courier LOGIN; CREATE ROLE integrator LOGIN;"
              "SELECT opres.grant_access('courier', 'courier'), opres.grant_access('integrator', 'integrator');"
              f"SELECT opres.load_playbook({quoted(json.dumps(playbook()))});")
    for person, roles in (("alice", ["csirt"]), ("carol", ["ciso"]), ("bob", ["board"]), ("dan", []), ("gone", [])):
        admin.run(f"SELECT opres.save_person('{person}', '{person}');")
        for role in roles:
            admin.run(f"SELECT opres.save_role_holder('{role}', '{person}');")
    incident = admin.value("SELECT opres.open_incident('Test', 'test-webhook', 50);")
    other = admin.value("SELECT opres.open_incident('Other', 'ddos', 50);")
    hidden = admin.value("SELECT opres.open_incident('Hidden', 'test-webhook', 50, confidential => true);")
    run = admin.value(f"SELECT opres.start_run({incident}, 'test-webhook');")
    return int(incident), int(other), int(hidden), int(run)


def add_senders(incident):
    every = "'{advance,approve,annotate,open_incident,status}'"
    with Session(user="integrator") as s:
        s.run("SET opres.reason = 'a test';")
        for name, scheme, more in (("chat", "standard", ""), ("bot", "standard", ", person => 'alice'"), ("gh", "github", ", person => 'alice'"), ("slack", "slack", ""),
                                   ("line", "generic", f", person => 'alice', options => {quoted(json.dumps(LINE))}"),
                                   ("relay", "generic", f", person => 'alice', options => {quoted(json.dumps(RELAY))}"), ("mute", "standard", ", person => 'alice'"),
                                   ("board", "standard", ", role => 'board'"), ("one", "standard", f", person => 'alice', incidents => '{{{incident}}}'"),
                                   ("types", "standard", ", person => 'alice', attack_types => '{ddos,ransomware}'"), ("erased", "standard", ", person => 'gone'"),
                                   ("off", "standard", ", person => 'alice', enabled => false")):
            s.run(f"SELECT opres.save_webhook_sender('{name}', '{scheme}', {every}{more});")
            if name != "mute":
                s.run(f"SELECT opres.add_webhook_secret('{name}', {quoted(SECRET if scheme == 'standard' else TEXT)});")
        s.run("SELECT opres.save_webhook_sender('notes', 'standard', '{annotate}', person => 'alice'), opres.add_webhook_secret('notes', 'whsec_' || encode(decode(repeat('07', 32), 'hex'), 'base64'));")
        for sender in ("chat", "slack", "board"):
            s.run(f"SELECT opres.map_webhook_user('{sender}', 'U1', 'alice'), opres.map_webhook_user('{sender}', 'U2', 'carol'), opres.map_webhook_user('{sender}', 'U3', 'bob');")


# The signatures of others' documentation: our test's signer makes the same.

def test_vectors(c):
    body = b'{"test": 2432232314}'
    made = standard(KEY, body, "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330)
    tally.equal(made["webhook-signature"], "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", "Standard Webhooks: published vector, by the signer")
    tally.equal(c.get(made, body, "bot"), UNSIGNED, "it is years old")
    c.expect(c.send(body, "bot"), 400, "its body signed now is signed well, and no message of ours")
    c.admin.run("SELECT opres.save_webhook_sender('docs', 'github', '{annotate}', person => 'alice'), opres.add_webhook_secret('docs', 'It''s a Secret to Everybody');")
    published = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    c.expect(c.get({"X-Hub-Signature-256": published}, b"Hello, World!", "docs"), 400, "GitHub: published vector: signed well, and no message of ours")
    c.expect(c.get({"X-Hub-Signature-256": published.upper().replace("SHA", "sha")}, b"Hello, World!", "docs"), 400, "in capital digits")
    tally.equal(c.get({"X-Hub-Signature-256": published.replace("17", "18")}, b"Hello, World!", "docs"), UNSIGNED, "GitHub: one digit of it another")
    tally.equal(c.get({"X-Hub-Signature-256": published}, b"Hello, World", "docs"), UNSIGNED, "GitHub: one letter less")
    slack_key, slack_body = b"8f742231b10e8888abcd99yyyzzz85a5", (b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar"
        b"&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c")
    tally.equal(slack(slack_key, slack_body, 1531420618)["X-Slack-Signature"], "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
                "Slack: published vector, by the signer")


# Each wrong in one way.

def test_signatures(c, incident):
    body = note({"incident": incident})
    now = int(time.time())

    def refused(what, headers, sent=body, sender="bot"):
        before = c.events()
        tally.equal(c.get(headers, sent, sender), UNSIGNED, what)
        tally.equal(c.events(), before, f"{what}: nothing done")

    def accepted(what, headers, sent=body, sender="bot"):
        c.expect(c.get(headers, sent, sender), 200, what, 1)

    def with_signature(what, change, good=False):
        (accepted if good else refused)(what, standard(KEY, body, fresh(), signatures=change))

    accepted("signed well", standard(KEY, body, fresh()))
    accepted("header names in capitals", {k.upper(): v for k, v in standard(KEY, body, fresh()).items()})
    accepted("other headers beside", standard(KEY, body, fresh()) | {"Host": "x", "Cookie": CANARY})
    with_signature("a token without a comma, the valid one after it", lambda s: "v1 " + s, True)
    with_signature("an unknown version first", lambda s: "v9,AAAA " + s, True)
    with_signature("several, one valid", lambda s: "v1," + "A" * 43 + "= " + s, True)
    with_signature("the valid one first", lambda s: s + " v1,AAAA", True)
    with_signature("two blanks between", lambda s: "v1,AAAA  " + s, True)
    with_signature("a ! inside", lambda s: s[:10] + "!" + s[10:])
    with_signature("a line feed after", lambda s: s + "\n")
    with_signature("the version alone", lambda s: "v1,")
    with_signature("the first eight letters", lambda s: s[:11])
    with_signature("without the last letter", lambda s: s[:-1])
    with_signature("one letter more", lambda s: s + "=")
    with_signature("without a version", lambda s: s[3:])
    with_signature("version v1a, which is another kind", lambda s: "v1a," + s[3:])
    with_signature("empty", lambda s: "")
    with_signature("bits that no byte takes", lambda s: s[:-2] + chr(ord(s[-2]) + 1) + "=")
    with_signature("in hexadecimal", lambda s: "v1," + base64.b64decode(s[3:]).hex())
    with_signature("ten thousand of them", lambda s: "v1,AAAA " * 10000)
    refused("signed with another secret", standard(OTHER, body, fresh()))
    refused("body written anew with a blank", standard(KEY, body, fresh()), json.dumps(body).replace(":", ": ").replace("  ", " ").encode() + b" ")
    refused("one bit of the body", standard(KEY, body, fresh()), as_bytes(body).replace(b"x", b"y", 1))
    refused("an empty body", standard(KEY, body, fresh()), b"")

    # The time is a whole number of seconds, not too far from now, one way or the other.
    for at in (f"{now}.9", f" +{now}", f"+{now}", f" {now}", f"{now} ", f"-{now}", f"{now}e0", f"0x{now:x}", "nan", "inf", "-inf", "NaN", "", "0", "9" * 15, "9" * 40,
               "１７００００００００", now - 301, now + 302, now - 86400, now * 1000):
        refused(f"timestamp {at!r}", standard(KEY, body, fresh(), at=at))
    for at in (now - 290, now + 290):
        accepted(f"timestamp {at - now:+} s", standard(KEY, body, fresh(), at=at))
    c.admin.run("SELECT opres.save_webhook_sender('wide', 'standard', '{annotate}', person => 'alice', tolerance => '1 hour'), opres.add_webhook_secret('wide', '" + SECRET + "');")
    accepted("a sender whose clock may be off by an hour", standard(KEY, body, fresh(), at=now - 3500), sender="wide")
    refused("and not by more", standard(KEY, body, fresh(), at=now - 3700), sender="wide")

    # id.timestamp.body: whoever may put a stop into the id can move what the body is.
    name, inner = fresh(), json.dumps(body)
    refused("an id with a stop, the time of the signature in it, a shorter body", standard(KEY, f"{now}.{inner}".encode(), name) | {"webhook-id": f"{name}.{now}"}, inner.encode())
    for name in ("a.b", "", "a b", "a\tb", "ü", "a" * 257, "a\nb"):
        refused(f"id {name[:10]!r}", standard(KEY, body, name))
    for name in ("evt:1/2+3=", "a" * 256, "key", "0190-4f5c"):
        accepted(f"id {name[:10]!r}", standard(KEY, body, name))

    # Headers that are missing, or there twice.
    for left_out in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        headers = standard(KEY, body, fresh())
        refused(f"without {left_out}", {k: v for k, v in headers.items() if k != left_out})
        refused(f"{left_out} twice", headers | {left_out.upper(): "1"})

    # Senders that cannot be.
    refused("a sender that is not there", standard(KEY, body, fresh()), sender="nobody")
    refused("a sender without a secret", standard(KEY, body, fresh()), sender="mute")
    refused("a sender without a secret, signed with none", standard(b"", body, fresh()), sender="mute")
    refused("a sender that is switched off", standard(KEY, body, fresh()), sender="off")
    refused("another scheme's signature", github(KEY, body), sender="bot")
    for path in ("/webhook/bot", "/webhook/bot/", "/webhook/bot?x=1", "/webhook/bot/more"):
        accepted(path, standard(KEY, body, fresh()) | {":path": path}, sender=None)
    for path in ("/webhook/BOT", "/webhook/..", "/webhook/%62ot", "/webhook/" + "x" * 10000, f"/webhook/{CANARY}'"):
        refused(path[:30], standard(KEY, body, fresh()) | {":path": path}, sender=None)

    # Whoever is not named is found by the signature.
    seven = bytes([7]) * 32
    for path in ({}, {":path": "/webhook"}, {":path": "/webhook/"}):
        c.expect(c.get(standard(seven, body, fresh()) | path, body), 200, f"found by its signature: {path}", 1)
    tally.equal(c.get(standard(OTHER, body, fresh()), body), UNSIGNED, "nobody's signature")
    tally.equal(c.get({}, body), UNSIGNED, "no headers")

    # What is no request at all.
    for headers in ("NULL", "'[]'", "'1'", "'{\"a\": 1}'", "'{\"a\": null}'"):
        tally.equal(answer(c.session.run(f"SELECT * FROM opres.receive_webhook({headers}, '');"))[0], 400, f"headers {headers}")
    tally.equal(answer(c.session.run("SELECT * FROM opres.receive_webhook('{}', NULL);"))[0], 400, "no body")
    large = json.dumps(note({"incident": incident}, "x" * (1 << 20))).encode()
    c.expect(c.get(standard(KEY, large, fresh()), large, "bot"), 413, "more than 1 MiB")


def test_rotation(c, incident):
    body = note({"incident": incident})
    with Session(user="integrator") as s:
        s.run("SET opres.reason = 'changing over';")
        tally.equal(s.value(f"SELECT opres.add_webhook_secret('bot', {quoted(OTHER.decode())});"), "2", "a second secret")
        c.expect(c.send(body, "bot", key=OTHER), 200, "signed with the new one")
        c.expect(c.send(body, "bot"), 200, "signed with the old one")
        name = fresh()
        both = standard(KEY, body, name)
        both["webhook-signature"] += " " + standard(OTHER, body, name)["webhook-signature"]
        s.run("SELECT opres.remove_webhook_secret('bot', 1);")
        tally.equal(c.send(body, "bot"), UNSIGNED, "the old one is removed")
        c.expect(c.get(both, body, "bot"), 200, "signed with both")
        s.run(f"SELECT opres.add_webhook_secret('bot', '{SECRET}', now() - interval '1 s');")
        tally.equal(c.send(body, "bot"), UNSIGNED, "a secret whose time is over")
        s.run(f"SELECT opres.add_webhook_secret('bot', '{SECRET}', now() + interval '1 hour');")
        c.expect(c.send(body, "bot"), 200, "one whose time is not over")

        # Secrets as people paste them.
        for length in (32, 31, 34):
            text = base64.b64encode(bytes(range(40))).decode()[:length]
            s.run(f"SELECT opres.add_webhook_secret('bot', 'whsec_{text}');")
            c.expect(c.send(body, "bot", key=base64.b64decode(text + "=" * (-length % 4))), 200, f"an unpadded secret of {length} letters")
        for secret, what in (("", "empty"), ("whsec_", "whsec_ alone"), ("whsec_!", "no base64"), ("whsec_" + "A" * 33, "33 letters"), ("short", "short"), ("whsec_YWJj", "three bytes"),
                             ("whsk_" + "A" * 44, "a private key"), ("whpk_AAAA", "a short key"), ("whpk_!", "no key")):
            try:
                s.run(f"SELECT opres.add_webhook_secret('bot', {quoted(secret)});")
                tally.ok(False, f"secret refused: {what}")
            except SqlError as error:
                tally.equal(error.code, "22023", f"secret refused: {what}")
                tally.ok(len(secret) < 8 or secret not in str(error), f"and is not in the error: {what}")


def test_ed25519(c, incident):
    pair, other = Ed25519(), Ed25519()
    body = note({"incident": incident}, "Ed25519")
    with Session(user="integrator") as s:
        s.run("SET opres.reason = 'a key'; SELECT opres.save_webhook_sender('keyed', 'standard', '{annotate}', person => 'alice');")
        s.run(f"SELECT opres.add_webhook_secret('keyed', '{pair.public}');")
        try:
            s.run(f"SELECT opres.add_webhook_secret('gh', '{pair.public}');")
            tally.ok(False, "GitHub does not sign by keys")
        except SqlError as error:
            tally.equal(error.code, "22023", "GitHub does not sign by keys")
    headers = pair.headers(body, fresh())
    before = c.events()
    tally.equal(c.get(headers | {"webhook-signature": "v1," + headers["webhook-signature"][4:]}, body, "keyed"), UNSIGNED, "called v1")
    tally.equal(c.get(headers, note({"incident": incident}, "Ed25518"), "keyed"), UNSIGNED, "another body")
    tally.equal(c.get(headers | {"webhook-id": "other"}, body, "keyed"), UNSIGNED, "another id")
    tally.equal(c.get(other.headers(body, fresh()), body, "keyed"), UNSIGNED, "another key")
    public = base64.b64decode(pair.public[5:])
    tally.equal(c.get(standard(public, body, fresh()), body, "keyed"), UNSIGNED, "the public key taken for a secret")
    signature = headers["webhook-signature"]
    for broken in (signature[:-2], signature[:-4], signature + "=", signature[:20] + "!" + signature[21:], "v1a,", "v1a," + "A" * 86 + "==", signature[:-3] + chr(ord(signature[-3]) + 1) + "=="):
        tally.equal(c.get(headers | {"webhook-signature": broken}, body, "keyed"), UNSIGNED, f"broken: {broken[-6:]}")
    tally.equal(c.events(), before, "nothing of that was done")
    c.expect(c.get(headers | {"webhook-signature": "v1,AAAA v1a,AAAA " + signature}, body, "keyed"), 200, "signed by openssl", 1, before)
    tally.equal(c.get(pair.headers(body, fresh(), int(time.time()) - 400), body, "keyed"), UNSIGNED, "too long ago")


def test_other_schemes(c, incident):
    text = TEXT.encode()
    now = int(time.time())
    body = note({"incident": incident}, "from GitHub")
    c.expect(c.get(github(text, body), body, "gh"), 200, "GitHub", 1)
    c.expect(c.get(github(text, body, "d2"), body, "gh"), 200, "GitHub: the delivery's id is not signed: the same body is the same message", 0)
    tally.equal(c.get({"X-Hub-Signature-256": mac(text, as_bytes(body)).hexdigest()}, body, "gh"), UNSIGNED, "without sha256=")
    tally.equal(c.get({"X-Hub-Signature": "sha1=" + "0" * 40}, body, "gh"), UNSIGNED, "the old header")

    body = note({"incident": incident}, "from a relay", user="U1")
    c.expect(c.get(slack(text, body), body, "slack"), 200, "Slack: JSON", 1)
    body = press("U1", note({"incident": incident}, "pressed + 100 % ü"), "t1")
    c.expect(c.get(slack(text, body), body, "slack"), 200, "Slack: a button", 1)
    tally.equal(c.admin.run("SELECT person, login, note FROM opres.incident_event ORDER BY recorded_at DESC LIMIT 1;"),
                [["alice", "webhook slack", f"pressed + 100 % ü {CANARY}"]], "in the name of who pressed it")
    c.expect(c.get(slack(text, body, now - 10), body, "slack"), 200, "Slack: the same button's press again, a later time", 0)
    for at in (now - 301, now + 302, "nan", f"{now}.5"):
        tally.equal(c.get(slack(text, body, at), body, "slack"), UNSIGNED, f"Slack: time {at}")
    for what, broken in (("another user inside", press("U1", note({"incident": incident}, user="U2"), "t2")), ("no press", press("U1", {}, "t3", type="view_submission")),
                         ("two at a time", press("U1", {}, "t4", actions=[{"value": json.dumps(note({"incident": incident}))}] * 2)), ("no JSON inside", press("U1", {}, "t5", actions=[{"value": CANARY}])),
                         ("no value", press("U1", {}, "t6", actions=[{}])), ("no user", press(None, note({"incident": incident}), "t7")),
                         ("half a digit", b"payload=%7"), ("two fields", b"payload=%7B%7D&payload=%7B%7D"), ("no field", b"token=x"), ("no UTF-8", b"payload=%ff"), ("a zero", b"payload=%00")):
        c.expect(c.get(slack(text, broken), broken, "slack"), 400, f"Slack: {what}", 0)
    body = press("U9", note({"incident": incident}), "t8")
    c.expect(c.get(slack(text, body), body, "slack"), 403, "Slack: a user we do not know", 0)

    body = note({"incident": incident}, "from LINE WORKS")
    signature = base64.b64encode(mac(text, as_bytes(body)).digest()).decode()
    c.expect(c.get({"X-WORKS-Signature": signature}, body, "line"), 200, "generic: base64 of the body's", 1)
    tally.equal(c.get({"X-WORKS-Signature": signature.lower()}, body, "line"), UNSIGNED, "generic: capitals count in base64")

    body = note({"incident": incident}, "from a relay")

    def relay(name, at, content=None):
        return {"x-relay-id": name, "x-relay-time": str(at), "x-relay-signature": "sha256=" + mac(text, content or f"{name}|{at}:".encode() + as_bytes(body)).hexdigest()}
    c.expect(c.get(relay("r1", now * 1000), body, "relay"), 200, "generic: id, milliseconds, body", 1)
    c.expect(c.get(relay("r1", now * 1000 + 1), body, "relay"), 200, "generic: the same id again", 0)
    tally.equal(c.get(relay("r2", now), body, "relay"), UNSIGNED, "generic: seconds where milliseconds are expected")
    tally.equal(c.get(relay("r3|x", now * 1000), body, "relay"), UNSIGNED, "generic: what ends the id is not in it")
    tally.equal(c.get(relay("key.x", now * 1000), body, "relay"), UNSIGNED, "generic: nor is a stop, whatever ends it")
    tally.equal(c.get(relay("r4", (now - 400) * 1000), body, "relay"), UNSIGNED, "generic: too long ago")
    with Session(user="integrator") as s:
        s.run("SET opres.reason = 'a test';")
        for options in ({}, {"signature_header": ""}, {"signature_header": "a b"}, {"signature_header": 1}, LINE | {"encoding": "base32"}, LINE | {"prefix": 1}, LINE | {"more": 1},
                        LINE | {"content": "{id}{body}", "id_header": "x"}, LINE | {"content": "{id}.{body}"}, LINE | {"content": "{body}.{id}", "id_header": "x"},
                        LINE | {"content": "{timestamp}{body}", "timestamp_header": "x"}, LINE | {"content": "x"}, LINE | {"content": "{body}{body}"}, LINE | {"content": "{x}{body}"},
                        LINE | {"content": "{id}-{body}", "id_header": "x"}, LINE | {"timestamp_unit": "us"}, []):
            try:
                s.run(f"SELECT opres.save_webhook_sender('bad', 'generic', '{{annotate}}', person => 'alice', options => {quoted(json.dumps(options))});")
                tally.ok(False, f"options refused: {options}")
            except SqlError as error:
                tally.equal(error.code, "22023", f"options refused: {options}")
        for tolerance in ("NaN", "-infinity", "0", "-5 minutes", "2 hours"):
            try:
                s.run(f"SELECT opres.save_webhook_sender('bad', 'standard', '{{annotate}}', person => 'alice', tolerance => '{tolerance}');")
                tally.ok(False, f"tolerance refused: {tolerance}")
            except SqlError as error:
                tally.equal(error.code[:2], "22", f"tolerance refused: {tolerance}")


def test_replays(c, incident):
    body, name = note({"incident": incident}, "once"), fresh()
    first = c.get(standard(KEY, body, name), body, "bot")
    before = c.events()
    c.expect(first, 200, "done")
    tally.equal(c.get(standard(KEY, body, name), body, "bot"), first, "an exact replay has the same answer")
    tally.equal(c.get(standard(KEY, body, name, int(time.time()) - 60), body, "bot"), first, "tried again, signed anew")
    tally.equal(c.events(), before, "and is not done again")
    other = note({"incident": incident}, "another")
    c.expect(c.get(standard(KEY, other, name), other, "bot"), 409, "another message under this id", 0, before)
    c.expect(c.get(standard(KEY, body, name, int(time.time()) - 301), body, "bot"), 401, "a replay too late")
    c.expect(c.get(standard(KEY, body, name), body, "one"), 200, "another sender's ids are its own", 1, before)

    # A sender that makes a new id for each try says by a key what is the same.
    keyed = note({"incident": incident}, "keyed", key=f"business-{CANARY}")
    first = c.send(keyed, "bot")
    before = c.events()
    c.expect(first, 200, "done")
    tally.equal(c.send(keyed, "bot"), first, "a new id, the same key: the same answer")
    tally.equal(c.send(keyed | {"timestamp": "2026-01-01T00:00:00Z"}, "bot"), first, "also with a new timestamp")
    tally.equal(c.events(), before, "and is not done again")
    c.expect(c.send(note({"incident": incident}, "something else", key=f"business-{CANARY}"), "bot"), 409, "the key of something else", 0, before)
    for key in ("", "k" * 201, 1, {}, []):
        c.expect(c.send(keyed | {"key": key}, "bot"), 400, f"key {str(key)[:5]!r}", 0, before)
    c.expect(c.send(keyed | {"key": None}, "bot"), 200, "no key", 1, before)

    # Receipts outlive the window by far: twice its width, and the tries of every sender.
    c.admin.run("UPDATE opres.webhook_receipt SET received_at = now() - interval '3 hours';")
    c.admin.run("SELECT opres.purge_webhook_receipts();")
    tally.equal(c.get(standard(KEY, body, name), body, "bot"), (200, {"result": "recorded"}), "after three hours it is known")
    tally.equal(c.events(), before + 1, "and not done again")
    c.admin.run("UPDATE opres.webhook_receipt SET received_at = now() - interval '8 days';")
    kept = c.admin.run("SELECT count(*) FROM opres.webhook_receipt WHERE sender IN ('gh', 'line');")
    purged = int(c.admin.value("SELECT opres.purge_webhook_receipts();"))
    tally.ok(purged > 10, "after eight days old ones are purged")
    tally.equal(c.admin.run("SELECT DISTINCT sender FROM opres.webhook_receipt ORDER BY 1;"), [["gh"], ["line"]], "but not of senders without a signed time")
    tally.equal(c.admin.run("SELECT count(*) FROM opres.webhook_receipt WHERE sender IN ('gh', 'line');"), kept, "all of theirs stay")


def test_telephone(c):
    """Who presses may have been told so by telephone: both are on record. Who holds no role approves nothing, nor hears it."""
    incident = c.admin.value("SELECT opres.open_incident('By telephone', 'test-webhook', 50);")
    run = int(c.admin.value(f"SELECT opres.start_run({incident}, 'test-webhook');"))

    def ask(kind, user, **data):
        return c.send({"type": kind, "data": {"run": run, "step": "D-1"} | data, "user": user})

    tally.equal(ask("advance", "U1", outcome="success"), (200, {"result": "submitted"}), "submitted")
    c.expect(ask("approve", "U4"), 403, "who holds no role does not approve", 0)
    c.expect(ask("approve", "U3", on_behalf_of="dan"), 403, "nor does another for her", 0)
    c.expect(ask("approve", "U1", on_behalf_of="carol"), 403, "who has done the step does not hear its approval", 0)
    tally.equal(ask("approve", "U3", on_behalf_of="carol", note="by telephone"), (200, {"result": "submitted"}), "heard by another")
    tally.equal(c.admin.run(f"SELECT person, heard_by, login FROM opres.run_event WHERE run = {run} AND kind = 'approve';"), [["carol", "bob", "webhook chat"]], "who, who heard it, and through what")
    tally.equal(c.admin.run(f"SELECT content::jsonb->>'person', content::jsonb->>'heard_by', content::jsonb->>'login' FROM opres.audit_trail WHERE action = 'run.approve' AND subject LIKE 'run {run} %';"),
                [["carol", "bob", "webhook chat"]], "in the trail too")


def test_acts(c, incident, other, hidden, run):
    def ask(kind, user=None, sender="chat", **data):
        body = {"type": kind, "data": data} | ({"user": user} if user else {})
        return c.send(body, sender)

    # An approval before there is anything to approve; then the same message again.
    body, name = {"type": "approve", "data": {"run": run, "step": "D-1"}, "user": "U2"}, fresh()
    got = c.get(standard(KEY, body, name), body, "chat")
    tally.equal(got, (409, {"error": "conflict", "message": "step D-1 is reached", "detail": '"approve" is not possible then.'}), "409 says how things stand")
    tally.equal(c.admin.value(f"SELECT count(*) FROM opres.webhook_receipt WHERE message_id = '{name}';"), "0", "what is refused leaves no receipt")
    c.expect(ask("approve", "U2", run=run, step=f"D-9{CANARY}"), 404, "no such step")
    c.expect(ask("advance", "U1", run=run, step="D-1", outcome=CANARY), 400, "no such outcome")
    tally.equal(ask("advance", "U1", run=run, step="D-1", outcome="success", note="done by chat"), (200, {"result": "submitted"}), "advance")
    c.expect(c.get(standard(KEY, body | {"user": "U1"}, "x1"), body | {"user": "U1"}, "chat"), 403, "who has done it does not approve it")
    c.expect(ask("approve", "U9", run=run, step="D-1"), 403, "a user who is nobody")
    c.expect(ask("approve", run=run, step="D-1"), 403, "no user")
    first = c.get(standard(KEY, body, name), body, "chat")
    tally.equal(first, (200, {"result": "submitted"}), "the message that was refused is judged anew: approved by the ciso")
    before = c.events()
    tally.equal(c.get(standard(KEY, body, name), body, "chat"), first, "and from now on it is done")
    tally.equal(c.events(), before, "once")
    c.expect(ask("approve", "U2", run=run, step="D-1"), 409, "she approved it already", 0, before)
    c.expect(ask("annotate", "U1", "board", run=run, note="x"), 403, "a sender for holders of a role: not this user", 0, before)
    body, name = {"type": "approve", "data": {"run": run, "step": "D-1"}, "user": "U3"}, fresh()
    c.admin.run("SELECT opres.remove_role_holder('board', 'bob');")
    c.expect(c.get(standard(KEY, body, name), body, "board"), 403, "no more a holder", 0, before)
    c.expect(ask("annotate", "U3", "board", run=run, note="x"), 403, "not even a note", 0, before)
    c.admin.run("SELECT opres.save_role_holder('board', 'bob');")
    tally.equal(c.get(standard(KEY, body, name), body, "board"), (200, {"result": "done"}), "a holder again, and the same message goes through")
    tally.equal(c.admin.run(f"SELECT kind, person, login FROM opres.run_event WHERE run = {run} AND kind IN ('success', 'approve') ORDER BY number;"),
                [["success", "alice", "webhook chat"], ["approve", "carol", "webhook chat"], ["approve", "bob", "webhook board"]], "who, and through what")
    tally.equal(c.admin.run("SELECT actor, content::jsonb->>'person', content::jsonb->>'login' FROM opres.audit_trail WHERE action = 'run.approve' ORDER BY entry;"),
                [["courier", "carol", "webhook chat"], ["courier", "bob", "webhook board"]], "the trail has both, sender and person")

    # Status.
    status, shown = ask("status", "U1", run=run, lang="ja")
    tally.equal((status, shown["run"], shown["state"], [s["step"] for s in shown["steps"]]), (200, run, "active", ["D-2"]), "status of a run")
    status, shown = ask("status", "U1", incident=incident)
    tally.equal((status, shown["incident"], [r["run"] for r in shown["runs"]]), (200, incident, [run]), "status of an incident")
    tally.equal(ask("status", "U1", run=run, lang="fr")[0], 400, "a language there is not")

    # Who may not see an incident is told it is not there.
    for kind, data in (("annotate", {"note": CANARY}), ("status", {})):
        c.expect(ask(kind, "U1", incident=hidden, **data), 404, f"{kind}: a confidential incident")
        c.expect(ask(kind, "U1", incident=999, **data), 404, f"{kind}: no such incident")
        c.expect(ask(kind, "U1", run=999, **data), 404, f"{kind}: no such run")
    c.admin.run(f"SELECT opres.admit_to_incident({hidden}, 'alice');")
    c.expect(ask("annotate", "U1", incident=hidden, note="seen"), 200, "whoever is admitted is, by chat too")
    c.expect(ask("annotate", "U2", incident=hidden, note="seen"), 404, "the others are not")

    # What a sender is for.
    c.expect(ask("annotate", sender="one", incident=incident, note="x"), 200, "a sender for one incident: this one")
    c.expect(ask("annotate", sender="one", run=run, note="x"), 200, "and its runs")
    for kind, data in (("annotate", {"incident": other, "note": CANARY}), ("status", {"incident": other}), ("open_incident", {"title": "x", "attack_type": "ddos", "severity": 1})):
        c.expect(ask(kind, sender="one", **data), 403, f"no other: {kind}")
    c.expect(ask("annotate", sender="types", incident=other, note="x"), 200, "a sender for types of attacks: this one")
    c.expect(ask("annotate", sender="types", run=run, note="x"), 403, "not this one")
    c.expect(ask("open_incident", sender="types", title="x", attack_type="ddos", severity=1), 200, "opening one of these")
    c.expect(ask("open_incident", sender="types", title="x", attack_type="phishing", severity=1), 403, "not of others")
    body = {"type": "status", "data": {"incident": incident}}
    c.expect(c.get(standard(bytes([7]) * 32, body, fresh()), body, "notes"), 403, "a sender for notes alone")
    c.admin.run("SELECT count(*) FROM opres.erase_person('gone', 'has left');")
    c.expect(ask("annotate", sender="erased", incident=incident, note="x"), 403, "in the name of who was erased")
    c.admin.run("SELECT count(*) FROM opres.erase_person('dan', 'has left');")

    # Opening incidents.
    c.admin.run("INSERT INTO opres.node (code, kind) VALUES ('sys.a', 'system');")
    status, opened = ask("open_incident", "U1", title="Opened by chat", attack_type="ddos", severity=30, nodes=["sys.a"], exercise=True, confidential=True, note="seen",
                         detected_at="2026-11-01T08:00:00+09:00")
    tally.equal(status, 200, "an incident")
    tally.equal(c.admin.run(f"SELECT title, severity, exercise, confidential, opened_by, detected_at AT TIME ZONE 'UTC', (SELECT string_agg(node, '') FROM opres.incident_node WHERE incident = id) "
                            f"FROM opres.incident WHERE id = {opened['incident']};"), [["Opened by chat", "30", "t", "t", "alice", "2026-10-31 23:00:00", "sys.a"]], "as it was told")
    body = {"type": "open_incident", "timestamp": "2026-11-01T08:00:00Z", "data": {"title": "x", "attack_type": "ddos", "severity": 1}, "user": "U1"}
    opened = c.send(body)[1]["incident"]
    tally.equal(c.admin.value(f"SELECT detected_at AT TIME ZONE 'UTC' FROM opres.incident WHERE id = {opened};"), "2026-11-01 08:00:00", "detected when the message says it was")
    body = note({"incident": opened}, timestamp="2026-11-02T08:00:00Z", user="U1")
    c.send(body)
    tally.equal(c.admin.value(f"SELECT max(occurred_at) AT TIME ZONE 'UTC' FROM opres.incident_event WHERE incident = {opened};"), "2026-11-02 08:00:00", "the same of a note")
    ahead = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + 100))
    c.expect(c.send(note({"incident": opened}, timestamp=ahead, user="U1")), 200, "a clock that is a little ahead")
    c.expect(c.send(note({"incident": opened}, timestamp="2036-11-02T08:00:00Z", user="U1")), 400, "a note of the future")
    c.admin.run(f"SELECT opres.close_incident({opened}, 'over');")
    got = ask("open_incident", "U1", title="x", attack_type="ddos", severity=1, nodes=["no.such"])
    c.expect(got, 404, "a node that is not on the map")


def test_malformed(c, incident, run):
    good = {"type": "annotate", "data": {"incident": incident, "note": "x"}, "user": "U1"}
    deep = b'{"type":"annotate","user":"U1","data":{"incident":%d,"note":"x","evidence":' % incident + b'{"a":' * 100000 + b"1" + b"}" * 100000 + b"}}"
    before = c.events()
    for what, body in (("no JSON", b"hello"), ("nothing", b""), ("an array", []), ("a text", b'"x"'), ("null", b"null"), ("half of it", as_bytes(good)[:-5]), ("more after it", as_bytes(good) + b"x"),
                       ("no UTF-8", as_bytes(good).replace(b"x", b"\xff")), ("a zero byte", as_bytes(good) + b"\0"), ("an escaped zero", as_bytes(good).replace(b'"x"', b'"\\u0000"')),
                       ("half a surrogate", as_bytes(good).replace(b'"x"', b'"\\ud800"')), ("nested deeply", deep), ("no type", {"data": {}}), ("an unknown type", good | {"type": CANARY}),
                       ("type a number", good | {"type": 1}), ("no data", {"type": "annotate", "user": "U1"}), ("data an array", good | {"data": []}), ("data a text", good | {"data": CANARY}),
                       ("an unknown member", good | {CANARY: 1}), ("user a number", good | {"user": 1}), ("a timestamp without a zone", good | {"timestamp": "2026-01-01T00:00:00"}),
                       ("no timestamp", good | {"timestamp": CANARY}), ("a timestamp that is a number", good | {"timestamp": 1})):
        c.expect(c.send(body), 400, what)
    for what, data in (("nothing", {}), ("no note", {"incident": incident}), ("an empty note", {"incident": incident, "note": ""}), ("a note of a number", {"incident": incident, "note": 1}),
                       ("an unknown argument", {"incident": incident, "note": "x", CANARY: 1}), ("both", {"incident": incident, "run": run, "note": "x"}), ("a text as number", {"incident": str(incident), "note": "x"}),
                       ("half an incident", {"incident": incident + .5, "note": "x"}), ("a huge one", {"incident": 1e30, "note": "x"}), ("none", {"incident": 0, "note": "x"}), ("null", {"incident": None, "note": "x"}),
                       ("evidence a text", {"incident": incident, "note": "x", "evidence": CANARY}), ("another time", {"incident": incident, "note": "x", "occurred_at": CANARY}),
                       ("in the future", {"incident": incident, "note": "x", "occurred_at": "2036-01-01T00:00:00Z"})):
        c.expect(c.send(good | {"data": data}), 400, f"annotate: {what}")
    for what, data in (("severity", {"title": "x", "attack_type": "ddos", "severity": 101}), ("half a severity", {"title": "x", "attack_type": "ddos", "severity": .5}),
                       ("no type", {"title": "x", "severity": 1}), ("a bad type", {"title": "x", "attack_type": f"D {CANARY}", "severity": 1}), ("nodes no array", {"title": "x", "attack_type": "ddos", "severity": 1, "nodes": "a"}),
                       ("nodes of numbers", {"title": "x", "attack_type": "ddos", "severity": 1, "nodes": [1]}), ("an empty title", {"title": "", "attack_type": "ddos", "severity": 1})):
        c.expect(c.send({"type": "open_incident", "data": data, "user": "U1"}), 400, f"open_incident: {what}")
    tally.equal(c.events(), before, "nothing of that was done")
    c.expect(c.send(good | {"data": {"incident": incident, "note": "null is left out", "evidence": None, "occurred_at": None}, "key": None, "timestamp": None}), 200, "null is as good as absent", 1, before)


# Two at the same time.

def waits(admin):
    for _ in range(2000):
        if admin.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND usename = 'courier';") != "0":
            return True
        time.sleep(.01)
    return False


def test_together(c, incident, run):
    for end, done in (("COMMIT", 1), ("ROLLBACK", 1)):
        for what, first_body, second_body in (("message", None, None), ("key", {"key": f"k{end}"}, {"key": f"k{end}"})):
            body = note({"incident": incident}, f"{what} {end}") | (first_body or {})
            name = fresh()
            before = c.events()
            with Session(user="courier") as first, Session(user="courier") as second:
                first.run("BEGIN;")
                one = deliver(first, standard(KEY, body, name), body, "bot")
                second.send(call(standard(KEY, body, name if second_body is None else fresh()), body, "bot"))
                tally.ok(waits(c.admin), f"the same {what} waits for the first")
                first.run(f"{end};")
                tally.equal(answer(second.receive()), one, f"{what}, {end}: the same answer")
            tally.equal(c.events() - before, done, f"{what}, {end}: done once")

    body, name = note({"incident": incident}, "all at once"), fresh()
    statement, before, got = call(standard(KEY, body, name), body, "bot"), c.events(), []

    def deliver_one():
        with Session(user="courier") as s:
            for _ in range(5):
                got.append(answer(s.run(statement)))
    threads = [threading.Thread(target=deliver_one) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    tally.equal((len(got), set(map(str, got)), c.events() - before), (40, {"(200, {'result': 'recorded'})"}, 1), "eight deliver it at once, five times each")

    # What is the matter with the database is no answer, and nothing is kept.
    body, name = note({"run": run}, "in line"), fresh()
    with Session(user="courier") as first, Session(user="courier") as second:
        first.run("BEGIN;")
        holder = note({"run": run}, "holds the run")
        deliver(first, standard(KEY, holder, fresh()), holder, "bot")
        second.run("SET lock_timeout = '100ms';")
        try:
            deliver(second, standard(KEY, body, name), body, "bot")
            tally.ok(False, "a lock that is not to be had is an error")
        except SqlError as error:
            tally.equal(error.code, "55P03", "a lock that is not to be had is an error")
        first.run("COMMIT;")
        before = c.events()
        c.expect(deliver(second, standard(KEY, body, name), body, "bot"), 200, "and the next try gets through", 1, before)
        second.run("SET lock_timeout = 0; SET statement_timeout = '200ms';")
        first.run("BEGIN;")
        deliver(first, standard(KEY, holder, fresh()), holder, "bot")
        late = note({"run": run}, "late")
        try:
            deliver(second, standard(KEY, late, "late"), late, "bot")
            tally.ok(False, "cancelling is an error")
        except SqlError as error:
            tally.equal(error.code, "57014", "cancelling is an error")
        first.run("ROLLBACK;")


def test_rights(c):
    for user, statement in (("courier", "SELECT * FROM opres.webhook_secret"), ("courier", "SELECT * FROM opres.webhook_receipt"), ("courier", "SELECT * FROM opres.incident"),
                            ("courier", "SELECT opres.advance(1, 'x', 'success')"), ("courier", "SELECT opres.add_webhook_secret('bot', 'x')"), ("courier", "SELECT opres.speak_as('alice', 'x')"),
                            ("integrator", "SELECT opres.receive_webhook('{}', '')"), ("integrator", "SELECT secret FROM opres.webhook_secret"), ("integrator", "UPDATE opres.webhook_sender SET enabled = true"),
                            ("integrator", "SELECT opres.speak_as('alice', 'x')"), ("integrator", "DELETE FROM opres.webhook_receipt")):
        with Session(user=user) as s:
            try:
                s.run(statement + ";")
                tally.ok(False, f"{user} may not: {statement}")
            except SqlError as error:
                tally.equal(error.code, "42501", f"{user} may not: {statement}")
    with Session(user="integrator") as s:
        tally.ok(s.run("SELECT sender, id, kind, valid_until FROM opres.webhook_secret;"), "an integrator sees which secrets there are")
        tally.ok(s.run("SELECT * FROM opres.webhook_receipt;"), "and what was received")
    trail = c.admin.value("SELECT string_agg(concat_ws(' ', subject, reason, content), ' ') FROM opres.audit_trail WHERE action LIKE 'webhook%';").lower()
    for secret in (SECRET[6:].lower(), OTHER.decode().lower(), TEXT, "u1"):
        tally.ok(secret not in trail, f"not in the audit trail: {secret}")
    tally.equal(c.admin.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")
    tally.equal(c.admin.run("SELECT * FROM opres.check_runs();"), [], "and so do the runs")
    tally.equal(c.admin.run("SELECT person FROM opres.webhook_identity WHERE person = 'dan';"), [], "who was erased is nobody in any system")
    tally.equal([r for r in responses if CANARY in r], [], "no answer says what was sent")
    tally.ok(len(responses) > 200, "that many answers were looked at")


def main():
    with Session() as admin:
        incident, other, hidden, run = set_up(admin)
        add_senders(incident)
        admin.run("SELECT opres.map_webhook_user('chat', 'U4', 'dan');")
        with Session(user="courier") as session:
            c = Court(admin, session)
            test_vectors(c)
            test_signatures(c, incident)
            test_rotation(c, incident)
            test_ed25519(c, incident)
            test_other_schemes(c, incident)
            test_replays(c, incident)
            test_malformed(c, incident, run)
            test_acts(c, incident, other, hidden, run)
            test_together(c, incident, run)
            test_telephone(c)
            test_rights(c)
    return tally.close()


sys.exit(main())
