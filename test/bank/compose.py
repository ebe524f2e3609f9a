"""The rows of the document, and the functions by which the tables of Minatono Bank (bank_map.py, bank_scenarios.py) add to them."""

OWNERS = {
    "ops": "Operations Planning Dept (事務統括部)",
    "it": "IT Systems Dept (システム部)",
    "cyber": "Cybersecurity Office (サイバーセキュリティ室)",
    "digital": "Digital Channels Dept (デジタルチャネル部)",
    "markets": "Treasury and Markets Dept (市場金融部)",
    "credit": "Credit Dept (融資部)",
    "intl": "International Dept (国際部)",
    "card": "Card Business Dept (カード事業部)",
    "branch": "Branch Banking Dept (営業統括部)",
    "admin": "General Affairs Dept (総務部)",
    "risk": "Risk Management Dept (リスク統括部)",
}
PLACES = {
    "hq": "Minatono City (みなと野市)",
    "east": "Shiobe area (潮辺地区)",
    "central": "Minatono area (みなと野地区)",
    "west": "Kirihara area (霧原地区)",
    "ops": "Kitahama, Minatono City (みなと野市北浜)",
    "opsw": "Kirihara City (霧原市)",
    "kanto": "Kanto (関東)",
    "kansai": "Kansai (関西)",
    "tokyo": "Tokyo (東京)",
    "osaka": "Osaka (大阪)",
    "abroad": None,
}
# How often a resource of that kind is down by itself, where its row says nothing else.
UNAVAILABILITY = {
    "people": 0.0005, "system": 0.0003, "data": 0.0001, "facility": 0.0001, "network": 0.0002, "third_party": 0.0005,
}
REVIEWED = {
    "operation": "2026-09-30", "process": "2026-09-30", "people": "2026-06-30", "system": "2026-06-30",
    "data": "2026-06-30", "facility": "2026-03-31", "network": "2026-06-30", "third_party": "2026-08-31",
}
PREFIX = {
    "op": "operation", "proc": "process", "ppl": "people", "sys": "system", "data": "data", "fac": "facility",
    "net": "network", "tp": "third_party",
}

nodes, requirements, tolerances, scenarios = [], [], [], []


def node(code, name, ja, owner, place, restart=None, country="JP", unavailability=None, rto=None, rpo=None, mtpd=None,
         reviewed=None, **attributes):
    kind = PREFIX[code.split(".")[0]]
    row = {"code": code, "kind": kind, "name": name, "names": {"ja": ja}, "owner": OWNERS[owner]}
    if PLACES[place]:
        row["location"] = PLACES[place]
    row["country"] = country
    if restart:
        row["restart"] = restart
    if kind in UNAVAILABILITY:
        row["unavailability"] = unavailability or UNAVAILABILITY[kind]
    row.update({key: value for key, value in (("rto", rto), ("rpo", rpo), ("mtpd", mtpd)) if value})
    row["reviewed_on"] = reviewed or REVIEWED[kind]
    row["reviewed_by"] = "Business Continuity Office (業務継続室)"
    if attributes:
        row["attributes"] = attributes
    nodes.append(row)


def need(owner, name, members, needed=None, start=False, impact=None, buffer=None, switchover=None, failure=None, lag=None):
    """members: "a b | c" = a and b active, c standby; "24*ppl.x" gives a capacity and makes the requirement a pool."""
    active, _, standby = members.partition("|")
    rows, pool = [], "*" in members
    for text, is_standby in [(m, False) for m in active.split()] + [(m, True) for m in standby.split()]:
        capacity, _, code = text.rpartition("*")
        row = {"node": code}
        if capacity:
            row["capacity"] = float(capacity) if "." in capacity else int(capacity)
        if is_standby:
            row["standby"] = True
            if lag:
                row["replica_lag"] = lag
        rows.append(row)
    row = {"node": owner, "name": name}
    if pool:
        row["mode"] = "pool"
    if needed:
        row["needed"] = needed
    if start:
        row["needed_for"] = "start"
    row.update({key: value for key, value in (("impact", impact), ("buffer", buffer), ("switchover", switchover),
                                              ("switchover_failure", failure)) if value})
    row["members"] = rows
    requirements.append(row)


def tolerate(operation, *texts):
    tolerances.extend({"operation": operation, "tolerance": text} for text in texts)


def scenario(code, name, ja, start, *shocks):
    """A shock: (code, node, {onset, level, duration, data_loss, probability, duration_distribution, common_cause})."""
    scenarios.append({"code": code, "name": name, "names": {"ja": ja}, "start": start,
                      "shocks": [{"code": shock, "node": hit, **values} for shock, hit, values in shocks]})
