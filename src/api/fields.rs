//! Bodies of commands: every field known, all errors at once.

mod object;
mod partners;

pub(crate) use partners::{IdentifierBody, MailBody, WebhookBody};

use super::problem::{Kind, Problem};
use crate::commands::AskedMove;
use crate::domain::ids::{MoveName, PrincipalId, ReasonCode, WorkflowName};
use crate::domain::workflow::definition::{TARGETS, Target};
use object::Fields;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

/// Moves in one command, at most.
const MOVES_MAX: usize = 8;

/// Names of fields outside `data`; the workflow names those inside.
pub(super) const NAMES: [&str; 16] = [
    "request",
    "if_match",
    "epoch",
    "workflow",
    "move",
    "on_behalf_of",
    "data",
    "then",
    "received_at",
    "reason",
    "by",
    "url",
    "address",
    "occasions",
    "kind",
    "number",
];

/// A further act of the same command; all of them happen, or none.
#[derive(Serialize, ToSchema)]
pub(crate) struct NextMove {
    #[serde(rename = "move")]
    #[schema(value_type = String, example = "acknowledge")]
    pub move_name: MoveName,
    #[schema(value_type = Object)]
    pub data: Value,
}

/// A request for help, as the workflow's opening move asks for it.
#[derive(Serialize, ToSchema)]
#[schema(as = NewRequest)]
pub(crate) struct OpenBody {
    /// The newest version that is rolled out to the child's cluster is taken. Default: the authority's usual workflow.
    #[schema(value_type = Option<String>, example = "request-for-assistance")]
    pub workflow: Option<WorkflowName>,
    /// Only where the workflow has several opening moves.
    #[serde(rename = "move")]
    #[schema(value_type = Option<String>)]
    pub move_name: Option<MoveName>,
    /// For service accounts: the person whose request it is.
    #[schema(value_type = Option<String>)]
    pub on_behalf_of: Option<PrincipalId>,
    /// As the move's schema says: see `GET /workflows/{name}/{version}`.
    #[schema(value_type = Object)]
    pub data: Value,
    #[schema(required = false)]
    pub then: Vec<NextMove>,
}

/// What a move needs.
#[derive(Serialize, ToSchema)]
#[schema(as = Move)]
pub(crate) struct MoveBody {
    /// For service accounts: the person whose act it is.
    #[schema(value_type = Option<String>)]
    pub on_behalf_of: Option<PrincipalId>,
    /// As the move's schema says: see `moves` of the request.
    #[schema(value_type = Object)]
    pub data: Value,
    #[schema(required = false)]
    pub then: Vec<NextMove>,
}

impl OpenBody {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(body, String::new())?;
        let workflow = fields.code("workflow", WorkflowName::parse);
        let move_name = fields.code("move", MoveName::parse);
        let on_behalf_of = fields.code("on_behalf_of", PrincipalId::parse);
        let data = fields.data();
        let then = fields.then();
        fields.finish("workflow, move, on_behalf_of, data, then")?;
        Ok(Self {
            workflow,
            move_name,
            on_behalf_of,
            data,
            then,
        })
    }
}

impl MoveBody {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(body, String::new())?;
        let on_behalf_of = fields.code("on_behalf_of", PrincipalId::parse);
        let data = fields.data();
        let then = fields.then();
        fields.finish("on_behalf_of, data, then")?;
        Ok(Self {
            on_behalf_of,
            data,
            then,
        })
    }
}

/// A move as a message: what HTTP says in the address and in headers stands in the body.
pub(crate) struct MoveMessage {
    pub request: Uuid,
    pub move_name: MoveName,
    /// The version that the sender has seen.
    pub if_match: Option<i32>,
    /// Of the message that told the version; another one than the log's was restored away.
    pub epoch: Option<Uuid>,
    pub body: MoveBody,
}

impl MoveMessage {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(body, String::new())?;
        for name in ["request", "move"] {
            if !fields.map.contains_key(name) {
                fields.wrong(name, "missing", "a text");
            }
        }
        let request = fields.uuid("request");
        let move_name = fields.code("move", MoveName::parse);
        let if_match = fields.map.remove("if_match").and_then(|found| {
            let version = found.as_i64().and_then(|found| i32::try_from(found).ok());
            let version = version.filter(|version| *version >= 1);
            if version.is_none() {
                fields.wrong("if_match", "not a version", "a whole number, 1 or more");
            }
            version
        });
        let epoch = fields.uuid("epoch");
        let on_behalf_of = fields.code("on_behalf_of", PrincipalId::parse);
        let (data, then) = (fields.data(), fields.then());
        fields.finish("request, move, if_match, epoch, on_behalf_of, data, then")?;
        let (Some(request), Some(move_name)) = (request, move_name) else {
            return Err(Problem::new(Kind::BadData, "Nothing was asked for."));
        };
        Ok(Self {
            request,
            move_name,
            if_match,
            epoch,
            body: MoveBody {
                on_behalf_of,
                data,
                then,
            },
        })
    }
}

/// Why somebody does what is not done without a reason.
#[derive(Default, ToSchema)]
#[schema(as = WithReason)]
pub(crate) struct ReasonBody {
    /// A code of the workflow.
    #[schema(value_type = Option<String>)]
    pub reason: Option<ReasonCode>,
}

impl ReasonBody {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Option<Value>) -> Result<Self, Problem> {
        let Some(body) = body else {
            return Ok(Self::default());
        };
        let mut fields = Fields::of(body, String::new())?;
        let reason = fields.code("reason", ReasonCode::parse);
        fields.finish("reason")?;
        Ok(Self { reason })
    }
}

/// More time for a clock.
#[derive(ToSchema)]
#[schema(as = Extension)]
pub(crate) struct ExtensionBody {
    /// In the unit of the target: `5wd`, `16wh`, `15min`, `10d` or `12w`.
    #[schema(value_type = String, example = "3wd")]
    pub by: Target,
    /// A code of the workflow.
    #[schema(value_type = String)]
    pub reason: ReasonCode,
}

impl ExtensionBody {
    /// # Errors
    /// A problem with every field that is wrong.
    pub(crate) fn parse(body: Value) -> Result<Self, Problem> {
        let mut fields = Fields::of(body, String::new())?;
        for name in ["by", "reason"] {
            if !fields.map.contains_key(name) {
                fields.wrong(name, "missing", "a text");
            }
        }
        let by = fields.map.remove("by");
        let read = by.as_ref().map(|by| by.as_str()?.parse::<Target>().ok());
        if read == Some(None) {
            fields.wrong("by", "not an amount of time", TARGETS);
        }
        let reason = fields.code("reason", ReasonCode::parse);
        fields.finish("by, reason")?;
        match (read.flatten(), reason) {
            (Some(by), Some(reason)) => Ok(Self { by, reason }),
            (None, _) | (_, None) => Err(Problem::new(Kind::BadData, "Nothing was asked for.")),
        }
    }
}

/// The first act with those that follow it.
pub(super) fn asked(first: MoveName, data: Value, then: Vec<NextMove>) -> Vec<AskedMove> {
    let next = then.into_iter().map(|next| AskedMove {
        move_name: next.move_name,
        data: next.data,
    });
    std::iter::once(AskedMove {
        move_name: first,
        data,
    })
    .chain(next)
    .collect()
}

fn next_move(item: Value, root: String) -> Result<NextMove, Problem> {
    let mut fields = Fields::of(item, root)?;
    if !fields.map.contains_key("move") {
        fields.wrong("move", "missing", "the name of a move");
    }
    let name = fields.code("move", MoveName::parse);
    let data = fields.data();
    fields.finish("move, data")?;
    let move_name = name.ok_or_else(|| Problem::new(Kind::BadData, "A move has no name."))?;
    Ok(NextMove { move_name, data })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn pointers(problem: &Problem) -> Vec<&str> {
        problem.errors.iter().map(|e| e.pointer.as_str()).collect()
    }

    #[test]
    fn every_wrong_field_is_named_at_once_and_unknown_names_are_not_repeated() {
        let body = json!({ "workflow": 7, "Invented": 1, "then": [{ "data": 1, "Made-up": 2 }] });
        let problem = OpenBody::parse(body).err().unwrap();
        assert_eq!(
            pointers(&problem),
            [
                "/workflow",
                "/data",
                "/then/0/move",
                "/then/0/data",
                "/then/0",
                ""
            ]
        );
        let text = format!("{problem:?}");
        assert!(!text.contains("Invented") && !text.contains("Made-up"));
    }

    #[test]
    fn null_missing_and_empty_are_three_things() {
        assert_eq!(
            pointers(&MoveBody::parse(json!({ "data": null })).err().unwrap()),
            ["/data"]
        );
        assert_eq!(
            pointers(&MoveBody::parse(json!({})).err().unwrap()),
            ["/data"]
        );
        assert!(MoveBody::parse(json!({ "data": {} })).is_ok());
        assert_eq!(
            pointers(
                &MoveBody::parse(json!({ "data": {}, "then": null }))
                    .err()
                    .unwrap()
            ),
            ["/then"]
        );
    }

    #[test]
    fn a_list_or_a_text_is_no_body() {
        assert_eq!(
            MoveBody::parse(json!([])).err().unwrap().kind,
            Kind::BadData
        );
        assert_eq!(
            OpenBody::parse(json!("x")).err().unwrap().kind,
            Kind::BadData
        );
    }
}
