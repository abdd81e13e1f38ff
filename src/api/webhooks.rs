//! `/webhooks`: where programs of service accounts are told of requests; the messages of the queues.

use super::App;
use super::caller::Caller;
use super::extract::{Bare, Key, Params, Segments, StrictJson};
use super::fields::WebhookBody;
use super::problem::{Kind, Problem};
use crate::access::Action;
use crate::domain::request::actor::PrincipalKind;
use crate::notices::webhook::{AddressError, Target};
use crate::notices::{
    Channel, NewSubscription, Subscribed, Subscription, SubscriptionError, Whose,
};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// A webhook and what is on its way there.
#[derive(Serialize, ToSchema)]
#[schema(as = Webhook)]
pub(crate) struct WebhookView {
    pub id: Uuid,
    pub url: String,
    pub created_at: Timestamp,
    pub delivered_count: i64,
    pub last_delivered_at: Option<Timestamp>,
    /// On their way, first attempts and later ones.
    pub waiting_count: i64,
    /// Given up after three days; `redrive` tries them once more, while the webhook has not ended.
    pub parked_count: i64,
    /// Why the oldest did not arrive the last time.
    pub failure: Option<String>,
    pub ended_at: Option<Timestamp>,
    pub ended_because: Option<String>,
}

/// A webhook with its secret: keep it, it is not shown again.
#[derive(Serialize, ToSchema)]
#[schema(as = WebhookSecret)]
pub(crate) struct SecretView {
    pub id: Uuid,
    /// Of the Standard Webhooks specification: `whsec_` and base64.
    pub secret: String,
}

/// How many are tried once more.
#[derive(Serialize, ToSchema)]
#[schema(as = Redriven)]
pub(crate) struct RedrivenView {
    pub count: u64,
}

/// Webhooks of this account
///
/// Ended ones too, with what waits or is parked on its way.
#[utoipa::path(
    get, path = "/webhooks", tag = "Webhooks",
    responses((status = 200, body = Vec<WebhookView>)),
)]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<Vec<WebhookView>>, Problem> {
    params.only(&[])?;
    let found = app.subscriptions.list(whose(&app, &caller)?, None).await?;
    Ok(Json(found.into_iter().map(view).collect()))
}

/// Be told by webhook
///
/// From now on each message about a request of the account's agency or teams is sent as POST by the
/// Standard Webhooks specification: ids and codes only, signed, in order per request, at least once,
/// tried for three days. 410 ends it.
#[utoipa::path(
    post, path = "/webhooks", tag = "Webhooks",
    params(("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters; the same key gives the same webhook")),
    request_body = WebhookBody,
    responses((status = 201, body = SecretView)),
)]
pub(crate) async fn subscribe(
    State(app): State<App>,
    caller: Caller,
    Key(key): Key,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<(StatusCode, Json<SecretView>), Problem> {
    params.only(&[])?;
    let whose = whose(&app, &caller)?;
    let body = WebhookBody::parse(body)?;
    let target = Target::parse(&body.url).map_err(wrong_url)?;
    match app.webhooks.judge(&target).await {
        // A name that nobody knows yet may be known when it is needed.
        Ok(()) | Err(AddressError::Unresolved) => {}
        Err(error) => return Err(wrong_url(error)),
    }
    let new = NewSubscription {
        authority: whose.authority.clone(),
        principal: caller.principal.id.clone(),
        key,
        channel: Channel::Webhook,
        target: body.url,
        occasions: None,
    };
    let subscribed = app.subscriptions.subscribe(&new).await?;
    Ok((StatusCode::CREATED, Json(secret_view(subscribed)?)))
}

/// End a webhook
///
/// Nothing more is sent; what waits is kept and shown.
#[utoipa::path(
    post, path = "/webhooks/{id}/end", tag = "Webhooks",
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

/// Another secret
///
/// From now on it signs what is sent, and beside it the two before.
#[utoipa::path(
    post, path = "/webhooks/{id}/secret", tag = "Webhooks",
    params(("id" = Uuid, Path), ("Idempotency-Key" = String, Header, description = "1 to 128 visible ASCII characters")),
    responses((status = 200, body = SecretView)),
)]
pub(crate) async fn secret(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<Uuid>,
    _: Bare,
) -> Result<Json<SecretView>, Problem> {
    let subscribed = app.subscriptions.rotate(whose(&app, &caller)?, id).await?;
    Ok(Json(secret_view(subscribed)?))
}

/// Try again what did not arrive
///
/// What waits and what is parked, from now on and for three days once more.
#[utoipa::path(
    post, path = "/webhooks/{id}/redrive", tag = "Webhooks",
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

/// Programs are told by webhook; a person has no address where a program listens.
fn whose<'c>(app: &App, caller: &'c Caller) -> Result<Whose<'c>, Problem> {
    caller.must_by_workflow(app, Action::Subscribe)?;
    match caller.principal.kind {
        PrincipalKind::ServiceAccount => Ok(Whose {
            authority: &caller.authority,
            principal: Some(&caller.principal.id),
            channel: Some(Channel::Webhook),
        }),
        PrincipalKind::Person => Err(Problem::new(
            Kind::NotYours,
            "Webhooks are for service accounts.",
        )),
    }
}

fn view(found: Subscription) -> WebhookView {
    WebhookView {
        id: found.id,
        url: found.target,
        created_at: found.created_at,
        delivered_count: found.delivered_count,
        last_delivered_at: found.last_delivered_at,
        waiting_count: found.waiting_count,
        parked_count: found.parked_count,
        failure: found.failure,
        ended_at: found.ended_at,
        ended_because: found.ended_because,
    }
}

fn secret_view(subscribed: Subscribed) -> Result<SecretView, Problem> {
    let secret = subscribed.secret.ok_or_else(Problem::not_found)?;
    Ok(SecretView {
        id: subscribed.id,
        secret: secret.reveal(),
    })
}

fn wrong_url(error: AddressError) -> Problem {
    let allowed = "an https address of the public internet, or what the configuration allows";
    Problem::new(Kind::BadData, "A webhook cannot go there.").with(
        "/url",
        error.to_string(),
        allowed,
    )
}

impl From<SubscriptionError> for Problem {
    fn from(error: SubscriptionError) -> Self {
        match error {
            SubscriptionError::Unavailable => Self::unavailable(1_000),
            SubscriptionError::KeyReused => Self::new(
                Kind::KeyReused,
                "This Idempotency-Key belongs to another subscription of yours; take a new one.",
            ),
            SubscriptionError::Ended => Self::new(
                Kind::KeyReused,
                "The subscription of this Idempotency-Key has ended; take a new key.",
            ),
            SubscriptionError::TooMany => {
                Self::new(Kind::NotNow, format!("Not possible: {error}."))
            }
            SubscriptionError::NotFound => Self::not_found(),
            SubscriptionError::Vault(_) | SubscriptionError::Broken => {
                tracing::error!(%error, "a subscription cannot be read");
                Self::new(Kind::Internal, "It is logged.")
            }
        }
    }
}
