"""The tree of RFC 6962: known answers, and every proof of every tree up to a size."""

import hashlib

import pytest

from certificates.pdf import merkle

# The leaves and roots that Certificate Transparency's own implementations are tested with.
LEAVES = [bytes.fromhex(one) for one in (
    "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"
)]  # fmt: skip
ROOTS = [
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def nodes(leaves):
    """Return the complete nodes over these leaves, as the database keeps them."""
    level = [merkle.leaf(each) for each in leaves]
    found = {}
    height = 0
    while level:
        found |= {(height, place): each for place, each in enumerate(level)}
        pairs = zip(level[::2], level[1::2], strict=False)
        level, height = [merkle.parent(left, right) for left, right in pairs], height + 1
    return lambda height, place: found[height, place]


@pytest.mark.parametrize("size", range(1, 9))
def test_the_root_is_the_one_that_others_compute(size):
    assert merkle.root(nodes(LEAVES[:size]), size).hex() == ROOTS[size - 1]


def test_the_empty_tree_has_the_root_of_the_standard():
    assert merkle.root(nodes([]), 0) == hashlib.sha256(b"").digest()


def test_every_leaf_of_every_tree_is_proven_and_no_other_in_its_place():
    leaves = [bytes([each]) for each in range(40)]
    node = nodes(leaves)
    for size in range(1, 41):
        root = merkle.root(node, size)
        for place in range(size):
            proof = merkle.path(node, place, size)
            proven = merkle.leaf(leaves[place])
            assert merkle.holds(proven, place, size, proof, root)
            assert not merkle.holds(merkle.leaf(b"forged"), place, size, proof, root)
            assert not merkle.holds(proven, place + 1, size, proof, root)
            assert not merkle.holds(proven, place, size, [*proof, root], root)
            if proof:
                assert not merkle.holds(proven, place, size, proof[:-1], root)
