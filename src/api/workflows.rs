//! Published workflows: what a client needs to build its forms.

use super::App;
use super::caller::Caller;
use super::extract::{Params, Segments};
use super::problem::Problem;
use crate::access::{Action, Resource};
use crate::domain::declared::Declared;
use crate::domain::workflow::schema::Workflow;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = WorkflowVersion)]
pub(crate) struct VersionView {
    pub workflow: String,
    pub version: u32,
    pub title: String,
    /// SHA-256 of the canonical definition; what a request is pinned to.
    pub definition: String,
    /// New requests take this version, where it is rolled out.
    pub newest: bool,
    /// Where and from when new requests take it; everywhere, where nothing is said.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub roll_out: Vec<StageView>,
}

/// A step of a roll-out.
#[derive(Serialize, ToSchema)]
#[schema(as = RollOut)]
pub(crate) struct StageView {
    /// Every cluster, where none is named.
    pub clusters: Vec<String>,
    #[schema(format = Date)]
    pub from: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Workflows)]
pub(crate) struct VersionsView {
    pub workflows: Vec<VersionView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Workflow)]
pub(crate) struct WorkflowView {
    #[serde(flatten)]
    pub version: VersionView,
    /// States, moves with the JSON Schema of their data, clocks and routing.
    #[schema(value_type = Object)]
    pub content: Value,
}

/// Every published version of every workflow
#[utoipa::path(get, path = "/workflows", tag = "Workflows", responses((status = 200, body = VersionsView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<VersionsView>, Problem> {
    params.only(&[])?;
    caller.must(Action::ReadWorkflows, Resource::Whole)?;
    let mut workflows = versions(&app, &caller, |_| true);
    workflows.sort_by(|a, b| (&a.0.workflow, a.0.version).cmp(&(&b.0.workflow, b.0.version)));
    Ok(Json(VersionsView {
        workflows: workflows.into_iter().map(|(view, _)| view).collect(),
    }))
}

/// One version, whole
#[utoipa::path(
    get, path = "/workflows/{name}/{version}", tag = "Workflows",
    params(
        ("name" = String, Path, description = "Name of the workflow"),
        ("version" = u32, Path, description = "Its version"),
    ),
    responses((status = 200, body = WorkflowView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    Segments((name, version)): Segments<(String, u32)>,
    params: Params,
) -> Result<Json<WorkflowView>, Problem> {
    params.only(&[])?;
    caller.must(Action::ReadWorkflows, Resource::Whole)?;
    let found = versions(&app, &caller, |workflow| {
        workflow.definition.workflow.as_str() == name && workflow.definition.version == version
    });
    let (version, content) = found.into_iter().next().ok_or_else(Problem::not_found)?;
    Ok(Json(WorkflowView { version, content }))
}

fn stages(declared: &Declared, workflow: &Workflow) -> Vec<StageView> {
    let definition = &workflow.definition;
    let file = declared.organisation().file();
    let stages = file.into_iter().flat_map(|file| &file.roll_out);
    stages
        .filter(|stage| {
            stage.workflow == definition.workflow && stage.version == definition.version
        })
        .map(|stage| StageView {
            clusters: stage.clusters.clone(),
            from: stage.from.to_string(),
        })
        .collect()
}

fn versions(
    app: &App,
    caller: &Caller,
    wanted: impl Fn(&Workflow) -> bool,
) -> Vec<(VersionView, Value)> {
    let declared = app.commands.registry().of(caller.authority.as_str());
    declared
        .workflows()
        .filter(|workflow| wanted(workflow))
        .map(|workflow| {
            let definition = &workflow.definition;
            let newest = declared.newest_workflow(&definition.workflow);
            let view = VersionView {
                workflow: definition.workflow.to_string(),
                version: definition.version,
                title: definition.title.clone(),
                definition: workflow.hash.to_string(),
                newest: newest.is_some_and(|newest| newest.hash == workflow.hash),
                roll_out: stages(&declared, workflow),
            };
            (
                view,
                serde_json::to_value(definition).unwrap_or(Value::Null),
            )
        })
        .collect()
}
