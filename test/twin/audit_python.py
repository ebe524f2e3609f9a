"""The audit trail's independent twin: src/engine/audit-format.md and RFC 6962, section 2.1, written down once more, by definition.

Encoding and tree share no code with the engine (hashlib and struct alone) and take no short cut: roots and proofs are recursive, as
the RFC defines them. The verifiers follow RFC 9162, sections 2.1.3.2 and 2.1.4.2, and know nothing of how a proof is made.
Leaves are numbered from 0 here.
"""

import struct
from hashlib import sha256


class Format:
    """What is hashed, of an entry with the names of the table's columns; texts are str or None, hashes bytes, `at` microseconds."""
    content_tag = b'opres content v1\n'
    entry_tag = b'opres entry v1\n'
    leaf_prefix = b'\x00'
    node_prefix = b'\x01'
    field_order = ('entry', 'previous_hash', 'at', 'content_hash', 'login', 'session_role', 'acting_role', 'action', 'subject')

    def field(self, value):
        if value is None:
            return struct.pack('>i', -1)
        if isinstance(value, int):
            value = struct.pack('>q', value)
        elif isinstance(value, str):
            value = value.encode('utf-8')
        return struct.pack('>i', len(value)) + value

    def content(self, reason, content):
        return self.content_tag + self.field(reason) + self.field(content)

    def content_hash(self, salt, reason, content):
        return sha256(salt + self.content(reason, content)).digest()

    def entry(self, row):
        return self.entry_tag + b''.join(self.field(row[name]) for name in self.field_order)

    def leaf(self, data):
        return sha256(self.leaf_prefix + data).digest()

    def node(self, left, right):
        return sha256(self.node_prefix + left + right).digest()


def split(size):
    """The largest power of two below a size of two or more."""
    return 1 << (size - 1).bit_length() - 1


class Tree:
    """MTH, PATH and PROOF of RFC 6962 over leaf hashes, every root kept once it is known."""

    def __init__(self, leaves, form=Format()):
        self.leaves, self.form, self.known = leaves, form, {}

    def root(self, first, end):
        """MTH(D[first:end])"""
        if end == first:
            return sha256(b'').digest()
        if end == first + 1:
            return self.leaves[first]
        if (first, end) not in self.known:
            k = first + split(end - first)
            self.known[first, end] = self.form.node(self.root(first, k), self.root(k, end))
        return self.known[first, end]

    def path(self, leaf, first, end):
        """PATH(leaf - first, D[first:end])"""
        if end == first + 1:
            return []
        k = first + split(end - first)
        if leaf < k:
            return self.path(leaf, first, k) + [self.root(k, end)]
        return self.path(leaf, k, end) + [self.root(first, k)]

    def inclusion(self, leaf, size):
        return self.path(leaf, 0, size)

    def subproof(self, old, first, end, whole):
        """SUBPROOF(old - first, D[first:end], whole)"""
        if old == end:
            return [] if whole else [self.root(first, end)]
        k = first + split(end - first)
        if old <= k:
            return self.subproof(old, first, k, whole) + [self.root(k, end)]
        return self.subproof(old, k, end, False) + [self.root(first, k)]

    def consistency(self, old, new):
        return self.subproof(old, 0, new, True) if 0 < old else []

    def subtrees(self, number):
        """What stands in column subtrees of the entry with that number (from 1): None for an odd one."""
        levels = (number & -number).bit_length() - 1
        return b''.join(self.root(number - (1 << level), number) for level in range(1, levels + 1)) or None


class SparseTree(Tree):
    """A tree of any size in which all leaves but a few are the same, so that sizes near 2^63 can be computed."""

    def __init__(self, special, common, form=Format()):
        super().__init__(None, form)
        self.special, self.common = special, [common]
        for level in range(63):
            self.common.append(form.node(self.common[level], self.common[level]))

    def root(self, first, end):
        size = end - first
        if size & (size - 1) == 0 and size and not any(first <= at < end for at in self.special):
            return self.common[size.bit_length() - 1]
        if size == 1:
            return self.special[first]
        return super().root(first, end)


def inclusion_holds(leaf_hash, leaf, size, proof, root, node=Format().node):
    if leaf >= size:
        return False
    fn, sn, r = leaf, size - 1, leaf_hash
    for p in proof:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistency_holds(old, new, proof, old_root, new_root, node=Format().node):
    """For 0 < old < new as in RFC 9162; equal sizes have equal roots and an empty proof; of the empty tree nothing is proved."""
    if old == new:
        return proof == [] and old_root == new_root
    if not 0 < old < new or not proof:
        return False
    if old & (old - 1) == 0:
        proof = [old_root] + proof
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = proof[0]
    for c in proof[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node(c, fr), node(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return fr == old_root and sr == new_root and sn == 0


# Deliberately wrong variants. Each must be caught by a comparison: that proves the comparison can fail.

class LeafWithoutPrefix(Format):
    leaf_prefix = b''


class NodeWithTheLeafsPrefix(Format):
    node_prefix = b'\x00'


class RolesTheOtherWayRound(Format):
    field_order = ('entry', 'previous_hash', 'at', 'content_hash', 'login', 'acting_role', 'session_role', 'action', 'subject')


class SubjectBeforeAction(Format):
    field_order = ('entry', 'previous_hash', 'at', 'content_hash', 'login', 'session_role', 'acting_role', 'subject', 'action')


class NoLogin(Format):
    field_order = ('entry', 'previous_hash', 'at', 'content_hash', 'session_role', 'acting_role', 'action', 'subject')


class ChainOutsideTheLeaf(Format):
    field_order = ('entry', 'at', 'content_hash', 'login', 'session_role', 'acting_role', 'action', 'subject')


class NullAsEmpty(Format):
    def field(self, value):
        return super().field('' if value is None else value)


class LengthInCharacters(Format):
    def field(self, value):
        data = super().field(value)
        return struct.pack('>i', len(value)) + data[4:] if isinstance(value, str) else data


class LittleEndian(Format):
    def field(self, value):
        return super().field(struct.pack('<q', value) if isinstance(value, int) else value)


class WithoutSalt(Format):
    def content_hash(self, salt, reason, content):
        return super().content_hash(b'', reason, content)


class SaltLast(Format):
    def content_hash(self, salt, reason, content):
        return sha256(self.content(reason, content) + salt).digest()


class ContentBeforeReason(Format):
    def content(self, reason, content):
        return super().content(content, reason)


class TimeInSeconds(Format):
    def entry(self, row):
        return super().entry({**row, 'at': row['at'] // 1000000})


class TagWithoutLineFeed(Format):
    entry_tag = b'opres entry v1'


FORMAT_MUTANTS = (LeafWithoutPrefix, NodeWithTheLeafsPrefix, RolesTheOtherWayRound, SubjectBeforeAction, NoLogin,
                  ChainOutsideTheLeaf, NullAsEmpty, LengthInCharacters, LittleEndian, WithoutSalt, SaltLast, ContentBeforeReason,
                  TimeInSeconds, TagWithoutLineFeed)


class OddLeafOnTop(Tree):
    """the last leaf of an odd number stays out of the tree of the others"""
    def root(self, first, end):
        if end - first > 1 and end - first & 1:
            return self.form.node(self.root(first, end - 1), self.root(end - 1, end))
        return super().root(first, end)


class ProofFromTheTop(Tree):
    """hashes of a proof in the order of the levels downwards"""
    def inclusion(self, leaf, size):
        return super().inclusion(leaf, size)[::-1]

    def consistency(self, old, new):
        return super().consistency(old, new)[::-1]


class OldRootInTheProof(Tree):
    """the old root given even where the verifier has it"""
    def subproof(self, old, first, end, whole):
        return super().subproof(old, first, end, False)


TREE_MUTANTS = (OddLeafOnTop, ProofFromTheTop, OldRootInTheProof)
