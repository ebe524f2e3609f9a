/*
 * merkle_vectors.h - published test vectors of the RFC 6962 tree with SHA-256.
 *
 * Leaves, roots, nodes, paths and proofs: Certificate Transparency (github.com/google/certificate-transparency,
 * cpp/merkletree/merkle_tree_test.cc and tree_hasher_test.cc). Probes: transparency-dev (github.com/transparency-dev/merkle,
 * testdata/inclusion and testdata/consistency). The digest over all subtree inclusion proofs: transparency-dev,
 * testonly/vectors_test.go, after draft-ietf-plants-merkle-tree-certs. Both projects: Apache-2.0.
 *
 * A hash is named by a letter: a..z, A.. in the order of vector_hashes; a proof is a text of such letters. Four "hashes" of the
 * probes have not 32 bytes.
 */
#ifndef OPRES_TEST_MERKLE_VECTORS_H
#define OPRES_TEST_MERKLE_VECTORS_H

#include <stdbool.h>
#include <stdint.h>

static const char *const vector_hashes[] = {
	"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", /* a */
	"96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", /* b */
	"0298d122906dcfc10892cb53a73992fc5b9f493ea4c9badb27b791b4127a7fe7", /* c */
	"07506a85fd9dd2f120eb694f86011e5bb4662e5c415a62917033d4a9624487e7", /* d */
	"bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", /* e */
	"4271a26be0d8a84f0bd54c8c302e7cb3a3b5d1fa6780a40bcce2873477dab658", /* f */
	"b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f", /* g */
	"46f6ffadd3d06a09ff3c5860d2755c8b9819db7df44251788c7d8e3180de8eb1", /* h */
	"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", /* i */
	"5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", /* j */
	"0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", /* k */
	"ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", /* l */
	"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", /* m */
	"6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4", /* n */
	"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328", /* o */
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", /* p */
	"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77", /* q */
	"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4", /* r */
	"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef", /* s */
	"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c", /* t */
	"",                                                                 /* u */
	"abacaba000000000000000000000000000000000000000000060061e00123456", /* v */
	"57726f6e674c656166",                                               /* w */
	"9ea296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", /* x */
	"57083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", /* y */
	"6347aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4", /* z */
	"b41a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", /* A */
	"c2854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", /* B */
	"db7ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", /* C */
	"f2c54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125", /* D */
	"66340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d", /* E */
	"0d3aed023148ffd2a259fbd0cdc7fb3cf975658760d3775b82af6f90aacc2dfc", /* F */
	"86a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7", /* G */
	"4f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e", /* H */
	"7b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4", /* I */
	"57726f6e67526f6f74",                                               /* J */
	"1ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a", /* K */
	"da854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0", /* L */
	"c37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7", /* M */
	"ac1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b", /* N */
	"a08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f", /* O */
	"646f6e277420636172652032",                                         /* P */
	"646f6e277420636172652031",                                         /* Q */
};

#define VECTOR_LEAVES 8

/* The leaves in hexadecimal, their tree's roots by size from 0, its perfect subtrees by level. */
static const char *const vector_leaves[VECTOR_LEAVES] = {
	"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
};
static const char vector_roots[] = "paiqmrsto";
static const char *const vector_nodes[] = { "abcdefgh", "ijkl", "mn", "o" };

static const char vector_leaf_data[] = "101112131415161718191a1b1c1d1e1f";
static const char vector_leaf_hash[] = "3bfb960453ebaebf33727da7a1f4db38acc051d381b6da20d6d4e88f0eabfd7a";
static const char vector_node_left[] = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
static const char vector_node_right[] = "202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f";
static const char vector_node_hash[] = "1a378704c17da31e2d05b6d121c2bb2c7d76f6ee6fa8f983e596c2d034963c57";

/* SHA-256 over a line "INDEX [START, END) HASH HASH...\n" for every leaf of every subtree of up to 130 leaves of one byte 0,
 * 1, 2... */
static const char vector_all_inclusion_proofs[] = "ac2a8f989e44d99e399db448050ff5f19757df53cfb716aa81015d3955d8163f";

typedef struct VectorProof
{
	uint64_t first; /* leaf or old size */
	uint64_t size;
	const char *proof;
} VectorProof;

static const VectorProof vector_inclusion[] = { { 0, 1, "" }, { 0, 8, "bjn" }, { 5, 8, "elm" }, { 2, 3, "i" }, { 1, 5, "aje" } };
static const VectorProof vector_consistency[] = { { 1, 1, "" }, { 1, 8, "bjn" }, { 6, 8, "klm" }, { 2, 5, "je" } };

/* hash: the leaf or the old root. */
typedef struct VectorProbe
{
	const char *name;
	bool holds;
	uint64_t first;
	uint64_t size;
	const char *proof;
	char hash;
	char root;
} VectorProbe;

static const VectorProbe vector_inclusion_probes[] = {
	{ "empty root", false, 0, 1, "", 'a', 'p' },
	{ "happy path", true, 0, 1, "", 'a', 'a' },
	{ "leafIdx XOR @2", false, 2, 1, "", 'a', 'a' },
	{ "leafIdx plus @1", false, 1, 1, "", 'a', 'a' },
	{ "leafIdx sub @1", false, UINT64_MAX, 1, "", 'a', 'a' },
	{ "preceding garbage", false, 0, 1, "u", 'a', 'a' },
	{ "preceding root", false, 0, 1, "a", 'a', 'a' },
	{ "random root", false, 0, 1, "", 'a', 'v' },
	{ "trailing garbage", false, 0, 1, "u", 'a', 'a' },
	{ "trailing root", false, 0, 1, "a", 'a', 'a' },
	{ "treeSize div @2", false, 0, 0, "", 'a', 'a' },
	{ "treeSize mul @2", false, 0, 2, "", 'a', 'a' },
	{ "wrong leaf", false, 0, 1, "", 'w', 'a' },
	{ "empty root", false, 0, 8, "bjn", 'a', 'p' },
	{ "happy path", true, 0, 8, "bjn", 'a', 'o' },
	{ "inserted component", false, 0, 8, "bvjn", 'a', 'o' },
	{ "leafIdx XOR @2", false, 2, 8, "bjn", 'a', 'o' },
	{ "leafIdx plus @1", false, 1, 8, "bjn", 'a', 'o' },
	{ "leafIdx sub @1", false, UINT64_MAX, 8, "bjn", 'a', 'o' },
	{ "modified proof[0] bit @3", false, 0, 8, "xjn", 'a', 'o' },
	{ "modified proof[1] bit @3", false, 0, 8, "byn", 'a', 'o' },
	{ "modified proof[2] bit @3", false, 0, 8, "bjz", 'a', 'o' },
	{ "preceding garbage", false, 0, 8, "ubjn", 'a', 'o' },
	{ "preceding root", false, 0, 8, "objn", 'a', 'o' },
	{ "random root", false, 0, 8, "bjn", 'a', 'v' },
	{ "removed component", false, 0, 8, "bj", 'a', 'o' },
	{ "trailing garbage", false, 0, 8, "bjnu", 'a', 'o' },
	{ "trailing root", false, 0, 8, "bjno", 'a', 'o' },
	{ "treeSize div @2", false, 0, 4, "bjn", 'a', 'o' },
	{ "treeSize mul @2", false, 0, 16, "bjn", 'a', 'o' },
	{ "wrong leaf", false, 0, 8, "bjn", 'w', 'o' },
	{ "empty root", false, 5, 8, "elm", 'f', 'p' },
	{ "happy path", true, 5, 8, "elm", 'f', 'o' },
	{ "inserted component", false, 5, 8, "evlm", 'f', 'o' },
	{ "leafIdx XOR @2", false, 7, 8, "elm", 'f', 'o' },
	{ "leafIdx plus @1", false, 6, 8, "elm", 'f', 'o' },
	{ "leafIdx sub @1", false, 4, 8, "elm", 'f', 'o' },
	{ "modified proof[0] bit @3", false, 5, 8, "Alm", 'f', 'o' },
	{ "modified proof[1] bit @3", false, 5, 8, "eBm", 'f', 'o' },
	{ "modified proof[2] bit @3", false, 5, 8, "elC", 'f', 'o' },
	{ "preceding garbage", false, 5, 8, "uelm", 'f', 'o' },
	{ "preceding root", false, 5, 8, "oelm", 'f', 'o' },
	{ "random root", false, 5, 8, "elm", 'f', 'v' },
	{ "removed component", false, 5, 8, "el", 'f', 'o' },
	{ "trailing garbage", false, 5, 8, "elmu", 'f', 'o' },
	{ "trailing root", false, 5, 8, "elmo", 'f', 'o' },
	{ "treeSize div @2", false, 5, 4, "elm", 'f', 'o' },
	{ "treeSize mul @2", false, 5, 16, "elm", 'f', 'o' },
	{ "wrong leaf", false, 5, 8, "elm", 'w', 'o' },
	{ "empty root", false, 2, 3, "i", 'c', 'p' },
	{ "happy path", true, 2, 3, "i", 'c', 'q' },
	{ "leafIdx XOR @2", false, 0, 3, "i", 'c', 'q' },
	{ "leafIdx plus @1", false, 3, 3, "i", 'c', 'q' },
	{ "leafIdx sub @1", false, 1, 3, "i", 'c', 'q' },
	{ "modified proof[0] bit @3", false, 2, 3, "D", 'c', 'q' },
	{ "preceding garbage", false, 2, 3, "ui", 'c', 'q' },
	{ "preceding root", false, 2, 3, "qi", 'c', 'q' },
	{ "random root", false, 2, 3, "i", 'c', 'v' },
	{ "removed component", false, 2, 3, "", 'c', 'q' },
	{ "trailing garbage", false, 2, 3, "iu", 'c', 'q' },
	{ "trailing root", false, 2, 3, "iq", 'c', 'q' },
	{ "treeSize div @2", false, 2, 1, "i", 'c', 'q' },
	{ "treeSize mul @2", false, 2, 6, "i", 'c', 'q' },
	{ "wrong leaf", false, 2, 3, "i", 'w', 'q' },
	{ "empty root", false, 1, 5, "aje", 'b', 'p' },
	{ "happy path", true, 1, 5, "aje", 'b', 'r' },
	{ "inserted component", false, 1, 5, "avje", 'b', 'r' },
	{ "leafIdx XOR @2", false, 3, 5, "aje", 'b', 'r' },
	{ "leafIdx plus @1", false, 2, 5, "aje", 'b', 'r' },
	{ "leafIdx sub @1", false, 0, 5, "aje", 'b', 'r' },
	{ "modified proof[0] bit @3", false, 1, 5, "Eje", 'b', 'r' },
	{ "modified proof[1] bit @3", false, 1, 5, "aye", 'b', 'r' },
	{ "modified proof[2] bit @3", false, 1, 5, "ajA", 'b', 'r' },
	{ "preceding garbage", false, 1, 5, "uaje", 'b', 'r' },
	{ "preceding root", false, 1, 5, "raje", 'b', 'r' },
	{ "random root", false, 1, 5, "aje", 'b', 'v' },
	{ "removed component", false, 1, 5, "aj", 'b', 'r' },
	{ "trailing garbage", false, 1, 5, "ajeu", 'b', 'r' },
	{ "trailing root", false, 1, 5, "ajer", 'b', 'r' },
	{ "treeSize div @2", false, 1, 2, "aje", 'b', 'r' },
	{ "treeSize mul @2", false, 1, 10, "aje", 'b', 'r' },
	{ "wrong leaf", false, 1, 5, "aje", 'w', 'r' },
	{ "empty root and random leaf", false, 0, 0, "", 'v', 'p' },
	{ "empty root", false, 0, 0, "", 'u', 'p' },
	{ "random leaf", false, 0, 0, "", 'v', 'u' },
	{ "empty root and random leaf", false, 0, 1, "", 'v', 'p' },
	{ "empty root", false, 0, 1, "", 'u', 'p' },
	{ "random leaf", false, 0, 1, "", 'v', 'u' },
	{ "empty root and random leaf", false, 1, 0, "", 'v', 'p' },
	{ "empty root", false, 1, 0, "", 'u', 'p' },
	{ "random leaf", false, 1, 0, "", 'v', 'u' },
	{ "empty root and random leaf", false, 2, 1, "", 'v', 'p' },
	{ "empty root", false, 2, 1, "", 'u', 'p' },
	{ "random leaf", false, 2, 1, "", 'v', 'u' },
	{ "empty leaf", false, 0, 1, "", 'u', 'F' },
	{ "empty root and leaf", false, 0, 1, "", 'u', 'u' },
	{ "empty root", false, 0, 1, "", 'F', 'u' },
	{ "matching root and leaf", true, 0, 1, "", 'F', 'F' },
};

static const VectorProbe vector_consistency_probes[] = {
	{ "happy path", true, 1, 1, "", 'a', 'a' },
	{ "empty proof", false, 1, 8, "", 'a', 'o' },
	{ "happy path", true, 1, 8, "bjn", 'a', 'o' },
	{ "modified proof@0 bit @4", false, 1, 8, "Gjn", 'a', 'o' },
	{ "modified proof@1 bit @4", false, 1, 8, "bHn", 'a', 'o' },
	{ "modified proof@2 bit @4", false, 1, 8, "bjI", 'a', 'o' },
	{ "preceding garbage", false, 1, 8, "ubjn", 'a', 'o' },
	{ "preceding proof @0", false, 1, 8, "bbjn", 'a', 'o' },
	{ "preceding root1", false, 1, 8, "abjn", 'a', 'o' },
	{ "preceding root2", false, 1, 8, "objn", 'a', 'o' },
	{ "size1 XOR @2", false, 3, 8, "bjn", 'a', 'o' },
	{ "size1 plus @1", false, 2, 8, "bjn", 'a', 'o' },
	{ "size1 sub @1", false, 0, 8, "bjn", 'a', 'o' },
	{ "size2 div @2", false, 1, 4, "bjn", 'a', 'o' },
	{ "size2 mul @2", false, 1, 16, "bjn", 'a', 'o' },
	{ "swapped roots", false, 1, 8, "bjn", 'o', 'a' },
	{ "trailing garbage", false, 1, 8, "bjnu", 'a', 'o' },
	{ "trailing root1", false, 1, 8, "bjna", 'a', 'o' },
	{ "trailing root2", false, 1, 8, "bjno", 'a', 'o' },
	{ "truncated proof", false, 1, 8, "bj", 'a', 'o' },
	{ "wrong root1", false, 1, 8, "bjn", 'J', 'o' },
	{ "wrong root2", false, 1, 8, "bjn", 'a', 'J' },
	{ "empty proof", false, 6, 8, "", 's', 'o' },
	{ "happy path", true, 6, 8, "klm", 's', 'o' },
	{ "modified proof@0 bit @4", false, 6, 8, "Klm", 's', 'o' },
	{ "modified proof@1 bit @4", false, 6, 8, "kLm", 's', 'o' },
	{ "modified proof@2 bit @4", false, 6, 8, "klM", 's', 'o' },
	{ "preceding garbage", false, 6, 8, "uklm", 's', 'o' },
	{ "preceding proof @0", false, 6, 8, "kklm", 's', 'o' },
	{ "preceding root1", false, 6, 8, "sklm", 's', 'o' },
	{ "preceding root2", false, 6, 8, "oklm", 's', 'o' },
	{ "size1 XOR @2", false, 4, 8, "klm", 's', 'o' },
	{ "size1 plus @1", false, 7, 8, "klm", 's', 'o' },
	{ "size1 sub @1", false, 5, 8, "klm", 's', 'o' },
	{ "size2 div @2", false, 6, 4, "klm", 's', 'o' },
	{ "size2 mul @2", false, 6, 16, "klm", 's', 'o' },
	{ "swapped roots", false, 6, 8, "klm", 'o', 's' },
	{ "trailing garbage", false, 6, 8, "klmu", 's', 'o' },
	{ "trailing root1", false, 6, 8, "klms", 's', 'o' },
	{ "trailing root2", false, 6, 8, "klmo", 's', 'o' },
	{ "truncated proof", false, 6, 8, "kl", 's', 'o' },
	{ "wrong root1", false, 6, 8, "klm", 'J', 'o' },
	{ "wrong root2", false, 6, 8, "klm", 's', 'J' },
	{ "empty proof", false, 2, 5, "", 'i', 'r' },
	{ "happy path", true, 2, 5, "je", 'i', 'r' },
	{ "modified proof@0 bit @4", false, 2, 5, "He", 'i', 'r' },
	{ "modified proof@1 bit @4", false, 2, 5, "jN", 'i', 'r' },
	{ "preceding garbage", false, 2, 5, "uje", 'i', 'r' },
	{ "preceding proof @0", false, 2, 5, "jje", 'i', 'r' },
	{ "preceding root1", false, 2, 5, "ije", 'i', 'r' },
	{ "preceding root2", false, 2, 5, "rje", 'i', 'r' },
	{ "size1 XOR @2", false, 0, 5, "je", 'i', 'r' },
	{ "size1 plus @1", false, 3, 5, "je", 'i', 'r' },
	{ "size1 sub @1", false, 1, 5, "je", 'i', 'r' },
	{ "size2 div @2", false, 2, 2, "je", 'i', 'r' },
	{ "size2 mul @2", false, 2, 10, "je", 'i', 'r' },
	{ "swapped roots", false, 2, 5, "je", 'r', 'i' },
	{ "trailing garbage", false, 2, 5, "jeu", 'i', 'r' },
	{ "trailing root1", false, 2, 5, "jei", 'i', 'r' },
	{ "trailing root2", false, 2, 5, "jer", 'i', 'r' },
	{ "truncated proof", false, 2, 5, "j", 'i', 'r' },
	{ "wrong root1", false, 2, 5, "je", 'J', 'r' },
	{ "wrong root2", false, 2, 5, "je", 'i', 'J' },
	{ "empty proof", false, 6, 7, "", 's', 't' },
	{ "happy path", true, 6, 7, "kgm", 's', 't' },
	{ "modified proof@0 bit @4", false, 6, 7, "Kgm", 's', 't' },
	{ "modified proof@1 bit @4", false, 6, 7, "kOm", 's', 't' },
	{ "modified proof@2 bit @4", false, 6, 7, "kgM", 's', 't' },
	{ "preceding garbage", false, 6, 7, "ukgm", 's', 't' },
	{ "preceding proof @0", false, 6, 7, "kkgm", 's', 't' },
	{ "preceding root1", false, 6, 7, "skgm", 's', 't' },
	{ "preceding root2", false, 6, 7, "tkgm", 's', 't' },
	{ "size1 XOR @2", false, 4, 7, "kgm", 's', 't' },
	{ "size1 plus @1", false, 7, 7, "kgm", 's', 't' },
	{ "size1 sub @1", false, 5, 7, "kgm", 's', 't' },
	{ "size2 div @2", false, 6, 3, "kgm", 's', 't' },
	{ "size2 mul @2", false, 6, 14, "kgm", 's', 't' },
	{ "swapped roots", false, 6, 7, "kgm", 't', 's' },
	{ "trailing garbage", false, 6, 7, "kgmu", 's', 't' },
	{ "trailing root1", false, 6, 7, "kgms", 's', 't' },
	{ "trailing root2", false, 6, 7, "kgmt", 's', 't' },
	{ "truncated proof", false, 6, 7, "kg", 's', 't' },
	{ "wrong root1", false, 6, 7, "kgm", 'J', 't' },
	{ "wrong root2", false, 6, 7, "kgm", 's', 'J' },
	{ "consistency check on empty tree (size1 is zero) is useless", false, 0, 1, "p", 'p', 'p' },
	{ "roots do not match and sizes are zero", false, 0, 0, "", 'p', 'P' },
	{ "roots do not not match and sizes are one", false, 1, 1, "", 'p', 'P' },
	{ "size1 is greater than size2 again", false, 2, 1, "", 'Q', 'P' },
	{ "size1 is greater than size2", false, 1, 0, "", 'Q', 'P' },
	{ "size1 is zero and does not equal size2", false, 0, 1, "", 'Q', 'P' },
	{ "size1 is zero and size2 is not zero", false, 0, 1, "", 'p', 'P' },
	{ "sizes are equal (one) and proof is empty", true, 1, 1, "", 'P', 'P' },
	{ "sizes are equal (one) but roots are not", false, 1, 1, "", 'Q', 'P' },
	{ "sizes are equal (zero) and proof is empty", false, 0, 0, "", 'Q', 'Q' },
	{ "sizes are equal (zero) but roots are not", false, 0, 0, "", 'Q', 'P' },
	{ "sizes do not watch and proof is empty", false, 1, 2, "", 'Q', 'P' },
	{ "sizes match but proof is not empty and sizes are one", false, 1, 1, "p", 'p', 'p' },
	{ "sizes match but proof is not empty and sizes are zero", false, 0, 0, "p", 'p', 'p' },
};

#endif
