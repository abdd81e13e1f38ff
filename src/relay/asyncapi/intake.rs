//! What we take in, for the AsyncAPI document: commands as messages, and how they are answered.

use crate::relay::topology::{INTAKE_EXCHANGE, INTAKE_QUEUE};
use serde_json::{Value, json};

/// Where service accounts send to.
pub(super) fn channel() -> Value {
    json!({
        "address": "",
        "title": "Requests and moves from service accounts",
        "description": format!(
            "Publish to the exchange `{INTAKE_EXCHANGE}`; the routing key is ignored. It leads to the \
             quorum queue `{INTAKE_QUEUE}`, from which a message is removed once it is recorded or \
             answered. What cannot be read, and what is refused without anybody being told, waits \
             for a person of the service."
        ),
        "messages": {
            "open-request": { "$ref": "#/components/messages/open-request" },
            "make-move": { "$ref": "#/components/messages/make-move" },
        },
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": INTAKE_EXCHANGE,
                    "type": "fanout",
                    "durable": true,
                    "autoDelete": false,
                },
                "bindingVersion": "0.3.0",
            },
        },
    })
}

/// Where answers go.
pub(super) fn replies() -> Value {
    json!({
        "address": null,
        "title": "Answers",
        "description": "The queue that a message names in `reply_to`: the broker's own \
            `amq.rabbitmq.reply-to`, another that the broker named, or one whose name begins with \
            the sender's user and a dot. `correlation_id` is that of the message.",
        "messages": {
            "receipt": { "$ref": "#/components/messages/receipt" },
            "problem": { "$ref": "#/components/messages/problem" },
        },
    })
}

pub(super) fn operation() -> Value {
    json!({
        "action": "receive",
        "title": "Commands from service accounts",
        "channel": { "$ref": "#/channels/intake" },
        "messages": [
            { "$ref": "#/channels/intake/messages/open-request" },
            { "$ref": "#/channels/intake/messages/make-move" },
        ],
        "reply": {
            "address": { "location": "$message.header#/reply_to" },
            "channel": { "$ref": "#/channels/replies" },
            "messages": [
                { "$ref": "#/channels/replies/messages/receipt" },
                { "$ref": "#/channels/replies/messages/problem" },
            ],
        },
    })
}

/// By name.
pub(super) fn messages() -> [(&'static str, Value); 4] {
    let problem = json!({
        "title": "Why it was not recorded",
        "contentType": "application/problem+json",
        "payload": { "$ref": "#/components/schemas/problem-1" },
    });
    let receipt = json!({
        "title": "It is recorded",
        "contentType": "application/json",
        "payload": { "$ref": "#/components/schemas/receipt-1" },
    });
    let command = |title: &str, kind: &str, payload: &str| {
        json!({
            "title": title,
            "contentType": "application/json",
            "description": format!(
                "Properties: `type` is `{kind}`, `content_type` is `application/json`, `user_id` is \
                 the broker's user that you are logged in as, and `message_id` (1 to 128 visible \
                 ASCII characters) is the same for every repetition: the same message gives the \
                 same receipt. No `expiration` and no headers but `traceparent` and `tracestate`."
            ),
            "payload": { "$ref": format!("#/components/schemas/{payload}") },
        })
    };
    let open = command(
        "Send a request for assistance",
        "scot.rfa.open-request.v1",
        "open-request-1",
    );
    let make = command("Make a move", "scot.rfa.make-move.v1", "make-move-1");
    [
        ("open-request", open),
        ("make-move", make),
        ("receipt", receipt),
        ("problem", problem),
    ]
}

/// By name. Bodies are those of HTTP.
pub(super) fn schemas() -> [(&'static str, Value); 4] {
    let code = |about: &str| json!({ "type": "string", "description": about });
    let data =
        json!({ "type": "object", "description": "As the move's schema in the workflow says." });
    let then = json!({
        "type": "array", "maxItems": 7,
        "description": "Further moves that happen with it, or none does.",
        "items": {
            "type": "object", "required": ["move", "data"], "additionalProperties": false,
            "properties": { "move": { "type": "string" }, "data": { "type": "object" } },
        },
    });
    let on_behalf_of = code("The person whose request it is.");
    let open = json!({
        "type": "object", "required": ["data"], "additionalProperties": false,
        "properties": {
            "workflow": code("Default: the authority's usual workflow."),
            "move": code("Only where the workflow has several opening moves."),
            "on_behalf_of": on_behalf_of, "data": data, "then": then,
        },
    });
    let make = json!({
        "type": "object", "required": ["request", "move", "data"], "additionalProperties": false,
        "properties": {
            "request": { "type": "string", "format": "uuid" },
            "move": code("Name of the move."),
            "if_match": {
                "type": "integer", "minimum": 1,
                "description": "The version that you have seen; needed unless the move may not wait.",
            },
            "epoch": {
                "type": "string", "format": "uuid",
                "description": "Of the message that told you the version: after a restore of the log \
                    the move is refused.",
            },
            "on_behalf_of": on_behalf_of, "data": data, "then": then,
        },
    });
    let receipt = json!({
        "type": "object",
        "required": ["request_id", "reference", "position", "version", "recorded_at", "duplicate"],
        "properties": {
            "request_id": { "type": "string", "format": "uuid" },
            "reference": code("What people quote on the phone."),
            "position": code("`{epoch}-{number}`; for `min_position`."),
            "version": { "type": "integer", "minimum": 1 },
            "recorded_at": { "type": "string", "format": "date-time" },
            "duplicate": { "type": "boolean", "description": "The message was taken before." },
        },
    });
    let problem = json!({
        "type": "object",
        "description": "RFC 9457, as over HTTP: each `type` is explained there.",
        "required": ["type", "title", "status", "detail", "instance"],
        "properties": {
            "type": { "type": "string" }, "title": { "type": "string" },
            "status": { "type": "integer" }, "detail": { "type": "string" },
            "instance": code("Id of this message here, also in our logs."),
            "errors": { "type": "array", "items": { "type": "object" } },
            "allowed": { "type": "array", "items": { "type": "string" } },
        },
    });
    [
        ("open-request-1", open),
        ("make-move-1", make),
        ("receipt-1", receipt),
        ("problem-1", problem),
    ]
}
