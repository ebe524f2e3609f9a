"""Random texts, entries and proofs for the audit trail's differential tests."""

ALPHABETS = (
    'abcdefghijklmnopqrstuvwxyz0123456789 ._-',
    'áàâäãåçéèêëñöøßþđħłœ',
    '監査証跡銀行業務継続ひらがなカタカナｶﾅ〜―',
    'אבגדابجد\u200f\u202e',
    '\U0001F3E6\U0001D56C\U00020BB7\U0002000B\U000E0041\U0010FFFF',
    'e\u0301a\u0308\u0301\u3099が\u1100\u1161\u11a8',
    '\t\n\r\\\'"%$:;{}[]<>&\x00'.replace('\x00', ''),
    '\x01\x02\x08\x0b\x0c\x1b\x1f\x7f\x80\x85\x9f\xa0\u2028\ufeff\ufffd\uffff',
)


def text(rng, longest=40):
    """Of one alphabet, of all, or of any character there is; sometimes empty, of one character, or long."""
    length = rng.choice((0, 1, rng.randrange(longest), rng.randrange(longest), rng.randrange(longest), 10 * longest))
    kind = rng.randrange(4)
    if kind == 0:
        return ''.join(rng.choice(rng.choice(ALPHABETS)) for _ in range(length))
    if kind == 1:
        return ''.join(character(rng) for _ in range(length))
    return ''.join(rng.choices(rng.choice(ALPHABETS), k=length))


def character(rng):
    code = rng.randrange(1, 0x110000 - 0x800)
    return chr(code if code < 0xD800 else code + 0x800)


def perhaps(rng, value, odds=4):
    """None, once in `odds`."""
    return None if rng.randrange(odds) == 0 else value


def flipped(rng, data):
    """With one bit the other way."""
    at = rng.randrange(8 * len(data))
    return data[:at // 8] + bytes((data[at // 8] ^ 1 << at % 8,)) + data[at // 8 + 1:]


def spoilt(rng, proof):
    """A proof that is not the one given."""
    true, proof = list(proof), list(proof)
    how = rng.randrange(4) if proof else 0
    at = rng.randrange(len(proof)) if proof else 0
    if how == 0:
        proof.insert(rng.randrange(len(proof) + 1), rng.randbytes(32))
    elif how == 1:
        del proof[at]
    elif how == 2:
        proof[at] = flipped(rng, proof[at])
    else:
        proof.append(proof.pop(at))
    return [flipped(rng, proof[0])] + proof[1:] if proof == true else proof
