//! The AsyncAPI 3 document: what is sent to whom, where it is found, and what is taken in.

mod intake;

use super::contract::schemas;
use super::message::{AGENCIES_EXCHANGE, EVENTS_EXCHANGE, RESTRICTED_EXCHANGE};
use super::topology::{DEAD_LETTERS_QUEUE, DELIVERY_LIMIT, QUEUE_MESSAGES_MAX};
use serde_json::{Map, Value, json};

/// One kind of receiver: its exchange, its queue and what it is told.
struct Receiver {
    name: &'static str,
    title: &'static str,
    exchange: &'static str,
    /// Routing key.
    address: &'static str,
    queue: &'static str,
    messages: &'static [&'static str],
    description: &'static str,
}

const RECEIVERS: [Receiver; 3] = [
    Receiver {
        name: "team",
        title: "Events for a locality team",
        exchange: EVENTS_EXCHANGE,
        address: "{authority}.{team}.{event}",
        queue: "rfa.team.{authority}.{team}",
        messages: &["event", "stub"],
        description: "Every event of the requests that the team holds, and the move by which one \
                      leaves it.",
    },
    Receiver {
        name: "agency",
        title: "Events for a requesting agency",
        exchange: AGENCIES_EXCHANGE,
        address: "{authority}.{agency}.{event}",
        queue: "rfa.agency.{authority}.{agency}",
        messages: &["event", "stub"],
        description: "Every event of the requests that people of the agency asked for, and of no \
                      other.",
    },
    Receiver {
        name: "restricted",
        title: "Child protection concerns",
        exchange: RESTRICTED_EXCHANGE,
        address: "{authority}.{team}.{event}",
        queue: "rfa.restricted.{authority}",
        messages: &["event"],
        description: "In full, for those alone who may know; everybody else is sent a stub of the \
                      same id and version.",
    },
];

/// The document, whole.
#[must_use]
pub fn document() -> Value {
    let mut channels: Map<String, Value> = RECEIVERS
        .iter()
        .map(|receiver| (receiver.name.to_owned(), channel(receiver)))
        .collect();
    channels.insert("intake".to_owned(), intake::channel());
    channels.insert("replies".to_owned(), intake::replies());
    let mut operations: Map<String, Value> = RECEIVERS
        .iter()
        .map(|receiver| (format!("tell-{}", receiver.name), operation(receiver)))
        .collect();
    operations.insert("take-in".to_owned(), intake::operation());
    let mut messages = Map::from_iter([
        (
            "event".to_owned(),
            message("Something happened to a request", "event-1"),
        ),
        (
            "stub".to_owned(),
            message("Something happened that is told elsewhere", "stub-1"),
        ),
    ]);
    let taken_in = intake::messages().into_iter();
    messages.extend(taken_in.map(|(name, message)| (name.to_owned(), message)));
    let mut schemas = component_schemas();
    let of_intake = intake::schemas().into_iter();
    schemas.extend(of_intake.map(|(name, schema)| (name.to_owned(), schema)));
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "rfa",
            "version": "1.0.0",
            "description": "What happens to requests for assistance, told as it happens. Messages are \
                CloudEvents 1.0 in structured mode and hold ids and codes only; whoever wants more \
                fetches it over HTTP with their own rights. Delivery is at least once, and messages may \
                arrive in another order than they were sent in. `place` says which message about its \
                request it is among those to this receiver: 1, 2, 3, without gaps; copies have the same \
                `id` and the same `place`. Whoever needs the order waits for the place before, and \
                after ten seconds reads the request over HTTP with `min_position` and goes on from \
                there: a place that is missing then may never come, where a message is among the dead \
                letters, or an agency had no queue for a time. \
                Within v1 members may be added, and none is taken away. Service accounts may send \
                what they would do over HTTP as messages too.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "defaultContentType": "application/cloudevents+json",
        "channels": channels,
        "operations": operations,
        "components": {
            "messages": messages,
            "schemas": schemas,
        },
    })
}

fn channel(receiver: &Receiver) -> Value {
    let parameters: Map<String, Value> = receiver
        .address
        .split('.')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| (name.to_owned(), json!({ "description": parameter(name) })))
        .collect();
    let messages: Map<String, Value> = receiver
        .messages
        .iter()
        .map(|name| {
            let target = json!({ "$ref": format!("#/components/messages/{name}") });
            ((*name).to_owned(), target)
        })
        .collect();
    json!({
        "address": receiver.address,
        "title": receiver.title,
        "description": format!(
            "{} The queue `{}` is declared with it: a quorum queue that delivers a message at most \
             {DELIVERY_LIMIT} times before it goes to `{DEAD_LETTERS_QUEUE}`, and holds \
             {QUEUE_MESSAGES_MAX} at most: what follows waits until there is room. The header \
             `rfa-position` says which event of the log a message tells.",
            receiver.description, receiver.queue
        ),
        "parameters": parameters,
        "messages": messages,
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": receiver.exchange,
                    "type": "topic",
                    "durable": true,
                    "autoDelete": false,
                },
                "bindingVersion": "0.3.0",
            },
        },
    })
}

fn operation(receiver: &Receiver) -> Value {
    let channel = format!("#/channels/{}", receiver.name);
    let messages: Vec<Value> = receiver
        .messages
        .iter()
        .map(|name| json!({ "$ref": format!("{channel}/messages/{name}") }))
        .collect();
    json!({
        "action": "send",
        "title": receiver.title,
        "channel": { "$ref": channel },
        "messages": messages,
    })
}

fn parameter(name: &str) -> &'static str {
    match name {
        "authority" => "Code of the council or partnership.",
        "team" => "Code of the team that holds the request after the event, or held it before.",
        "agency" => "Code of the agency whose person asked.",
        _ => "Name of the event, as in the workflow file; `moved-to-another-process` for a stub.",
    }
}

fn message(title: &str, data: &str) -> Value {
    json!({
        "title": title,
        "contentType": "application/cloudevents+json",
        "payload": {
            "allOf": [
                { "$ref": "#/components/schemas/envelope-1" },
                {
                    "type": "object",
                    "properties": { "data": { "$ref": format!("#/components/schemas/{data}") } },
                    // Of the envelope, which webhooks send without it.
                    "required": ["place"],
                },
            ],
        },
    })
}

/// Inside this document a schema is found by its place, not by an id of its own.
fn component_schemas() -> Map<String, Value> {
    let local = |(name, mut schema): (&str, Value)| {
        if let Some(object) = schema.as_object_mut() {
            object.remove("$id");
            object.remove("$schema");
            if let Some(Value::Object(inner)) = object.remove("$defs") {
                object.insert("definitions".to_owned(), Value::Object(inner));
            }
        }
        let text = schema.to_string();
        let text = text.replace(
            "#/$defs/",
            &format!("#/components/schemas/{name}/definitions/"),
        );
        (
            name.to_owned(),
            serde_json::from_str(&text).unwrap_or(schema),
        )
    };
    schemas().into_iter().map(local).collect()
}
