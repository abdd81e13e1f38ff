"""Consumes every queue that is named, for as long as it runs, whatever the broker does.

    consume.py URL OUTPUT QUEUE…

Writes a line of JSON for each message before it acknowledges it, and knows nothing of our code.
"""

import json
import sys
import time

import pika

url, output, *queues = sys.argv[1:]
lines = open(output, "a", encoding="utf-8")


def received(channel, method, properties, body):
    event = json.loads(body)
    data = event["data"]
    line = {
        "queue": method.consumer_tag,
        "body": body.decode(),
        "id": event["id"],
        "message_id": properties.message_id,
        "request": data["request_id"],
        "version": data["version"],
        "place": event["place"],
    }
    lines.write(json.dumps(line) + "\n")
    lines.flush()
    channel.basic_ack(method.delivery_tag)


def consume():
    """Until something is wrong: a queue that is missing ends its channel, and all is tried again."""
    parameters = pika.URLParameters(url)
    parameters.heartbeat = 10
    parameters.blocked_connection_timeout = 300
    connection = pika.BlockingConnection(parameters)
    channel = connection.channel()
    channel.basic_qos(prefetch_count=50)
    # A deleted queue cancels its consumer.
    channel.add_on_cancel_callback(lambda _: channel.stop_consuming())
    for queue in queues:
        channel.basic_consume(queue, received, consumer_tag=queue)
    channel.start_consuming()
    connection.close()


while True:
    try:
        consume()
    except (pika.exceptions.AMQPError, OSError):
        pass
    time.sleep(0.5)
