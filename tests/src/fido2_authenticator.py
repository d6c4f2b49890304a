"""An authenticator whose bytes Yubico's `fido2` makes: one request on standard input, one answer on standard output.

{"create": PublicKeyCredentialCreationOptionsJSON, "origin": …}          -> {"credential": …, "key": …}
{"get": PublicKeyCredentialRequestOptionsJSON, "origin": …, "key": …, "counter": n} -> {"credential": …}
"""

import json
import os
import sys

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

FLAG = AuthenticatorData.FLAG


def client_data(kind, options, origin):
    return CollectedClientData.create(kind, websafe_decode(options["challenge"]), origin)


def create(options, origin):
    private = ec.generate_private_key(ec.SECP256R1())
    credential_id = os.urandom(32)
    public = ES256.from_cryptography_key(private.public_key())
    attested = AttestedCredentialData.create(b"\0" * 16, credential_id, public)
    rp_id = options["rp"]["id"]
    data = AuthenticatorData.create(sha256(rp_id.encode()), FLAG.UP | FLAG.UV | FLAG.AT, 0, attested)
    response = {
        "clientDataJSON": websafe_encode(client_data("webauthn.create", options, origin)),
        "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
    }
    pem = private.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    key = {"pem": pem.decode(), "id": websafe_encode(credential_id), "user": options["user"]["id"]}
    return {"credential": credential(key["id"], response), "key": key}


def get(options, origin, key, counter):
    private = serialization.load_pem_private_key(key["pem"].encode(), None)
    collected = client_data("webauthn.get", options, origin)
    data = AuthenticatorData.create(sha256(options["rpId"].encode()), FLAG.UP | FLAG.UV, counter)
    response = {
        "clientDataJSON": websafe_encode(collected),
        "authenticatorData": websafe_encode(data),
        "signature": websafe_encode(private.sign(data + collected.hash, ec.ECDSA(hashes.SHA256()))),
        "userHandle": key["user"],
    }
    return {"credential": credential(key["id"], response)}


def credential(credential_id, response):
    return {
        "id": credential_id,
        "rawId": credential_id,
        "type": "public-key",
        "response": response,
        "clientExtensionResults": {},
    }


asked = json.load(sys.stdin)
if "create" in asked:
    answer = create(asked["create"], asked["origin"])
else:
    answer = get(asked["get"], asked["origin"], asked["key"], asked["counter"])
json.dump(answer, sys.stdout)
