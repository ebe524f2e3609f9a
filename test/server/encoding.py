#!/usr/bin/env python3
"""A database in EUC_JP, as banks in Japan have them: our words in Japanese are right in it, webhooks are UTF-8 all the same."""
import json
import sys
import time

import runs
from sessions import Session, SqlError, Tally
from webhook_receive_signer import call, standard

tally = Tally()
KEY = b"0123456789abcdef0123456789abcdef"


def text(session, sql):
    return "\n".join("|".join(row) for row in session.run(sql))


def holds(session, sql, *words):
    try:
        got = text(session, sql)
    except SqlError as error:
        got = str(error)
    for word in words:
        tally.ok(word in got, f"{sql}: {word} in {got[:300]!r}")


def test_words(s):
    s.run("SET opres.reason = '訓練の準備'; SELECT opres.save_person('mori', '森'), opres.save_role_holder('team', 'mori');")
    document = json.loads(runs.parallel(2, 2, deadlines=[{"anchor": "start", "after": "PT90M"}]))
    document["name"] = "parallel"
    run = runs.begin(s, json.dumps(document))
    s.run(f"SELECT opres.annotate_run({run}, '営業店で障害を確認');")
    holds(s, f"SELECT * FROM opres.todo({run}, 'ja');", "初動対応", "着手可", "対応開始")
    holds(s, f"SELECT opres.instructions({run}, 'A1.1', 'ja');", "局面：初動対応", "実施事項：")
    holds(s, "SELECT * FROM opres.timeline(1, 'ja');", "営業店で障害を確認")
    holds(s, "SELECT * FROM opres.verify_audit('ja');", "")
    tally.equal(s.run("SELECT * FROM opres.verify_audit('ja');"), [], "intact")
    # Our words and the document's text are mixed in it: in English, rather than in letters that are none.
    holds(s, "SELECT path, problem FROM opres.check_playbook('{\"type\": \"playbook\", \"名前\": 1}'::text, 'ja');", "名前", "Unknown property of a playbook")
    return run


def test_audit(s):
    s.run("ALTER TABLE opres.audit_entry DISABLE TRIGGER ALL; UPDATE opres.audit_entry SET content = content || ' ' WHERE entry = 1;")
    holds(s, "SELECT * FROM opres.verify_audit('ja');", "記録時のものと異なります", "監査証跡の表の保護に不備があります")


def test_webhooks(s, run):
    s.run("CREATE ROLE courier LOGIN; SELECT opres.grant_access('courier', 'courier'), opres.save_webhook_sender('chat', 'standard', '{annotate,status}', 'mori'),"
          f"opres.add_webhook_secret('chat', '{KEY.decode()}'), opres.save_webhook_endpoint('siem', 'https://siem.example/'), opres.add_endpoint_secret('siem', '{KEY.decode()}');")
    with Session(database="euc", user="courier") as courier:
        courier.run("SET client_encoding = 'UTF8';")
        for number, (message, want, said) in enumerate((({"type": "annotate", "data": {"run": run, "note": "勘定系を停止"}}, "200", "recorded"),
                                                        ({"type": "annotate", "data": {"run": run, "note": "\U0001f600"}}, "400", "malformed"),
                                                        ({"type": "status", "data": {"run": run, "lang": "ja"}}, "200", "着手可"))):
            body = json.dumps(message, ensure_ascii=False).encode()
            status, answer = courier.run(call({":path": "/webhook/chat"} | standard(KEY, body, f"m{number}", int(time.time())), body))[0]
            tally.equal(status, want, f"{message}: {answer}")
            tally.ok(said in answer, f"{said} in {answer}")
        tally.equal(s.value("SELECT note FROM opres.run_event WHERE login = 'webhook chat' ORDER BY number LIMIT 1;"), "勘定系を停止", "in the encoding of the database")
        headers, sent = courier.run("SELECT headers, body FROM opres.claim_deliveries('w', 1);")[0]
        headers = json.loads(headers)
        tally.equal(headers["webhook-signature"], standard(KEY, sent.encode(), headers["webhook-id"], int(headers["webhook-timestamp"]))["webhook-signature"], "signed as UTF-8")


def main():
    with Session() as s:
        s.run("CREATE DATABASE euc ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0;")
    with Session(database="euc") as s:
        s.run("SET client_encoding = 'UTF8'; CREATE EXTENSION opres;")
        run = test_words(s)
        test_webhooks(s, run)
        test_audit(s)
    return tally.close()


sys.exit(main())
