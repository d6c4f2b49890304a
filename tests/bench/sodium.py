"""Hashes so many passwords by libsodium: argon2id, 19 MiB, two passes, one lane."""

import sys

from nacl.pwhash import argon2id

for _ in range(int(sys.argv[1])):
    argon2id.kdf(32, b"correct horse battery staple 42", b"0123456789abcdef", opslimit=2, memlimit=19456 * 1024)
