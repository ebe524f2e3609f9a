#!/usr/bin/env python3
"""People over real connections: one person with two logins is one person in a run's four eyes; what is known of people is in no entry of
the audit trail; erasing takes it from everywhere it says it does, and the trail still verifies."""
import sys

from sessions import Session, SqlError, Tally

tally = Tally()
PLAYBOOK = "playbooks/ransomware.json"
SECRETS = ("Himitsu", "秘密", "090-9999-0000", "himitsu@bank.example", "Shadow dept", "likes tea")


def refused(session, sql, code, what):
    try:
        session.run(sql)
        tally.ok(False, f"{what}: not refused")
    except SqlError as error:
        tally.equal(error.code, code, what)


def places(admin):
    """Which tables of the schema hold one of the secrets, anywhere in a row."""
    found = []
    for (table,) in admin.run("SELECT relname FROM pg_class WHERE relnamespace = 'opres'::regnamespace AND relkind = 'r' ORDER BY 1;"):
        for secret in SECRETS:
            if admin.value(f"SELECT count(*) FROM opres.{table} AS t WHERE strpos(to_jsonb(t)::text, '{secret}') > 0;") != "0":
                found.append((table, secret))
    return found


def together():
    """Erasing waits for what is being given to her, and what is given to her waits for erasing."""
    gifts = ("opres.save_role_holder('legal', 'p.{}')", "opres.save_on_call('legal', 'p.{}', now(), 'infinity')", "opres.save_person('p.{}', 'Back')",
             "opres.record_call(1, 'p.{}', 'busy')", "opres.admit_to_incident(1, 'p.{}', reason => 'x')")
    for number, gift in enumerate(gifts, 10):
        with Session() as first, Session() as second:
            first.run(f"SELECT opres.save_person('p.{number}', 'N');")
            first.run(f"BEGIN; SELECT opres.erase_person('p.{number}', 'left');")
            second.send(f"SELECT {gift.format(number)};")
            wait_for_lock(first)
            first.run("COMMIT;")
            try:
                second.receive()
                tally.ok(False, f"given to one who was erased: {gift}")
            except SqlError as error:
                tally.equal(str(error), f'42704: person "p.{number}" was erased', gift)
            first.run(f"SELECT opres.save_person('p.{number}b', 'N');")
            second.run(f"BEGIN; SELECT {gift.format(str(number) + 'b')};")
            first.send(f"SELECT count(*) FROM opres.erase_person('p.{number}b', 'left');")
            wait_for_lock(second)
            second.run("COMMIT;")
            first.receive()
    with Session() as s:
        tally.equal(s.run("SELECT code FROM opres.person WHERE erased_at IS NOT NULL AND (name IS NOT NULL OR code IN (SELECT person FROM opres.role_holder UNION "
                          "SELECT person FROM opres.on_call UNION SELECT reader FROM opres.incident_reader));"), [], "nothing is left of those erased")


def wait_for_lock(session):
    """The session is in a transaction, which sees the activity as it was when it looked first, unless told to forget."""
    while session.value("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock';") == "0":
        session.run("SELECT pg_stat_clear_snapshot();")


def main():
    with Session() as admin:
        admin.run("CREATE EXTENSION opres; SET opres.reason = 'a test';")
        for login, access in (("registrar", "registrar"), ("hana", "responder"), ("hana_admin", "responder"), ("jiro", "responder"), ("auditor", "auditor")):
            admin.run(f"CREATE ROLE {login} LOGIN; SELECT opres.grant_access('{login}', '{access}');")
        admin.run(f"\\set doc `cat {PLAYBOOK}`\nSELECT opres.load_playbook(:'doc');")

        with Session(user="registrar") as registrar:
            registrar.run("SELECT opres.save_person('p.1', 'Himitsu', '{\"ja\": \"秘密\"}', 'The bank', 'Shadow dept', '{090-9999-0000}', 'himitsu@bank.example', "
                          "'likes tea', '{hana,hana_admin}'), opres.save_person('p.2', 'Jiro', logins => '{jiro}');")
            registrar.run("SELECT opres.save_role_holder('csirt_lead', 'p.1'), opres.save_role_holder('ciso', 'p.2'), opres.save_on_call('csirt_lead', 'p.1', now(), 'infinity');")
            refused(registrar, "SELECT opres.save_person('p.3', logins => '{hana}');", "42710", "a login is one person's")

        # One person with two logins has two eyes, not four.
        with Session(user="hana") as hana, Session(user="hana_admin") as other:
            tally.equal(hana.value("SELECT opres.acting_person();"), "p.1", "a login is a person")
            tally.equal(other.value("SELECT opres.acting_person();"), "p.1", "and the other is the same")
            incident = hana.value("SELECT opres.open_incident('x', 'ransomware', 50);")
            run = hana.value(f"SELECT opres.start_run({incident}, 'ransomware');")
            hana.run(f"SELECT opres.record_call({incident}, 'p.2', 'no_answer', 'Jiro sleeps');")
            other.run(f"SELECT opres.record_call({incident}, 'p.2', 'reached', 'Jiro comes');")
            tally.equal(admin.run("SELECT DISTINCT person FROM opres.incident_event;"), [["p.1"]], "what both did she did")
            tally.equal(admin.run(f"SELECT DISTINCT person FROM opres.run_event WHERE run = {run};"), [["p.1"]], "in a run too")
        with Session(user="jiro") as jiro:
            jiro.run(f"SELECT opres.record_call({incident}, 'p.1', 'left_message', '090-9999-0000: Himitsu is at home');")
            jiro.run(f"SELECT opres.record_call({incident}, 'p.1', 'busy');")
            jiro.run(f"SELECT opres.annotate_incident({incident}, 'Himitsu has the key');")
            tally.equal(jiro.run(f"SELECT attempts, last_outcome FROM opres.call_list('csirt_lead', {incident}) WHERE person = 'p.1';"), [["2", "busy"]], "attempts")
            tally.ok(any("Himitsu" in row[3] or "Himitsu" in row[2] for row in jiro.run(f"SELECT * FROM opres.timeline({incident});")), "the chronicle has names")

        # The trail knows codes and logins, and what people wrote: nothing of the register.
        with Session(user="auditor") as auditor:
            tally.equal(auditor.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")
            tally.equal(auditor.run("SELECT action, subject, content FROM opres.audit_trail WHERE action ~ '^person' ORDER BY entry LIMIT 2;"),
                        [["person.save", "person p.1", '{"columns": ["department", "email", "name", "names", "note", "organisation", "phones"]}'],
                         ["person.logins", "person p.1", '{"added": ["hana", "hana_admin"], "removed": []}']], "the trail says which columns")
        tally.equal(sorted({t for t, _ in places(admin)}), ["audit_entry", "incident_event", "person"], "before: in the register, in notes of calls, in what people wrote")
        tally.equal({s for t, s in places(admin) if t == "audit_entry"}, {"Himitsu", "090-9999-0000"}, "of the trail: in notes alone")

        admin.run(f"SELECT opres.admit_to_incident({incident}, 'p.1');")
        with Session(user="registrar") as registrar:
            rows = registrar.run("SELECT * FROM opres.erase_person('p.1', 'has left');")
            tally.equal([r for r in rows if r[1].startswith("notes of calls")], [["erased", "notes of calls to her, in the audit trail too", "1"]], "one note was erased")
            tally.equal([r[1:] for r in rows if r[1].startswith("words in which")],
                        [[f"words in which her name or number stands: incident {incident} event 6", "1"]], "what still stands is told")
            for row in [r for r in rows if r[0] == "erased" and "notes" not in r[1]]:
                tally.ok(int(row[2]) > 0, f"{row[1]}: something was erased")
        # What other people wrote stays until it is redacted; of the calls' notes and the register nothing is left.
        tally.equal(sorted(set(places(admin))), [("audit_entry", "Himitsu"), ("incident_event", "Himitsu")], "after: what somebody wrote")
        tally.equal(admin.run("SELECT note FROM opres.incident_event WHERE kind = 'call' ORDER BY number;"), [["Jiro sleeps"], ["Jiro comes"], ["[redacted]"], [""]], "notes of calls to others stay")
        with Session(user="auditor") as auditor:
            tally.equal(auditor.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")
        admin.run(f"SELECT opres.redact_event('incident {incident} event 6', 'asked for');")
        tally.equal(places(admin), [], "nothing is left when that is redacted")
        tally.equal(admin.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")
        admin.run(f"SELECT opres.redact_event('incident {incident} event 2', 'asked for');")
        tally.equal(admin.run("SELECT count(*) FROM opres.audit_trail WHERE strpos(reason, 'Jiro sleeps') + strpos(content, 'Jiro sleeps') > 0;"), [["0"]],
                    "a call that is redacted is so in the trail")
        tally.equal(admin.run("SELECT * FROM opres.verify_audit();"), [], "the trail verifies")

        with Session(user="hana") as hana:
            tally.equal(hana.value("SELECT opres.acting_person();"), "@hana", "her login is nobody's")
            tally.equal(hana.run("SELECT person FROM opres.call_list('csirt_lead');"), [], "she is not called any more")
    together()
    return tally.close()


if __name__ == "__main__":
    sys.exit(main())
