//! `/mail`: where people and service accounts hear by e-mail that something happened; no names.

use super::App;
use super::caller::Caller;
use super::extract::{Bare, Key, Params, Segments, StrictJson};
use super::fields::MailBody;
use super::problem::{Kind, Problem};
use super::webhooks::RedrivenView;
use crate::access::Action;
use crate::notices::{Channel, NewSubscription, Occasion, Subscription, Whose};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// Where somebody hears of what they asked for.
#[derive(Serialize, ToSchema)]
#[schema(as = Mail)]
pub(crate) struct MailView {
    pub id: Uuid,
    pub address: String,
    /// `receipt`, `question`, `decision`, `first-contact`, `end`
    pub occasions: Vec<&'static str>,
    pub created_at: Timestamp,
    pub delivered_count: i64,
    /// On their way, first attempts and later ones.
    pub waiting_count: i64,
    /// Given up; `redrive` tries them once more.
    pub parked_count: i64,
    /// Why the oldest did not arrive the last time.
    pub failure: Option<String>,
    pub ended_at: Option<Timestamp>,
    pub ended_because: Option<String>,
}

/// Where you hear by e-mail
///
/// Ended ones too, with what waits or is parked on its way.
#[utoipa::path(
    get, path = "/mail", tag = "E-mail",
    responses((status = 200, body = Vec<MailView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<MailView>>, Problem> {
    params.only(&[])?;
    let found = app.subscriptions.list(whose(&app, &caller)?, None).await?;
    Ok(Json(found.into_iter().map(view).collect()))
}

/// Hear by e-mail
///
/// From now on, at the occasions that you choose: a person of what they asked for, a service account
/// of what its agency did. A message holds the reference and where to look, and no name. A child
/// protection concern is never told by e-mail.
#[utoipa::path(
    post, path = "/mail", tag = "E-mail",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same key gives the same subscription")),
    request_body = MailBody,
    responses((status = 201, body = MailView)),
)]
pub(crate) async fn subscribe(
    State(app): State<App>,
    caller: Caller,
    Key(key): Key,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<(StatusCode, Json<MailView>), Problem> {
    params.only(&[])?;
    let whose = whose(&app, &caller)?;
    let body = MailBody::parse(body)?;
    if !app.sends_mail {
        return Err(Problem::new(
            Kind::NotNow,
            "No mail server is configured here.",
        ));
    }
    let new = NewSubscription {
        authority: whose.authority.clone(),
        principal: caller.principal.id.clone(),
        key,
        channel: Channel::Mail,
        target: body.address,
        occasions: Some(body.occasions),
    };
    let id = app.subscriptions.subscribe(&new).await?.id;
    let found = app.subscriptions.list(whose, Some(id)).await?;
    let mail = found.into_iter().next().ok_or_else(Problem::not_found)?;
    Ok((StatusCode::CREATED, Json(view(mail))))
}

/// Hear no more by e-mail
#[utoipa::path(
    post, path = "/mail/{id}/end", tag = "E-mail",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters")),
    responses((status = 204)),
)]
pub(crate) async fn end(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<Uuid>,
    _: Bare,
) -> Result<StatusCode, Problem> {
    app.subscriptions.end(whose(&app, &caller)?, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Try again what did not arrive by e-mail
#[utoipa::path(
    post, path = "/mail/{id}/redrive", tag = "E-mail",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters")),
    responses((status = 200, body = RedrivenView)),
)]
pub(crate) async fn redrive(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<Uuid>,
    _: Bare,
) -> Result<Json<RedrivenView>, Problem> {
    let count = app.subscriptions.redrive(whose(&app, &caller)?, id).await?;
    Ok(Json(RedrivenView { count }))
}

fn whose<'c>(app: &App, caller: &'c Caller) -> Result<Whose<'c>, Problem> {
    caller.must_by_workflow(app, Action::Subscribe)?;
    Ok(Whose {
        authority: &caller.authority,
        principal: Some(&caller.principal.id),
        channel: Some(Channel::Mail),
    })
}

fn view(found: Subscription) -> MailView {
    MailView {
        id: found.id,
        address: found.target,
        occasions: found.occasions.into_iter().map(Occasion::as_str).collect(),
        created_at: found.created_at,
        delivered_count: found.delivered_count,
        waiting_count: found.waiting_count,
        parked_count: found.parked_count,
        failure: found.failure,
        ended_at: found.ended_at,
        ended_because: found.ended_because,
    }
}
