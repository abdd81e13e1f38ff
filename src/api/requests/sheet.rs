//! `/requests/sheet`: requests from a spreadsheet. An empty one is read, a filled in one sent back.

use super::moves::ReceiptView;
use crate::access::Action;
use crate::api::App;
use crate::api::caller::Caller;
use crate::api::extract::{Params, SheetBytes};
use crate::api::problem::{FieldError, Kind, Problem};
use crate::commands::CommandError;
use crate::domain::ids::WorkflowName;
use crate::domain::workflow::schema::Columns;
use crate::sheet::{Form, KEY, NoForm, NotTaken, ON_BEHALF_OF, Taken, Taking, Wrong, read};
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::IntoResponse;
use serde::Serialize;
use utoipa::ToSchema;

/// Told of one sheet, at most: whoever reads more starts anew.
const TOLD_MAX: usize = 200;

/// What came of a sheet.
#[derive(Serialize, ToSchema)]
#[schema(as = SheetTaken)]
pub(crate) struct TakenView {
    /// Requests that were opened now; 0 where the sheet was only checked.
    opened: usize,
    /// Rows that were taken before, by the same account with the same key.
    taken_before: usize,
    rows: Vec<RowView>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = SheetRow)]
struct RowView {
    /// As a spreadsheet counts: the header is 1.
    row: usize,
    key: String,
    receipt: ReceiptView,
}

/// An empty sheet
///
/// CSV with the columns of the workflow's opening move, and under each what goes in.
#[utoipa::path(
    get, path = "/requests/sheet", tag = "Requests",
    params(("workflow" = Option<String>, Query, description = "Default: the authority's usual workflow")),
    responses((status = 200, body = String, content_type = "text/csv")),
)]
pub(crate) async fn template(
    State(app): State<App>,
    caller: Caller,
    params: Params,
) -> Result<impl IntoResponse, Problem> {
    let params = params.only(&["workflow"])?;
    caller.must_by_workflow(&app, Action::Send)?;
    let form = form(&app, &caller, &params)?;
    let bytes = crate::sheet::template(&form.columns)
        .map_err(|_| Problem::new(Kind::Internal, "The sheet cannot be written."))?;
    let headers = [
        (CONTENT_TYPE, "text/csv; charset=utf-8"),
        (CONTENT_DISPOSITION, "attachment; filename=\"requests.csv\""),
    ];
    Ok((headers, bytes))
}

/// Send the requests of a sheet
///
/// CSV, a request a row. All rows are checked before any is taken; what is wrong is told by row and
/// column. `key` of a row is its Idempotency-Key: the same sheet again opens nothing.
#[utoipa::path(
    post, path = "/requests/sheet", tag = "Requests",
    params(
        ("workflow" = Option<String>, Query, description = "Default: the authority's usual workflow"),
        ("check" = Option<bool>, Query, description = "`true`: only check"),
    ),
    request_body(content = String, content_type = "text/csv"),
    responses((status = 200, body = TakenView)),
)]
pub(crate) async fn take(
    State(app): State<App>,
    caller: Caller,
    params: Params,
    SheetBytes(bytes): SheetBytes,
) -> Result<Json<TakenView>, Problem> {
    let params = params.only(&["workflow", "check"])?;
    caller.must_by_workflow(&app, Action::Send)?;
    let only_check = params.find("check", "true or false", str::parse::<bool>)? == Some(true);
    let form = form(&app, &caller, &params)?;
    let sheet = read(&bytes, &form.columns).map_err(refused)?;
    let taking = Taking {
        commands: app.commands.clone(),
        authority: caller.authority.clone(),
        actor: caller.principal.clone(),
        form,
        correlation: caller.call,
        now: app.now,
    };
    let taken = if only_check {
        taking.check(&sheet).await.map(|()| Vec::new())
    } else {
        taking.take(&sheet).await
    };
    let taken = taken.map_err(|not_taken| problem(not_taken, &taking.form.columns))?;
    let before = taken.iter().filter(|one| one.receipt.duplicate).count();
    Ok(Json(TakenView {
        opened: taken.len() - before,
        taken_before: before,
        rows: taken.into_iter().map(|one| row_view(&app, one)).collect(),
    }))
}

fn row_view(app: &App, taken: Taken) -> RowView {
    RowView {
        row: taken.row,
        key: taken.key,
        receipt: ReceiptView::of(app, taken.receipt),
    }
}

fn form(app: &App, caller: &Caller, params: &Params) -> Result<Form, Problem> {
    let asked = params.find("workflow", "the name of a workflow", WorkflowName::parse)?;
    let name = asked.unwrap_or_else(|| app.usual_workflow.clone());
    let declared = app.commands.registry().of(caller.authority.as_str());
    Form::of(&declared, &name).map_err(|none| {
        let problem = Problem::new(
            Kind::BadQuery,
            format!("There is no sheet for this: {none}."),
        )
        .with(
            "#query/workflow",
            "without a sheet",
            "a workflow that opens in one way",
        );
        match none {
            NoForm::UnknownWorkflow { allowed } => problem.allow(allowed),
            NoForm::OpensInSeveralWays => problem,
        }
    })
}

fn problem(not_taken: NotTaken, columns: &Columns) -> Problem {
    match not_taken {
        NotTaken::Refused(rows) => refused(wrong_rows(rows, columns)),
        NotTaken::Unchecked { source, .. } => source.into(),
        NotTaken::CutOff { taken, row, source } => {
            tracing::warn!(taken, row, error = %source, "a sheet was cut off");
            cut_off(taken, row, source, columns)
        }
    }
}

/// Rows were taken before this one. Only what nobody knows is told as unknown: a row that is refused
/// by now will be refused again.
fn cut_off(taken: usize, row: usize, source: CommandError, columns: &Columns) -> Problem {
    let again = "Send the same sheet again: what was taken is not taken twice.";
    if !source.is_refusal() {
        let detail = format!("{taken} rows were taken, then row {row} was not. {again}");
        return Problem::new(Kind::Unknown, detail).retry_after(1_000);
    }
    let mut problem = refused(wrong_rows(vec![(row, source)], columns));
    problem.detail =
        format!("{taken} rows were taken, then row {row} was refused. Mend it. {again}");
    problem
}

fn refused(wrong: Vec<Wrong>) -> Problem {
    let detail = format!("Nothing was taken. Wrong in the sheet: {}.", wrong.len());
    let mut problem = Problem::new(Kind::BadData, detail);
    let told = wrong.into_iter().take(TOLD_MAX);
    problem.errors = told
        .map(|wrong| FieldError {
            pointer: match (wrong.row, wrong.column.as_str()) {
                (None, _) => "#sheet".to_owned(),
                (Some(row), "") => format!("#row/{row}"),
                (Some(row), column) => format!("#row/{row}/{column}"),
            },
            what: wrong.what,
            allowed: wrong.allowed,
        })
        .collect();
    problem
}

/// What is wrong with rows that would not be accepted, by column, in the words of the API.
#[must_use]
pub fn wrong_rows(rows: Vec<(usize, CommandError)>, columns: &Columns) -> Vec<Wrong> {
    let told = rows.into_iter().flat_map(|(row, error)| {
        let problem = Problem::from(error);
        if problem.errors.is_empty() {
            let column = if problem.kind == Kind::KeyReused {
                KEY
            } else {
                ""
            };
            let allowed = problem.allowed.join(", ");
            return vec![Wrong::cell(row, column, problem.detail, allowed)];
        }
        let told = problem.errors.into_iter().map(|error| {
            let column = match error.pointer.strip_prefix("/data") {
                Some(inside) => columns.at(inside),
                None if error.pointer == "/on_behalf_of" => ON_BEHALF_OF.to_owned(),
                None => String::new(),
            };
            Wrong::cell(row, column, error.what, error.allowed)
        });
        told.collect()
    });
    told.collect()
}
