//! Who looks at a page: behind the door, with the grants in force now.

use super::agenda::PersonalAgenda;
use super::door::{Door, Pass};
use super::form::Typed;
use super::{Screens, sign_in};
use crate::access::{Action, Holder, Resource, WorkflowRights, decide};
use crate::api::caller::{Call, Caller, Looking, is_fetched_ahead, workflow_rights};
use crate::api::problem::{Kind, Problem};
use crate::commands::OpenedOn;
use crate::domain::declared::Declared;
use crate::domain::ids::{PrincipalId, TeamId};
use axum::extract::{FromRequest, FromRequestParts, OriginalUri, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use std::sync::Arc;
use uuid::Uuid;

#[derive(Clone)]
pub(super) struct Viewer {
    pub(super) caller: Caller,
    /// As they are called on the page.
    pub(super) title: String,
    pub(super) declared: Arc<Declared>,
    door: Arc<Door>,
    rights: WorkflowRights,
    /// May ask for help.
    pub(super) asks: bool,
    /// What waits for them; absent where it could not be read just now.
    pub(super) agenda: Option<Arc<PersonalAgenda>>,
}

impl Viewer {
    fn new(screens: &Screens, pass: &Pass, call: Uuid) -> Option<Self> {
        let app = &screens.app;
        let caller = Caller::find(app, pass.holder.clone(), call)?;
        let declared = app.commands.registry().of(caller.authority.as_str());
        let rights = workflow_rights(&declared, &caller.principal);
        let title = screens.door.title_of(&pass.holder);
        Some(Self {
            title: title.map_or_else(|| caller.principal.id.to_string(), str::to_owned),
            asks: rights.may_open,
            rights,
            door: Arc::clone(&screens.door),
            agenda: None,
            declared,
            caller,
        })
    }

    /// Those whose queue they may see.
    pub(super) fn teams(&self) -> Vec<&TeamId> {
        let grants = self.caller.principal.grants.iter();
        let mut teams: Vec<&TeamId> = grants.filter_map(|grant| grant.team.as_ref()).collect();
        teams.dedup();
        teams.retain(|team| self.may(Action::ReadQueue, Resource::Team(team)));
        teams
    }

    /// As people call them; by code where the door does not know them.
    pub(super) fn person(&self, code: &str) -> String {
        let Ok(principal) = PrincipalId::parse(code) else {
            return code.to_owned();
        };
        let holder = Holder {
            authority: self.caller.authority.clone(),
            principal,
        };
        let found = self.door.title_of(&holder);
        found.map_or_else(|| code.to_owned(), str::to_owned)
    }

    pub(super) fn may(&self, action: Action, resource: Resource<'_>) -> bool {
        decide(&self.caller.principal, action, resource).is_allowed()
    }

    /// That there are concerns without an answer.
    pub(super) fn sees_concerns(&self) -> bool {
        self.may(Action::ReadConcerns, Resource::Workflows(self.rights))
    }

    pub(super) fn sees_figures(&self) -> bool {
        self.may(Action::ReadResponseTimes, Resource::Whole)
    }
}

/// Stands before every page but the door itself.
pub(super) async fn require(
    State(screens): State<Screens>,
    OriginalUri(uri): OriginalUri,
    mut request: Request,
    next: Next,
) -> Response {
    let call = request.extensions().get::<Call>();
    let call = call.map_or_else(Uuid::nil, |call| call.0);
    let pass = screens.door.read(request.headers());
    // A page that is fetched ahead may be shown much later, or never: nobody has opened anything.
    if is_fetched_ahead(request.headers()) {
        return Problem::unavailable(1_000).into_response();
    }
    let now = (screens.app.now)();
    let valid = pass.as_ref().filter(|pass| pass.ends_at > now);
    let viewer = valid.and_then(|pass| Viewer::new(&screens, pass, call));
    let path = uri.path_and_query().map_or("", |path| path.as_str());
    let Some(mut viewer) = viewer else {
        // A part of a page: the whole page has to go, and to come back.
        if let Some(page) = shown(request.headers()) {
            return sign_in::ask_whole(&page);
        }
        let Some(pass) = pass.filter(|_| *request.method() == Method::POST) else {
            return sign_in::ask(path, None);
        };
        return keep(&screens, &pass, uri.path(), request).await;
    };
    let looking = Looking::at(request.method(), request.headers(), OpenedOn::Page);
    viewer.caller = viewer.caller.looking(looking);
    // What a page is told of without end draws no menu.
    let agenda = match uri.path().ends_with("/live") {
        true => None,
        false => PersonalAgenda::load(&screens.app, &viewer.caller)
            .await
            .ok(),
    };
    viewer.agenda = agenda.map(Arc::new);
    let id = viewer.caller.principal.id.clone();
    request.extensions_mut().insert(viewer.caller.clone());
    request.extensions_mut().insert(viewer.clone());
    let mut response = next.run(request).await;
    response.extensions_mut().insert(id);
    response.extensions_mut().insert(viewer);
    response
}

/// The page whose part the library asks for.
fn shown(headers: &HeaderMap) -> Option<String> {
    headers.get("hx-request")?;
    let page: Uri = headers.get("hx-current-url")?.to_str().ok()?.parse().ok()?;
    Some(page.path_and_query()?.as_str().to_owned())
}

/// What was typed while the sign-in ended is kept as a draft of whoever typed it.
async fn keep(screens: &Screens, pass: &Pass, path: &str, request: Request) -> Response {
    let typed = match Typed::from_request(request, screens).await {
        Ok(typed) => typed,
        Err(problem) => return problem.into_response(),
    };
    match super::draft::keep_unsigned(screens, &pass.holder, path, &typed).await {
        Ok(place) => sign_in::ask(&place, Some(&pass.holder)),
        Err(problem) => problem.into_response(),
    }
}

impl<S: Sync> FromRequestParts<S> for Viewer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let found = parts.extensions.get::<Self>().cloned();
        found.ok_or_else(|| Problem::new(Kind::Internal, "The page does not ask who is there."))
    }
}
