#!/usr/bin/env python3
"""opres.check_signatures against documents signed by the openssl program, for every algorithm; each then spoilt in every member.

What is signed is put together here from ITU-T X.590 and RFC 8785 (canonical_json.py), not by the code under test.
"""
import base64
import copy
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from canonical_json import canonical
from sessions import Session, SqlError

EC = {"ES256": ("P-256", 32), "ES384": ("P-384", 48), "ES512": ("P-521", 66)}
ED = {"Ed25519": "ED25519", "Ed448": "ED448"}
ALGORITHMS = [f"{kind}{bits}" for kind in ("RS", "PS") for bits in (256, 384, 512)] + list(EC) + list(ED)
PLAYBOOK = {"type": "playbook", "spec_version": "cacao-2.0", "id": "playbook--0b2ac8a3-0bb5-4b3e-8a6a-7ff0a4f0c0de", "name": "手順 \U0001F512",
            "created": "2026-01-01T00:00:00.000Z", "modified": "2026-02-01T00:00:00.000Z", "priority": 3.0, "numbers": [1e21, 0.1, -0.0, 1e-7],
            "\ufb33": None, "\U0001F600": {"b": True, "a": "\u0007"}, "workflow": {}}


class Tally:
    passed = failed = 0

    def equal(self, got, expected, what):
        good = got == expected
        self.passed, self.failed = self.passed + good, self.failed + (not good)
        if not good and self.failed <= 10:
            print(f"not ok: {what}: expected {expected!r}, got {got!r}")


def openssl(*arguments):
    return subprocess.run(["openssl", *arguments], capture_output=True, check=True).stdout


def make_key(folder, algorithm, name):
    path = str(folder / name)
    if algorithm in EC:
        openssl("genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{EC[algorithm][0]}", "-out", path)
    elif algorithm in ED:
        openssl("genpkey", "-algorithm", ED[algorithm], "-out", path)
    else:
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path)
    return path


def public_key(path):
    return base64.b64encode(openssl("pkey", "-in", path, "-pubout", "-outform", "DER")).decode()


def integers(der):
    """The two of an ECDSA signature."""
    at, found = 2 if der[1] < 128 else 3, []
    for _ in range(2):
        length = der[at + 1]
        found.append(int.from_bytes(der[at + 2:at + 2 + length], "big"))
        at += 2 + length
    return found


def raw_signature(folder, path, algorithm, message):
    given = folder / "message"
    given.write_bytes(message)
    if algorithm in ED:
        return openssl("pkeyutl", "-sign", "-rawin", "-in", str(given), "-inkey", path)
    options = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] if algorithm.startswith("PS") else []
    signed = openssl("dgst", f"-sha{algorithm[2:]}", "-sign", path, *options, str(given))
    if algorithm in EC:
        signed = b"".join(number.to_bytes(EC[algorithm][1], "big") for number in integers(signed))
    return signed


def plain(value):
    """As canonical() takes it: numbers are doubles."""
    return json.loads(json.dumps(value), parse_int=float)


def innermost(signature):
    while "signature" in signature:
        signature = signature["signature"]
    return signature


def sign(folder, path, algorithm, document, signature, hash_algorithm="sha-256", within=None):
    """The signature, or a countersignature at the end of `within`, filled in."""
    signature.update(algorithm=algorithm, hash_algorithm=hash_algorithm)
    whole = copy.deepcopy(document)
    if within is None:
        whole["signatures"] = [signature]
    else:
        innermost(within)["signature"] = signature
        whole["signatures"] = [within]
    digest = hashlib.new(hash_algorithm.replace("-", ""), canonical(plain(whole)).encode()).hexdigest()
    value = raw_signature(folder, path, algorithm, digest.encode())
    signature["value"] = base64.urlsafe_b64encode(value).decode().rstrip("=")
    return signature


def meta(**more):
    return {"type": "jss", "id": "jss--af892292-c4b4-47eb-9be6-4897ff4b9388", "signee": "検査部", "created": "2026-02-01T00:00:00.000Z",
            "modified": "2026-02-01T00:00:00.000Z", "related_to": PLAYBOOK["id"], "related_version": PLAYBOOK["modified"], **more}


class Server:
    def __init__(self):
        self.session = Session()
        self.session.run("CREATE EXTENSION opres; SET opres.reason = 'test';")

    @staticmethod
    def text(value):
        return f"convert_from('\\x{value.encode().hex()}', 'UTF8')"

    def found(self, document):
        return json.loads(self.session.value(f"SELECT opres.check_signatures({self.text(json.dumps(document))}::jsonb);"))

    def trust(self, name, key):
        return self.session.value(f"SELECT opres.add_playbook_key({self.text(name)}, {self.text(key)});")


def spoilt(document, rng):
    """Copies with one thing changed in each member, the signature's own too."""
    for name in [*document, "another"]:
        if name != "signatures":
            copied = copy.deepcopy(document)
            copied[name] = "changed"
            yield name, copied
    for name in ("signee", "created", "id", "another"):
        copied = copy.deepcopy(document)
        copied["signatures"][0][name] = "changed"
        yield f"signatures[0].{name}", copied
    copied = copy.deepcopy(document)
    value = bytearray(base64.urlsafe_b64decode(copied["signatures"][0]["value"] + "=="))
    value[rng.randrange(len(value))] ^= 1 << rng.randrange(8)
    copied["signatures"][0]["value"] = base64.urlsafe_b64encode(value).decode()
    yield "a bit of the value", copied


def check_algorithm(server, tally, folder, algorithm, rng):
    path = make_key(folder, algorithm, algorithm)
    key = public_key(path)
    fingerprint = hashlib.sha256(base64.b64decode(key)).hexdigest()
    hash_algorithm = rng.choice(["sha-256", "sha-384", "sha-512"])
    signed = {**PLAYBOOK, "signatures": [sign(folder, path, algorithm, PLAYBOOK, meta(public_key=key), hash_algorithm)]}
    found = server.found(signed)[0]
    tally.equal((found["state"], found.get("reason"), found["fingerprint"], found["trusted"]), ("valid", None, fingerprint, False), algorithm)
    tally.equal(server.trust(algorithm, key), fingerprint, f"{algorithm}: trusted")
    found = server.found(signed)[0]
    tally.equal((found["key"], found["trusted"]), (algorithm, True), f"{algorithm}: by its name")
    for what, document in spoilt(signed, rng):
        found = server.found(document)[0]
        tally.equal((found["state"], found["trusted"]), ("invalid", False), f"{algorithm}: {what} changed")
    other = public_key(make_key(folder, algorithm, "other"))
    document = copy.deepcopy(signed)
    document["signatures"][0]["public_key"] = other
    tally.equal(server.found(document)[0]["state"], "invalid", f"{algorithm}: another key")
    value = base64.urlsafe_b64decode(signed["signatures"][0]["value"] + "==")
    document["signatures"][0].update(public_key=key, value=value.hex())
    tally.equal(server.found(document)[0]["state"], "valid", f"{algorithm}: the value as hexadecimal digits")
    for shorter in (value[:-1], b"\0" + value, b""):
        document["signatures"][0]["value"] = base64.urlsafe_b64encode(shorter).decode()
        tally.equal(server.found(document)[0]["state"], "invalid", f"{algorithm}: {len(shorter)} octets")


def check_kinds_of_keys(server, tally, folder):
    """A certificate, a thumbprint, PEM, an address, another curve, too short a key."""
    path = make_key(folder, "ES256", "kinds")
    key = public_key(path)
    certificate = openssl("req", "-x509", "-new", "-key", path, "-subj", "/CN=test", "-days", "1", "-outform", "DER")
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(base64.b64decode(key)).digest()).decode().rstrip("=")

    def found(**members):
        signature = sign(folder, path, members.pop("algorithm", "ES256"), PLAYBOOK, meta(**members))
        return server.found({**PLAYBOOK, "signatures": [signature]})[0]

    chain = {"public_cert_chain": [base64.b64encode(certificate).decode()]}
    tally.equal(found(**chain)["state"], "valid", "a certificate")
    tally.equal(found(**chain)["fingerprint"], hashlib.sha256(base64.b64decode(key)).hexdigest(), "the fingerprint of its key")
    tally.equal(found(thumbprint=thumbprint)["state"], "unchecked", "the thumbprint of a key nobody knows")
    tally.equal(found(cert_url="https://example.org/cert.pem")["state"], "unchecked", "an address")
    tally.equal(found(public_cert_chain=[key])["state"], "unchecked", "a key for a certificate")
    server.trust("kinds", openssl("req", "-x509", "-new", "-key", path, "-subj", "/CN=x", "-days", "1").decode())
    tally.equal((found(thumbprint=thumbprint)["state"], found(thumbprint=thumbprint)["trusted"]), ("valid", True), "the thumbprint of a trusted key")
    tally.equal(found(**chain)["key"], "kinds", "trusted by a certificate of the same key")
    tally.equal(found(public_key=openssl("pkey", "-in", path, "-pubout").decode())["state"], "valid", "PEM with its lines")
    tally.equal(found(public_key="-----BEGIN PUBLIC KEY-----\n" + key)["state"], "unchecked", "half of PEM")
    for more, state in (({"revoked": True}, "lapsed"), ({"revoked": False}, "valid"), ({"valid_from": "2999-01-01T00:00:00.000Z"}, "lapsed"),
                        ({"valid_until": "2026-02-02T00:00:00.000Z"}, "lapsed"),
                        ({"valid_from": "2026-02-02T00:00:00.000Z", "valid_until": "2999-01-01T00:00:00.000Z"}, "valid"),
                        ({"related_to": "playbook--00000000-0000-4000-8000-000000000000"}, "invalid"),
                        ({"related_version": "2026-02-01T00:00:00.001Z"}, "invalid")):
        tally.equal((found(public_key=key, **more)["state"], found(public_key=key, **more)["trusted"]), (state, state == "valid"), f"{more}")
    short = str(folder / "short")
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024", "-out", short)
    signature = sign(folder, short, "RS256", PLAYBOOK, meta(public_key=public_key(short)))
    tally.equal(server.found({**PLAYBOOK, "signatures": [signature]})[0]["state"], "invalid", "a key of 1024 bits")
    curve = str(folder / "curve")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1", "-out", curve)
    signature = sign(folder, curve, "ES256", PLAYBOOK, meta(public_key=public_key(curve)))
    tally.equal(server.found({**PLAYBOOK, "signatures": [signature]})[0]["state"], "invalid", "another curve of the same size")


def check_several(server, tally, folder):
    """Signatures side by side and within one another."""
    keys = {algorithm: make_key(folder, algorithm, f"several-{algorithm}") for algorithm in ("Ed25519", "ES384", "RS256")}

    def one(algorithm, within=None):
        return sign(folder, keys[algorithm], algorithm, PLAYBOOK, meta(public_key=public_key(keys[algorithm])), within=within)

    side_by_side = {**PLAYBOOK, "signatures": [one(algorithm) for algorithm in keys]}
    tally.equal([s["state"] for s in server.found(side_by_side)], ["valid"] * 3, "side by side")
    side_by_side["signatures"][1]["signee"] = "somebody else"
    tally.equal([s["state"] for s in server.found(side_by_side)], ["valid", "invalid", "valid"], "one of them spoilt")
    nest = one("Ed25519")
    for _ in range(9):
        one("ES384", within=nest)
    found = server.found({**PLAYBOOK, "signatures": [nest]})[0]
    states = []
    while found:
        states.append(found["state"])
        found = found.get("countersignature")
    tally.equal(states, ["valid"] * 8 + ["unchecked"], "countersigned again and again")
    nest["signature"]["signature"]["signee"] = "somebody else"
    found = server.found({**PLAYBOOK, "signatures": [nest]})[0]
    tally.equal([found["state"], found["countersignature"]["state"], found["countersignature"]["countersignature"]["state"]],
                ["valid", "valid", "invalid"], "a countersignature spoilt")


def real_playbook():
    """One that can be loaded."""
    action, end = "action--00000000-0000-4000-8000-000000000002", "end--00000000-0000-4000-8000-000000000003"
    start, agent = "start--00000000-0000-4000-8000-000000000001", "group--00000000-0000-4000-8000-000000000004"
    return {**{key: PLAYBOOK[key] for key in ("type", "spec_version", "id", "name", "created", "modified")},
            "created_by": "identity--5abe695c-7bd5-4c31-8824-2528696cdbf1", "workflow_start": start,
            "workflow": {start: {"type": "start", "on_completion": action},
                         action: {"type": "action", "name": "Act", "commands": [{"type": "manual", "command": "act"}], "agent": agent,
                                  "on_completion": end},
                         end: {"type": "end"}},
            "agent_definitions": {agent: {"type": "group", "name": "CSIRT"}}}


def check_loading(server, tally, folder):
    """What loading makes of it; the setting that demands a signature."""
    path = make_key(folder, "Ed25519", "loading")
    document = real_playbook()
    own = meta(public_key=public_key(path), created_by=document["created_by"])
    signed = {**document, "signatures": [sign(folder, path, "Ed25519", document, dict(own))]}

    def load(what):
        try:
            server.session.run(f"BEGIN; SELECT opres.load_playbook({server.text(json.dumps(what))}); ")
            return json.loads(server.session.value("SELECT signatures FROM opres.playbook;"))
        except SqlError as error:
            return error.code
        finally:
            server.session.run("ROLLBACK;")

    tally.equal(load(document), [], "unsigned, loaded")
    tally.equal([(s["state"], s["trusted"]) for s in load(signed)], [("valid", False)], "signed by anybody, loaded")
    tally.equal(load({**signed, "name": "Another"}), "22023", "an invalid signature is refused")
    lapsed = {**document, "signatures": [sign(folder, path, "Ed25519", document, {**own, "valid_until": "2026-02-02T00:00:00.000Z"})]}
    tally.equal([s["state"] for s in load(lapsed)], ["lapsed"], "a signature that is no longer valid is none")
    server.session.run("SET opres.require_playbook_signature = on;")
    tally.equal([load(document), load(signed), load(lapsed)], ["42501"] * 3, "demanded: by a trusted key")
    server.trust("loading", public_key(path))
    tally.equal([(s["state"], s["key"]) for s in load(signed)], [("valid", "loading")], "which it now is")
    tally.equal([load(document), load(lapsed)], ["42501"] * 2, "the others as before")
    unchecked = make_key(folder, "ES256", "unchecked")
    nest = sign(folder, unchecked, "ES256", document, {**own, "public_key": "none"})
    sign(folder, path, "Ed25519", document, dict(own), within=nest)
    tally.equal([(s["state"], s["countersignature"]["trusted"]) for s in load({**document, "signatures": [nest]})], [("unchecked", True)],
                "countersigned by a trusted key")
    nest["signature"]["signee"] = "somebody else"
    tally.equal(load({**document, "signatures": [nest]}), "22023", "by an invalid one")
    server.session.run("RESET opres.require_playbook_signature;")


def check_setting(server, tally):
    """Who connects cannot bring the setting along, turned off."""
    server.session.run("ALTER DATABASE postgres SET opres.require_playbook_signature = on; CREATE ROLE anybody LOGIN; SELECT opres.grant_access('anybody', 'reader');")
    command = ["psql", "-X", "-q", "-A", "-t", "-U", "anybody", "-d", "postgres", "-c", "SELECT opres.canonical_json('1')",
               "-c", "SHOW opres.require_playbook_signature"]
    for options in ("", "-c opres.require_playbook_signature=off"):
        run = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PGOPTIONS": options})
        tally.equal(run.stdout.split()[-1:], ["on"], f"with PGOPTIONS {options!r}: {run.stderr}")
    server.session.run("ALTER DATABASE postgres RESET opres.require_playbook_signature;")


def main():
    tally, rng = Tally(), random.Random(590)
    server = Server()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for algorithm in ALGORITHMS:
            check_algorithm(server, tally, folder, algorithm, rng)
        check_kinds_of_keys(server, tally, folder)
        check_several(server, tally, folder)
        check_loading(server, tally, folder)
    check_setting(server, tally)
    trail = server.session.run("SELECT action, subject FROM opres.audit_trail WHERE action LIKE 'playbook_key.%' ORDER BY entry;")
    tally.equal(trail, [["playbook_key.add", f"key {name}"] for name in [*ALGORITHMS, "kinds", "loading"]], "on record")
    server.session.run("SELECT opres.remove_playbook_key('kinds');")
    tally.equal(server.session.value("SELECT action || subject FROM opres.audit_trail ORDER BY entry DESC LIMIT 1;"),
                "playbook_key.removekey kinds", "removal too")
    server.session.close()
    print(f"{tally.passed} passed, {tally.failed} failed")
    return tally.failed > 0


if __name__ == "__main__":
    sys.exit(main())
