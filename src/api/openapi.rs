//! The OpenAPI 3.1 document: paths from the handlers, problems and security from the routes.

use super::problem::{Document, Kind};
use super::{
    ROUTES, Route, caseloads, concerns, health, mail, measures, messages, page, reports, requests,
    response_times, teams, webhooks, workflows,
};
use axum::Json;
use std::collections::BTreeMap;
use utoipa::OpenApi;
use utoipa::openapi::path::{HttpMethod, Operation};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder, Server};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "rfa",
        description = "Requests for assistance for children and families: send, answer, follow, and see how long it takes. Ids and codes are in the address; names and stories are only ever in bodies.",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0"),
    ),
    paths(
        requests::moves::open,
        requests::list::list,
        requests::find::find,
        requests::sheet::template,
        requests::sheet::take,
        requests::read::read,
        requests::readings::read,
        requests::quote::take,
        requests::moves::make,
        requests::extension::extend,
        requests::claim::claim,
        requests::claim::release,
        requests::clocks::clocks,
        requests::clock::explain,
        teams::queue,
        response_times::read,
        response_times::opened::read,
        caseloads::read,
        caseloads::opened::read,
        caseloads::ownerless::read,
        caseloads::flow,
        measures::list,
        measures::read,
        measures::chart,
        measures::note,
        reports::page,
        reports::csv,
        reports::for_children,
        reports::issue,
        concerns::list,
        concerns::numbers,
        workflows::list,
        workflows::read,
        mail::list,
        mail::subscribe,
        mail::end,
        mail::redrive,
        webhooks::list,
        webhooks::subscribe,
        webhooks::end,
        webhooks::secret,
        webhooks::redrive,
        health::livez,
        health::readyz,
        document,
        page::page,
        messages::document,
        messages::schema,
    ),
    components(schemas(Document))
)]
struct Documented;

/// The document, whole.
#[must_use]
pub fn whole() -> utoipa::openapi::OpenApi {
    let mut document = Documented::openapi();
    document.servers = Some(vec![Server::new("/")]);
    if let Some(components) = document.components.as_mut() {
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
    }
    for route in ROUTES {
        if let Some(operation) = find_operation(&mut document, route) {
            complete(operation, route);
        }
    }
    document
}

fn find_operation<'a>(
    document: &'a mut utoipa::openapi::OpenApi,
    route: &Route,
) -> Option<&'a mut Operation> {
    let item = document.paths.paths.get_mut(route.path)?;
    match route.method {
        HttpMethod::Get => item.get.as_mut(),
        HttpMethod::Post => item.post.as_mut(),
        HttpMethod::Put
        | HttpMethod::Delete
        | HttpMethod::Options
        | HttpMethod::Head
        | HttpMethod::Patch
        | HttpMethod::Trace => None,
    }
}

/// Unique, because a method at a path is: `post_requests_id_claim`.
fn operation_id(route: &Route) -> String {
    let method = match route.method {
        HttpMethod::Get => "get",
        HttpMethod::Post => "post",
        HttpMethod::Put
        | HttpMethod::Delete
        | HttpMethod::Options
        | HttpMethod::Head
        | HttpMethod::Patch
        | HttpMethod::Trace => "other",
    };
    let words = route.path.split(|letter: char| !letter.is_alphanumeric());
    let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
    format!("{method}_{}", words.join("_"))
}

fn complete(operation: &mut Operation, route: &Route) {
    operation.operation_id = Some(operation_id(route));
    // Open to all is said, too.
    let requirement = route.action.map_or_else(SecurityRequirement::default, |_| {
        SecurityRequirement::new("token", Vec::<String>::new())
    });
    operation.security = Some(vec![requirement]);
    let summary = operation.summary.clone().unwrap_or_default();
    for response in operation.responses.responses.values_mut() {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description.clone_from(&summary);
        }
    }
    let mut by_status: BTreeMap<u16, Vec<Kind>> = BTreeMap::new();
    for kind in route.problems() {
        by_status
            .entry(kind.status().as_u16())
            .or_default()
            .push(kind);
    }
    for (status, kinds) in by_status {
        let words: Vec<String> = kinds
            .iter()
            .map(|kind| format!("`{}`: {}", kind.code(), kind.title()))
            .collect();
        let content = ContentBuilder::new()
            .schema(Some(RefOr::Ref(Ref::from_schema_name("Problem"))))
            .build();
        let response = ResponseBuilder::new()
            .description(words.join("; "))
            .content("application/problem+json", content)
            .build();
        operation
            .responses
            .responses
            .insert(status.to_string(), RefOr::T(response));
    }
}

/// This API as an OpenAPI 3.1 document
#[utoipa::path(
    get, path = "/openapi.json", tag = "Operation",
    responses((status = 200, body = Object, description = "OpenAPI 3.1")),
)]
pub(crate) async fn document() -> Json<utoipa::openapi::OpenApi> {
    Json(whole())
}
