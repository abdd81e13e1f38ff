//! Who is calling: from the bearer token to a principal with the grants in force now.

use super::App;
use super::extract::one;
use super::problem::{Kind, Problem};
use crate::access::{Action, Holder, Reader, Resource, WorkflowRights, decide};
use crate::commands::OpenedOn;
use crate::domain::declared::Declared;
use crate::domain::ids::Authority;
use crate::domain::request::actor::{Principal, PrincipalKind};
use crate::domain::request::entitle::{answers_concerns, may_open};
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use uuid::Uuid;

#[derive(Debug, Clone)]
pub(crate) struct Caller {
    pub(crate) authority: Authority,
    pub(crate) principal: Principal,
    /// Id of the call, or of the message; correlation of what it records.
    pub(crate) call: Uuid,
    pub(crate) looking: Looking,
}

/// Whether a person looks at what a call answers: only then does opening a request count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Looking {
    InPerson(OpenedOn),
    /// A service account, a message, the answer to a form, or a page that refreshes itself.
    Otherwise,
    /// Asked for without being shown: by HEAD, or by a browser that fetches ahead. No text is sent.
    Ahead,
}

impl Looking {
    /// `on` is the door that was asked.
    pub(crate) fn at(method: &Method, headers: &HeaderMap, on: OpenedOn) -> Self {
        if *method == Method::HEAD || is_fetched_ahead(headers) {
            return Self::Ahead;
        }
        if *method != Method::GET || headers.contains_key("hx-request") {
            return Self::Otherwise;
        }
        Self::InPerson(on)
    }
}

/// Browsers say so in `Sec-Purpose` (Fetch standard), older ones in `Purpose` or `X-Purpose`.
pub(crate) fn is_fetched_ahead(headers: &HeaderMap) -> bool {
    ["sec-purpose", "purpose", "x-purpose", "x-moz"]
        .into_iter()
        .flat_map(|name| headers.get_all(name))
        .filter_map(|value| value.to_str().ok())
        .map(str::to_ascii_lowercase)
        .any(|value| {
            ["prefetch", "prerender", "preview"]
                .iter()
                .any(|word| value.contains(word))
        })
}

/// What the workflows in force let a principal do, whichever request it is: rights of the engine's own
/// doors rest on these roles, never on holding some grant.
pub(crate) fn workflow_rights(declared: &Declared, principal: &Principal) -> WorkflowRights {
    let mut rights = WorkflowRights::default();
    for workflow in declared.workflows() {
        rights.may_open |= may_open(&workflow.definition, principal);
        rights.answers_concerns |= answers_concerns(&workflow.definition, principal);
    }
    rights
}

/// The id of one HTTP call.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call(pub(crate) Uuid);

impl Caller {
    /// Whoever has lost every role has lost what their relations to requests would open, too.
    pub(crate) fn find(app: &App, holder: Holder, call: Uuid) -> Option<Self> {
        let declared = app.commands.registry().of(holder.authority.as_str());
        let principal = declared
            .find_principal(&holder.principal)
            .filter(|principal| !principal.grants.is_empty())
            .cloned()?;
        Some(Self {
            authority: holder.authority,
            principal,
            call,
            looking: Looking::Otherwise,
        })
    }

    /// A program is nobody's eyes.
    pub(crate) fn looking(mut self, looking: Looking) -> Self {
        self.looking = match (self.principal.kind, looking) {
            (PrincipalKind::ServiceAccount, Looking::InPerson(_)) => Looking::Otherwise,
            (PrincipalKind::Person | PrincipalKind::ServiceAccount, looking) => looking,
        };
        self
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            authority: &self.authority,
            principal: &self.principal.id,
            call: self.call,
            reason: None,
        }
    }

    /// # Errors
    /// `not-yours` where no workflow in force gives the caller the roles for it.
    pub(crate) fn must_by_workflow(&self, app: &App, action: Action) -> Result<(), Problem> {
        let declared = app.commands.registry().of(self.authority.as_str());
        let rights = workflow_rights(&declared, &self.principal);
        self.must(action, Resource::Workflows(rights))
    }

    /// # Errors
    /// `not-yours`, without a word about what is there.
    pub(crate) fn must(&self, action: Action, resource: Resource<'_>) -> Result<(), Problem> {
        if decide(&self.principal, action, resource).is_allowed() {
            return Ok(());
        }
        Err(Problem::closed())
    }
}

/// Stands before every route that is not open to all.
pub(crate) async fn require(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let call = request
        .extensions()
        .get::<Call>()
        .map_or_else(Uuid::nil, |call| call.0);
    match identify(&app, request.headers(), call).await {
        Err(problem) => problem.into_response(),
        Ok(caller) => {
            let (method, headers) = (request.method(), request.headers());
            let caller = caller.looking(Looking::at(method, headers, OpenedOn::Program));
            let id = caller.principal.id.clone();
            request.extensions_mut().insert(caller);
            let mut response = next.run(request).await;
            response.extensions_mut().insert(id);
            response
        }
    }
}

/// The same answer for a missing, malformed, unknown, revoked and expired token.
async fn identify(app: &App, headers: &HeaderMap, call: Uuid) -> Result<Caller, Problem> {
    let refused = || {
        Problem::new(
            Kind::NoToken,
            "Send one Authorization header with a valid token.",
        )
    };
    let token = one(headers, &header::AUTHORIZATION)
        .and_then(|value| value.strip_prefix("Bearer "))
        .ok_or_else(refused)?;
    let found = app.tokens.find(token).await.map_err(|error| {
        tracing::warn!(%error, "a token cannot be checked");
        Problem::unavailable(1_000)
    })?;
    found
        .and_then(|holder| Caller::find(app, holder, call))
        .ok_or_else(refused)
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts
            .extensions
            .get::<Self>()
            .cloned()
            .ok_or_else(|| Problem::new(Kind::Internal, "The route does not ask who is calling."))
    }
}
