"""Who calls: somebody who is signed in, an administrator who signs, and each of them from networks without number."""

import atexit
import collections
import itertools
import json
import os
import pathlib
import threading
import uuid

import requests
import schemathesis
import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

GATEWAY = os.environ["LATCHKEY_GATEWAY"]
TENANT = f"{GATEWAY}/api/v1/auth/tenants/people"
PASSWORD = "correct horse battery staple 42"

# A network is throttled long before it has asked as often as this asks: each connection comes from another one.
networks = itertools.count(1)
connect = urllib3.util.connection.create_connection


def connect_from_elsewhere(address, *arguments, source_address=None, **more):
    number = next(networks)
    network = f"127.{1 + (number >> 16) % 250}.{(number >> 8) % 256}.{number % 254 + 1}"
    return connect(address, *arguments, source_address=(network, 0), **more)


urllib3.util.connection.create_connection = connect_from_elsewhere


class Person:
    """Somebody who is signed in; whoever is signed out, deleted or shut out is followed by somebody new."""

    def __init__(self):
        self.lock, self.token = threading.Lock(), None

    def sign_in(self):
        with self.lock:
            while self.token is None:
                email = f"{uuid.uuid4()}@example.com"
                person = {"email": email, "password": PASSWORD, "first_name": "Ada", "last_name": "Lovelace"}
                requests.post(f"{TENANT}/register", json=person, timeout=30).raise_for_status()
                answer = requests.post(f"{TENANT}/login", json={"email": email, "password": PASSWORD}, timeout=30)
                self.token = answer.json()["data"]["tokens"]["access_token"]
            return self.token

    def is_gone(self, token):
        with self.lock:
            if token == self.token:
                self.token = None


person = Person()


# The lifetime of a token is left to `after_call`.
@schemathesis.auth(refresh_interval=None, retry_on=[]).apply_to(path_regex=r"^/api/v1/me|/logout$")
class SignedIn:
    def get(self, case, context):
        return person.sign_in()

    def set(self, case, data, context):
        case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}


statuses = collections.Counter()
atexit.register(lambda: pathlib.Path(os.environ["LATCHKEY_STATUSES"]).write_text(json.dumps(statuses)))


@schemathesis.hook
def after_call(context, case, response):
    statuses[response.status_code] += 1
    refused = response.status_code in (401, 403, 429)
    sent = response.request.headers.get("Authorization", "")
    if refused and isinstance(sent, str) and sent.startswith("Bearer "):
        person.is_gone(sent.removeprefix("Bearer "))


class Signed(requests.auth.AuthBase):
    """An administrator who may do everything (AWS Signature Version 4)."""

    def __call__(self, request):
        signed = AWSRequest(method=request.method, url=request.url, data=request.body)
        SigV4Auth(Credentials("local-owner", "local"), "execute-api", "eu-central-1").add_auth(signed)
        request.headers.update(dict(signed.headers))
        return request


schemathesis.auth.set_from_requests(Signed()).apply_to(path_regex=r"^/api/v1/admin")
