//! The identity of a command: the same caller with the same key, and what was asked.

use super::{Ask, AskedMove, Command, OpenedOn};
use crate::domain::ids::ReasonCode;
use crate::domain::workflow::schema::{write_canonical, write_text};
use crate::log::vault::Vault;
use serde_json::json;
use uuid::Uuid;

pub(super) struct Prepared {
    pub(super) command_id: Uuid,
    pub(super) fingerprint: [u8; 16],
}

/// Characters of a key that a caller gives a command, at most.
const KEY_LENGTH_MAX: usize = 128;

/// Visible ASCII, so that it comes through headers, sheets and messages alike.
#[must_use]
pub fn is_key(text: &str) -> bool {
    (1..=KEY_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
}

/// The same caller with the same key means the same command, for ever.
pub(super) fn prepare(command: &Command, vault: &Vault) -> Prepared {
    let authority = command.authority.as_str();
    let space = Uuid::new_v5(&Uuid::NAMESPACE_OID, authority.as_bytes());
    let name = format!("{}\n{}", command.actor.id, command.key);
    Prepared {
        command_id: Uuid::new_v5(&space, name.as_bytes()),
        fingerprint: vault.fingerprint(authority, content(command).as_bytes()),
    }
}

/// Canonical JSON of what is asked. Every byte counts: a key remembers it for ever.
fn content(command: &Command) -> String {
    let mut out = String::with_capacity(8_192);
    out.push_str(r#"{"ask":["#);
    match &command.ask {
        Ask::Open { workflow, moves } => {
            out.push_str(r#""open","#);
            write_text(workflow.as_str(), &mut out);
            write_moves(moves, &mut out);
        }
        Ask::Moves { request, moves } => {
            out.push_str(r#""moves","#);
            write_text(&request.0.to_string(), &mut out);
            write_moves(moves, &mut out);
        }
        Ask::Claim { request, reason } => {
            out.push_str(r#""claim","#);
            write_text(&request.0.to_string(), &mut out);
            write_reason(reason.as_ref(), &mut out);
        }
        Ask::Release { request, reason } => {
            out.push_str(r#""release","#);
            write_text(&request.0.to_string(), &mut out);
            write_reason(reason.as_ref(), &mut out);
        }
        Ask::Extend {
            request,
            clock,
            by,
            reason,
        } => {
            out.push_str(r#""extend""#);
            for part in [
                &request.0.to_string(),
                clock.as_str(),
                &by.to_string(),
                reason.as_str(),
            ] {
                out.push(',');
                write_text(part, &mut out);
            }
        }
        Ask::Raise { request, rung } => {
            out.push_str(r#""raise","#);
            write_text(&request.0.to_string(), &mut out);
            out.push(',');
            write_text(&rung.to_string(), &mut out);
        }
        Ask::Opening { request, on } => {
            out.push_str(r#""opening","#);
            write_text(&request.0.to_string(), &mut out);
            out.push(',');
            let on = match on {
                OpenedOn::Page => "page",
                OpenedOn::Program => "program",
            };
            write_text(on, &mut out);
        }
    }
    out.push_str(r#"],"if_match":"#);
    write_canonical(&json!(command.if_match), &mut out);
    out.push_str(r#","on_behalf_of":"#);
    write_canonical(&json!(command.on_behalf_of), &mut out);
    out.push('}');
    out
}

fn write_reason(reason: Option<&ReasonCode>, out: &mut String) {
    if let Some(reason) = reason {
        out.push(',');
        write_text(reason.as_str(), out);
    }
}

fn write_moves(moves: &[AskedMove], out: &mut String) {
    out.push_str(",[");
    for (i, asked) in moves.iter().enumerate() {
        out.push_str(if i > 0 { ",[" } else { "[" });
        write_text(asked.move_name.as_str(), out);
        out.push(',');
        write_canonical(&asked.data, out);
        out.push(']');
    }
    out.push(']');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Provenance;
    use crate::domain::ids::{Authority, MoveName, PrincipalId, RequestId, WorkflowName};
    use crate::domain::request::actor::{Principal, PrincipalKind};
    use crate::domain::workflow::schema::canonical;
    use serde_json::Value;

    fn without_moves(request: RequestId) -> Vec<(Ask, Value)> {
        vec![
            (
                Ask::Claim {
                    request,
                    reason: None,
                },
                json!(["claim", request]),
            ),
            (
                Ask::Release {
                    request,
                    reason: ReasonCode::parse("away").ok(),
                },
                json!(["release", request, "away"]),
            ),
            (
                Ask::Extend {
                    request,
                    clock: "decide".parse().unwrap(),
                    by: "5wd".parse().unwrap(),
                    reason: "away".parse().unwrap(),
                },
                json!(["extend", request, "decide", "5wd", "away"]),
            ),
            (
                Ask::Raise {
                    request,
                    rung: serde_json::from_value(json!({
                        "clock": "decide", "spell": 2, "rung": "-3wd", "occurrence": 1
                    }))
                    .unwrap(),
                },
                json!(["raise", request, "decide/2/-3wd/1"]),
            ),
        ]
    }

    #[test]
    fn what_is_asked_is_written_as_canonical_json() {
        let request = RequestId(Uuid::from_u128(7));
        let moves = || {
            ["send", "ask"].map(|name| AskedMove {
                move_name: MoveName::parse(name).unwrap(),
                data: json!({ "b": "Invented \"words\"\n", "a": [1, null, { "y": 2, "x": true }] }),
            })
        };
        let pairs = || -> Value {
            moves()
                .iter()
                .map(|m| json!([m.move_name, m.data]))
                .collect()
        };
        let workflow = WorkflowName::parse("tool-loan").unwrap();
        let open = Ask::Open {
            workflow: workflow.clone(),
            moves: moves().into(),
        };
        let asked = [
            (open, json!(["open", workflow, pairs()])),
            (
                Ask::Moves {
                    request,
                    moves: moves().into(),
                },
                json!(["moves", request, pairs()]),
            ),
        ];
        for (ask, expected) in asked.into_iter().chain(without_moves(request)) {
            for if_match in [None, Some(3)] {
                let command = Command {
                    authority: Authority::parse("village").unwrap(),
                    actor: Principal::new(
                        PrincipalId::parse("n.ross").unwrap(),
                        PrincipalKind::Person,
                        Vec::new(),
                    ),
                    on_behalf_of: if_match.map(|_| PrincipalId::parse("k.bain").unwrap()),
                    key: "key".to_owned(),
                    ask: ask.clone(),
                    if_match,
                    occurred_at: None,
                    provenance: Provenance::Live,
                    correlation: Uuid::nil(),
                    causation: None,
                };
                let whole = json!({
                    "ask": expected,
                    "on_behalf_of": command.on_behalf_of,
                    "if_match": if_match,
                });
                assert_eq!(content(&command).as_bytes(), canonical(&whole));
            }
        }
    }
}
