//! `POST /requests/{id}/quotes`: words of a child or family that they let others read.

use super::Seen;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Key, Params, Segments, StrictJson};
use crate::api::measures::written;
use crate::api::problem::{Kind, Problem};
use crate::domain::measures::note::Says;
use crate::projections::response_times::charted::month_of;
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;
use uuid::Uuid;

/// Where an ending act keeps the words, and that they may be read.
const WORDS: &str = "own_words";
const PERMISSION: &str = "may_be_quoted";

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Quote)]
pub(crate) struct QuoteBody {
    /// As they stand in the request; a part of them, too.
    pub text: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = QuoteReceipt)]
pub(crate) struct QuoteView {
    /// By which somebody else says that it points at nobody (`quote-checked` of `/measures/notes`).
    pub id: String,
    pub position: String,
}

/// Quote what they said
///
/// Only words that stand in the request, and only where the child or family said that others may
/// read them. The quote is kept without the request that it is from, and stands in no pack before
/// somebody else has checked that it points at nobody.
#[utoipa::path(
    post, path = "/requests/{id}/quotes", tag = "Requests",
    params(
        ("id" = Uuid, Path, description = "Id of the request"),
        ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same key gives the same receipt"),
    ),
    request_body = QuoteBody,
    responses((status = 200, body = QuoteView)),
)]
#[expect(
    clippy::too_many_arguments,
    reason = "an extractor a parameter is how a handler is written"
)]
pub(crate) async fn take(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    Key(key): Key,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<Json<QuoteView>, Problem> {
    params.only(&[])?;
    let seen = Seen::load(&app, &caller, &id).await?;
    if !seen.content {
        return Err(Problem::new(
            Kind::NotYours,
            "Only those who may read the words may quote them.",
        ));
    }
    let body: QuoteBody = serde_json::from_value(body).map_err(|_| {
        Problem::new(Kind::BadData, "This is not a quote.").with("", "not readable", "`text`")
    })?;
    let opened = app.commands.open(&caller.authority, &seen.loaded).await?;
    let Some(said) = opened.iter().rev().find(|one| permits(&one.data)) else {
        return Err(Problem::new(
            Kind::NotNow,
            "Nobody has said that words of this request may be quoted.",
        ));
    };
    let words = said.data.get(WORDS).and_then(Value::as_str);
    if !words.is_some_and(|words| plain(words).contains(&plain(&body.text))) {
        return Err(
            Problem::new(Kind::BadData, "These are not the words of the request.").with(
                "/text",
                "other words",
                "a part of `own_words` as it stands there",
            ),
        );
    }
    // Of the caller and the key: nothing leads from it to the request.
    let space = Uuid::new_v5(
        &Uuid::NAMESPACE_OID,
        caller.principal.id.as_str().as_bytes(),
    );
    let id = format!("quote-{}", short(Uuid::new_v5(&space, key.as_bytes())));
    let says = Says::Quote {
        id: id.clone(),
        period: month_of((app.now)()),
        text: body.text.trim().to_owned(),
    };
    let position = written(&app, &caller, &key, says).await?;
    Ok(Json(QuoteView { id, position }))
}

fn permits(data: &Map<String, Value>) -> bool {
    data.get(PERMISSION) == Some(&Value::Bool(true)) && data.contains_key(WORDS)
}

/// Spaces and lines are not what was said.
fn plain(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters alone: long numbers are refused in notes.
fn short(id: Uuid) -> String {
    let letters = id.as_bytes().iter().take(8);
    letters
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|half| char::from(b'a' + half))
        .collect()
}
