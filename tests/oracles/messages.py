"""Every message, read by the CloudEvents SDK: one a line, in structured mode.

What is no CloudEvent must be seen, too: one part after another is spoilt.
"""

import json
import sys

from cloudevents.core.formats.json import JSONFormat

# The SDK makes up an id and a version where they are missing, but takes no empty ones.
SPOILT = {"id": "", "source": "", "type": 1, "time": "yesterday", "Bad_Name": "x"}


def main(path):
    with open(path, encoding="utf-8") as file:
        lines = file.read().splitlines()
    form = JSONFormat()
    for line in lines:
        event, body = form.read(None, line), json.loads(line)
        same = (
            event.get_id() == body["id"]
            and event.get_type() == body["type"]
            and event.get_source() == body["source"]
            and event.get_subject() == body["subject"]
            and event.get_dataschema() == body["dataschema"]
            and event.get_data() == body["data"]
            and event.get_extension("position") == body["position"]
        )
        if not same:
            sys.exit(f"read as another event: {body['id']}")
    for name, value in SPOILT.items():
        try:
            form.read(None, json.dumps({**json.loads(lines[0]), name: value}))
        except Exception:  # Whatever it is called: it was seen.
            continue
        sys.exit(f"an event with another {name} was read")
    print(f"{len(lines)} messages are CloudEvents 1.0")


main(sys.argv[1])
