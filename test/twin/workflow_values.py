"""Texts that are values of CACAO's fifteen variable types, and texts that are not, for random runs."""

# What lies on the border is the business of condition.py.
GOOD = {
    'bool': ('true', 'false'),
    'dictionary': ('{}', '{"a": 1}'),
    'float': ('0.5', '-2.25', '7', '1e3', '.5', '+7.0'),
    'hexstring': ('00ff', 'abcdef01', ''),
    'integer': ('0', '7', '-12', '2147483647', '-2147483648', '3'),
    'ipv4-addr': ('192.0.2.1', '10.0.0.255'),
    'ipv6-addr': ('2001:db8::1', '2001:db8:0:0:0:0:0:1'),
    'long': ('5', '-9223372036854775808', '9223372036854775807'),
    'mac-addr': ('00:1b:44:11:3a:b7', '00-1B-44-11-3A-B7'),
    'hash': ('d41d8cd98f00b204e9800998ecf8427e', 'c0' * 20, 'AB' * 64),
    'md5-hash': ('d41d8cd98f00b204e9800998ecf8427e',),
    'sha256-hash': ('ab' * 32,),
    'string': ('yes', 'no', 'a b', '', '10', '2', 'ja: 復旧', "it's 100 %"),
    'uri': ('https://example.org/a?b=c', 'urn:example:1'),
    'uuid': ('6ba7b810-9dad-41d1-80b4-00c04fd430c8',),
}
TYPES = tuple(GOOD)  # in the order of the engine's numbers
BAD = {
    'bool': ('yes', '1', '', 'TRUE'),
    'float': ('one', '', '1.2.3', 'nan', '1.', '1e10000'),
    'hexstring': ('xyz', 'abc'),
    'integer': ('2147483648', 'x', '', '1.5'),
    'ipv4-addr': ('192.0.2.256', '1.2.3', '192.0.2.01'),
    'ipv6-addr': ('192.0.2.1', 'x'),
    'long': ('9223372036854775808', 'x', ''),
    'mac-addr': ('00:1b:44:11:3a', '00:1b:44:11:3a-b7'),
    'hash': ('xyz', 'ab', 'ab' * 17),
    'md5-hash': ('abc', 'ab' * 32),
    'sha256-hash': ('abc', 'ab' * 16),
    'uri': ('no scheme', 'a:b c', 'ja:復旧', ''),
    'uuid': ('6ba7b810', '{6ba7b810-9dad-41d1-80b4-00c04fd430c8}'),
}


def good(rng, kind):
    return rng.choice(GOOD[kind])


def bad(rng, kind):
    """A text that is no value of the type; None where any text is one."""
    return rng.choice(BAD[kind]) if kind in BAD else None
