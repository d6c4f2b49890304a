"""Runs Schemathesis with one seed after the other until there were enough cases, and says what came of it."""

import json
import os
import pathlib
import subprocess
import sys

SCHEMATHESIS, LOGS = sys.argv[1], pathlib.Path(sys.argv[2])
GATEWAY, WANTED = os.environ["LATCHKEY_GATEWAY"], int(os.environ["LATCHKEY_CASES"])
# Each operation gets so many random cases, beside those that its schema's bounds give.
EXAMPLES = "40" if WANTED == 0 else "400"

cases, operations, faults, schema_faults, failed, statuses, seed = 0, 0, 0, 0, False, {}, 0
while seed == 0 or cases < WANTED and not failed:
    seed += 1
    report, told = LOGS / f"schemathesis-{seed}.json", LOGS / f"schemathesis-{seed}.statuses"
    report.unlink(missing_ok=True)
    run = subprocess.run(
        [SCHEMATHESIS, "--config-file", "tests/schema/schemathesis.toml", "run", f"{GATEWAY}/api/v1/openapi.json"]
        + ["--url", GATEWAY, "--phases", "coverage,fuzzing", "--max-examples", EXAMPLES, "--seed", str(seed)]
        + ["--generation-database", "none", "--report", "json", "--report-json-path", str(report), "--no-color"],
        stdout=(LOGS / "schemathesis.log").open("w"),
        stderr=subprocess.STDOUT,
        env=os.environ | {"LATCHKEY_STATUSES": str(told)},
    )
    found = json.loads(report.read_text())
    failures = {group["type"]: group["count"] for group in found["failures"]}
    of_server = failures.pop("ServerError", 0)
    cases += found["test_cases"]["generated"]
    operations = found["operations"]["tested"]
    faults += of_server
    schema_faults += sum(failures.values())
    for status, count in json.loads(told.read_text()).items():
        statuses[status] = statuses.get(status, 0) + count
    failed = run.returncode != 0 or bool(found["errors"])

print("answers: " + ", ".join(f"{count} × {status}" for status, count in sorted(statuses.items())))
if failed:
    print((LOGS / "schemathesis.log").read_text(), file=sys.stderr)
print(
    f"row 27, Schemathesis: {cases} cases over {operations} operations:"
    f" {faults} 5xx, {schema_faults} schema faults"
)
sys.exit(failed)
