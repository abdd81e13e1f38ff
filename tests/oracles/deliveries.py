"""Every webhook delivery, verified by the package `standardwebhooks`: one a line, with headers, body and
secret. None may verify once its body, its id, its time or the secret is another."""

import json
import sys

from standardwebhooks import Webhook, WebhookVerificationError


def is_verified(secret, body, headers):
    try:
        Webhook(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


def main(path):
    with open(path, encoding="utf-8") as file:
        deliveries = [json.loads(line) for line in file]
    for one in deliveries:
        secret, body, headers = one["secret"], one["body"], one["headers"]
        if not is_verified(secret, body, headers):
            sys.exit(f"not verified: {headers}")
        moved = str(int(headers["webhook-timestamp"]) - 1)
        wrong = {
            "body": (secret, body.replace("}", " }", 1), headers),
            "id": (secret, body, {**headers, "webhook-id": "another"}),
            "time": (secret, body, {**headers, "webhook-timestamp": moved}),
            "old": (secret, body, {**headers, "webhook-timestamp": "1700000000"}),
            "secret": ("whsec_" + "A" * 43 + "=", body, headers),
        }
        for name, changed in wrong.items():
            if is_verified(*changed):
                sys.exit(f"verified although it has another {name}")
    print(f"{len(deliveries)} deliveries are verified")


main(sys.argv[1])
