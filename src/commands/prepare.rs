//! What can be known of a command before its request is read: its identity, its checked data, the
//! codes made from it, and the team that it goes to.

use super::{Ask, AskedMove, Command, CommandError};
use crate::domain::declared::Declared;
use crate::domain::derive::derive;
use crate::domain::ids::{PrincipalId, TeamId};
use crate::domain::request::command::{Asked, Routed};
use crate::domain::request::error::Refusal;
use crate::domain::workflow::definition::{RouteTo, find};
use crate::domain::workflow::schema::{Workflow, write_canonical, write_text};
use crate::log::vault::Vault;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::{Map, Value, json};
use uuid::Uuid;

/// Where a request goes that no rule places; the organisation must have it.
const UNROUTED: &str = "unrouted";

pub(super) struct Prepared {
    pub(super) command_id: Uuid,
    pub(super) fingerprint: [u8; 16],
}

/// The same caller with the same key means the same command, for ever.
pub(super) fn prepare(command: &Command, vault: &Vault) -> Result<Prepared, CommandError> {
    let authority = command.authority.as_str();
    let space = Uuid::new_v5(&Uuid::NAMESPACE_OID, authority.as_bytes());
    let name = format!("{}\n{}", command.actor.id, command.key);
    Ok(Prepared {
        command_id: Uuid::new_v5(&space, name.as_bytes()),
        fingerprint: vault.fingerprint(authority, content(command).as_bytes()),
    })
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
        Ask::Claim { request } => {
            out.push_str(r#""claim","#);
            write_text(&request.0.to_string(), &mut out);
        }
        Ask::Release { request } => {
            out.push_str(r#""release","#);
            write_text(&request.0.to_string(), &mut out);
        }
        Ask::Raise { request, rung } => {
            out.push_str(r#""raise","#);
            write_text(&request.0.to_string(), &mut out);
            out.push(',');
            write_text(&rung.to_string(), &mut out);
        }
    }
    out.push_str(r#"],"if_match":"#);
    write_canonical(&json!(command.if_match), &mut out);
    out.push_str(r#","on_behalf_of":"#);
    write_canonical(&json!(command.on_behalf_of), &mut out);
    out.push('}');
    out
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

#[derive(Default)]
pub(super) struct CheckedMoves {
    pub(super) moves: Vec<Asked>,
    /// Kind and normalised value for the blind index; personal.
    pub(super) index: Vec<(String, String)>,
}

/// Checks every move's data against its schema; takes codes and personal fields apart.
pub(super) fn asked(
    ask: &Ask,
    workflow: &Workflow,
    declared: &Declared,
    occurred_at: Timestamp,
    opens: bool,
) -> Result<CheckedMoves, CommandError> {
    let moves = match ask {
        Ask::Open { moves, .. } | Ask::Moves { moves, .. } => moves.as_slice(),
        Ask::Claim { .. } | Ask::Release { .. } | Ask::Raise { .. } => &[],
    };
    let today = civil_date(occurred_at);
    let mut checked = CheckedMoves::default();
    for (index, asked) in moves.iter().enumerate() {
        let data = check(workflow, asked, index, today)?;
        checked
            .index
            .extend(workflow.index_entries(&asked.move_name, data));
        let (mut coded, personal) = workflow.split(&asked.move_name, data);
        if opens && index == 0 && !workflow.definition.derive.is_empty() {
            let rules = &workflow.definition.derive;
            let derived = derive(rules, data, declared.organisation(), today);
            coded.insert("derived".to_owned(), Value::Object(derived));
        }
        known_requester(workflow, asked, &coded, declared)?;
        checked.moves.push(Asked {
            move_name: asked.move_name.clone(),
            coded,
            personal,
        });
    }
    Ok(checked)
}

/// Whoever is to answer from now on must be somebody, or the request would wait for nobody.
fn known_requester(
    workflow: &Workflow,
    asked: &AskedMove,
    coded: &Map<String, Value>,
    declared: &Declared,
) -> Result<(), CommandError> {
    let rule = workflow.definition.moves.get(&asked.move_name);
    let Some(path) = rule.and_then(|rule| rule.requester.as_deref()) else {
        return Ok(());
    };
    let named = find(coded, path)
        .and_then(Value::as_str)
        .map(PrincipalId::parse);
    match named {
        Some(Ok(id)) if declared.find_principal(&id).is_none() => {
            let path = path.to_owned();
            Err(Refusal::UnknownNamedPerson { path }.into())
        }
        Some(_) | None => Ok(()),
    }
}

fn check<'a>(
    workflow: &Workflow,
    asked: &'a AskedMove,
    index: usize,
    today: Date,
) -> Result<&'a Map<String, Value>, CommandError> {
    let wrong = |errors| CommandError::Data {
        move_name: asked.move_name.clone(),
        index,
        errors,
    };
    if !workflow.definition.moves.contains_key(&asked.move_name) {
        return Err(Refusal::UnknownMove {
            found: asked.move_name.clone(),
            allowed: workflow.definition.moves.keys().cloned().collect(),
        }
        .into());
    }
    workflow
        .check(&asked.move_name, &asked.data)
        .map_err(wrong)?;
    let errors = workflow.check_dates(&asked.move_name, &asked.data, today);
    if !errors.is_empty() {
        return Err(wrong(errors));
    }
    asked.data.as_object().ok_or_else(|| CommandError::Broken {
        why: format!(
            "the schema of `{}` lets something pass that is no object",
            asked.move_name
        ),
    })
}

/// First fitting rule; `otherwise` fits always.
pub(super) fn route(
    workflow: &Workflow,
    moves: &[Asked],
    declared: &Declared,
    occurred_at: Timestamp,
) -> Routed {
    let empty = Map::new();
    let coded = moves.first().map_or(&empty, |asked| &asked.coded);
    let organisation = declared.organisation();
    let on = civil_date(occurred_at);
    for rule in workflow
        .definition
        .routing
        .iter()
        .filter(|rule| rule.when.holds(coded))
    {
        let team = match &rule.team {
            RouteTo::Team(team) => Some(team.clone()),
            RouteTo::LocalityAt(path) => find(coded, path)
                .and_then(Value::as_str)
                .and_then(|locality| organisation.receiving_team(locality, on))
                .cloned(),
        };
        if let Some(team) = team {
            return Routed {
                team,
                because: rule.because.clone(),
            };
        }
    }
    unrouted()
}

fn unrouted() -> Routed {
    match TeamId::parse(UNROUTED) {
        Ok(team) => Routed {
            team,
            because: "No routing rule fits".to_owned(),
        },
        Err(_) => unreachable!("a constant code"),
    }
}

/// The date in Scotland: what "today" means for ages and dates of birth.
fn civil_date(at: Timestamp) -> Date {
    let zone = TimeZone::get("Europe/London").unwrap_or(TimeZone::UTC);
    at.to_zoned(zone).date()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Provenance;
    use crate::domain::ids::{Authority, MoveName, RequestId, WorkflowName};
    use crate::domain::request::actor::{Principal, PrincipalKind};
    use crate::domain::workflow::schema::canonical;

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
            (Ask::Claim { request }, json!(["claim", request])),
            (Ask::Release { request }, json!(["release", request])),
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
        ];
        for (ask, expected) in asked {
            for if_match in [None, Some(3)] {
                let command = Command {
                    authority: Authority::parse("village").unwrap(),
                    actor: Principal {
                        id: PrincipalId::parse("n.ross").unwrap(),
                        kind: PrincipalKind::Person,
                        grants: Vec::new(),
                    },
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
