// Consumes every queue that is named, for as long as it runs, whatever the broker does.
//
//     consume.js URL OUTPUT QUEUE…
//
// Writes a line of JSON for each message before it acknowledges it, and knows nothing of our code.
const amqplib = require("amqplib");
const { appendFileSync } = require("node:fs");

const [url, output, ...queues] = process.argv.slice(2);

// Until something is wrong: a queue that is missing ends its channel, and all is tried again.
async function consume() {
  const connection = await amqplib.connect(url, { timeout: 10_000 });
  const ended = new Promise((resolve) => {
    connection.on("close", resolve);
    connection.on("error", () => {});
  });
  try {
    const channel = await connection.createChannel();
    channel.on("error", () => {});
    const closed = new Promise((resolve) => channel.on("close", resolve));
    await channel.prefetch(50);
    for (const queue of queues) {
      await channel.consume(queue, (message) => {
        // A deleted queue cancels its consumer.
        if (message === null) return connection.close().catch(() => {});
        const event = JSON.parse(message.content.toString());
        const line = {
          queue,
          body: message.content.toString(),
          id: event.id,
          message_id: message.properties.messageId,
          request: event.data.request_id,
          version: event.data.version,
          place: event.place,
        };
        appendFileSync(output, `${JSON.stringify(line)}\n`);
        channel.ack(message);
      });
    }
    await Promise.race([ended, closed]);
  } finally {
    await connection.close().catch(() => {});
  }
}

(async () => {
  for (;;) {
    await consume().catch(() => {});
    await new Promise((later) => setTimeout(later, 500));
  }
})();
