//! `/measures`: what is measured and why, its values over time with limits, and what people say of it.

use super::App;
use super::caller::Caller;
use super::extract::{Key, Params, Segments, StrictJson};
use super::position::public;
use super::problem::{Kind, Problem};
use super::read_tables::unreadable;
use super::reports::{Stand, stand};
use crate::access::{Action, Resource, decide};
use crate::charts::Series;
use crate::commands::{NoteError, write_note};
use crate::domain::measures::note::{Note, NoteRefusal, Says, quotes_to_check};
use crate::domain::measures::{Measure, PlanOutcome, Valued, Weights};
use crate::projections::acts::{Reach, stories};
use crate::report::measured::{Ground, series, values};
use crate::statistics::control::{Limits, signals::Signal};
use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
#[schema(as = Measures)]
pub(crate) struct MeasuresView {
    pub status: String,
    #[schema(value_type = Vec<Object>)]
    pub plan_outcomes: Vec<PlanOutcome>,
    #[schema(value_type = Object)]
    pub caseload_weights: Weights,
    #[schema(value_type = Vec<Object>)]
    pub measures: Vec<Measure>,
    /// That nobody has looked at yet; for those who may.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub quotes_to_check: Vec<QuoteToCheck>,
}

#[derive(Serialize, ToSchema)]
pub(crate) struct QuoteToCheck {
    pub id: String,
    pub period: String,
    pub text: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MeasureOverTime)]
pub(crate) struct MeasureView {
    #[schema(value_type = Object)]
    pub measure: Measure,
    /// What there is to see, in words.
    pub description: String,
    /// Periods that can be told; of few requests none is.
    pub points: Vec<PointView>,
    /// Absent: there are limits. Else why not.
    pub too_few: Option<String>,
    #[schema(value_type = Vec<Object>)]
    pub signals: Vec<Signal>,
    /// Typed in, with their sources.
    #[schema(value_type = Vec<Object>)]
    pub values: Vec<Valued>,
    #[schema(value_type = Vec<Object>)]
    pub notes: Vec<Note>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = MeasurePoint)]
pub(crate) struct PointView {
    pub period: String,
    pub value: f64,
    /// From fewer requests than a point should have.
    pub few: bool,
    #[schema(value_type = Option<Object>)]
    pub limits: Option<Limits>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = NoteReceipt)]
pub(crate) struct NoteView {
    pub position: String,
}

/// What is measured
///
/// Definitions, owners, baselines and the three targets, and what a request weighs in a caseload.
#[utoipa::path(get, path = "/measures", tag = "Figures", responses((status = 200, body = MeasuresView)))]
pub(crate) async fn list(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<Json<MeasuresView>, Problem> {
    params.only(&[])?;
    caller.must(Action::ReadMeasures, Resource::Whole)?;
    let declared = app.commands.registry().of(caller.authority.as_str());
    let file = declared.measures().ok_or_else(Problem::not_found)?;
    let writes = decide(&caller.principal, Action::WriteMeasures, Resource::Whole);
    Ok(Json(MeasuresView {
        status: file.status.clone(),
        plan_outcomes: file.plan_outcomes.clone(),
        caseload_weights: file.caseload_weights.clone(),
        measures: file.all.clone(),
        quotes_to_check: if writes.is_allowed() {
            quotes_to_check(declared.notes())
                .map(QuoteToCheck::from)
                .collect()
        } else {
            Vec::new()
        },
    }))
}

impl From<(&str, &str, &str)> for QuoteToCheck {
    fn from((id, period, text): (&str, &str, &str)) -> Self {
        Self {
            id: id.to_owned(),
            period: period.to_owned(),
            text: text.to_owned(),
        }
    }
}

/// A measure over time
///
/// By month, with control limits and signals; small counts are left out. `as_known_on` as for
/// `/response-times`.
#[utoipa::path(
    get, path = "/measures/{id}", tag = "Figures",
    params(
        ("id" = String, Path, description = "Id of the measure"),
        ("as_known_on" = Option<String>, Query, description = "RFC 3339 time or date: only what was recorded by then"),
    ),
    responses((status = 200, body = MeasureView)),
)]
pub(crate) async fn read(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Json<MeasureView>, Problem> {
    let (measure, notes, series) = found(&app, &caller, &id, params).await?;
    let limits = |at: usize| {
        let part = series
            .parts
            .iter()
            .find(|part| (part.from..part.to).contains(&at))?;
        part.limits.as_ref().ok()?.get(at - part.from).copied()
    };
    let points = series.points.iter().enumerate();
    let points = points.map(|(at, mark)| PointView {
        period: mark.label.clone(),
        value: mark.value,
        few: mark.few,
        limits: limits(at),
    });
    Ok(Json(MeasureView {
        description: series.description(),
        points: points.collect(),
        too_few: series.too_few(),
        signals: series
            .parts
            .iter()
            .flat_map(|part| part.signals.clone())
            .collect(),
        values: values(&measure, &notes),
        notes: notes
            .into_iter()
            .filter(|note| is_of(note, &measure.id))
            .collect(),
        measure,
    }))
}

/// A measure as a chart
///
/// SVG; what it shows is in `/measures/{id}` too.
#[utoipa::path(
    get, path = "/measures/{id}/chart", tag = "Figures",
    params(
        ("id" = String, Path, description = "Id of the measure"),
        ("as_known_on" = Option<String>, Query, description = "RFC 3339 time or date: only what was recorded by then"),
    ),
    responses((status = 200, body = String, content_type = "image/svg+xml")),
)]
pub(crate) async fn chart(
    State(app): State<App>,
    caller: Caller,
    Segments(id): Segments<String>,
    params: Params,
) -> Result<Response, Problem> {
    let (_, _, series) = found(&app, &caller, &id, params).await?;
    Ok(([(CONTENT_TYPE, "image/svg+xml")], series.svg()).into_response())
}

async fn found(
    app: &App,
    caller: &Caller,
    id: &str,
    params: Params,
) -> Result<(Measure, Vec<Note>, Series), Problem> {
    let params = params.only(&["as_known_on"])?;
    caller.must(Action::ReadMeasures, Resource::Whole)?;
    let Stand { known, at } = stand(app, caller, &params).await?;
    let measures = known
        .declared
        .measures()
        .cloned()
        .ok_or_else(Problem::not_found)?;
    let measure = measures.find(id).cloned().ok_or_else(Problem::not_found)?;
    let notes = known.declared.notes().to_vec();
    let reach = Reach {
        authority: caller.authority.to_string(),
        workflow: app.usual_workflow.to_string(),
        as_of: at,
        position: known.position.0,
    };
    let stories = stories(&app.reads, &reach).await.map_err(unreadable)?;
    let ground = Ground {
        pool: &app.reads,
        known: &known,
        stories: &stories,
        authority: caller.authority.as_str(),
        workflow: &app.usual_workflow,
        as_of: at,
        policy: app.disclosure,
    };
    let series = series(&ground, &measure, &notes)
        .await
        .map_err(unreadable)?;
    Ok((measure, notes, series))
}

fn is_of(note: &Note, id: &str) -> bool {
    match &note.says {
        Says::Narrative { measure, .. } | Says::TestOfChange { measure, .. } => {
            measure.as_deref() == Some(id)
        }
        Says::Value { measure, .. } => measure == id,
        Says::Quote { .. } | Says::QuoteChecked { .. } | Says::PackIssued { .. } => false,
    }
}

/// Say something of a figure
///
/// A narrative to a period, a typed-in value with its source, a step of a test of change, or that a
/// quote points at nobody. It is kept for ever and in the clear: nothing may point at a child or a family.
#[utoipa::path(
    post, path = "/measures/notes", tag = "Figures",
    request_body = Says,
    responses((status = 200, body = NoteView)),
)]
pub(crate) async fn note(
    State(app): State<App>,
    caller: Caller,
    Key(key): Key,
    params: Params,
    StrictJson(body): StrictJson,
) -> Result<Json<NoteView>, Problem> {
    params.only(&[])?;
    caller.must(Action::WriteMeasures, Resource::Whole)?;
    let says: Says = serde_json::from_value(body).map_err(|_| {
        Problem::new(Kind::BadData, "This is not a note.").with(
            "",
            "not readable",
            "`kind` narrative, value or test-of-change, with its fields",
        )
    })?;
    let elsewhere = match says {
        Says::PackIssued { .. } => Some("/reports/monthly/{month}/issue"),
        Says::Quote { .. } => Some("/requests/{id}/quotes"),
        Says::Narrative { .. }
        | Says::Value { .. }
        | Says::TestOfChange { .. }
        | Says::QuoteChecked { .. } => None,
    };
    if let Some(address) = elsewhere {
        let words = "This is said at an address of its own.";
        return Err(Problem::new(Kind::BadData, words).allow([address]));
    }
    let position = written(&app, &caller, &key, says).await?;
    Ok(Json(NoteView { position }))
}

/// The public position of what was written.
pub(super) async fn written(
    app: &App,
    caller: &Caller,
    key: &str,
    says: Says,
) -> Result<String, Problem> {
    let by = (&caller.principal.id, key);
    let written = write_note(&app.commands, &caller.authority, by, says, (app.now)()).await;
    written
        .map(|position| public(app.epoch, position.0))
        .map_err(refused)
}

fn refused(error: NoteError) -> Problem {
    match error {
        NoteError::Failed(error) => error.into(),
        NoteError::KeyReused => crate::commands::CommandError::KeyReused.into(),
        NoteError::NoMeasures => Problem::not_found(),
        NoteError::Refused(NoteRefusal::UnknownMeasure { allowed, .. }) => {
            Problem::new(Kind::BadData, "There is no such measure.").allow(allowed)
        }
        NoteError::Refused(NoteRefusal::Issued) => Problem::new(
            Kind::NotNow,
            "The pack of this month was issued and is locked; write to a later month.",
        ),
        NoteError::Refused(refusal) => Problem::new(Kind::BadData, refusal.to_string()),
    }
}
